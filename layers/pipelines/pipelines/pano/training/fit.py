"""The training loop of all pano networks."""

import logging
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from pipelines.pano.training.augment import View
from pipelines.pano.training.network import PanoNet

_log = logging.getLogger(__name__)
_EVERY = 50  # steps between two lines of the log, and two checkpoints
# Half the time where the processor multiplies in bfloat16, the same result within noise.
_BRIEF = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001

Draw = Callable[[float], View]
"""From the share of training that is done to the next view to learn from."""
Loss = Callable[[PanoNet, Sequence[View]], Tensor]
Parts = Mapping[str, torch.nn.Module | torch.optim.Optimizer]


@dataclass(frozen=True)
class Settings:
    """How to fit.

    Attributes:
        canvas: Rows and columns that a film is fitted into; multiples of 32.
        window: Rows and columns of the part that is seen in one step; multiples of 32.
        steps: Steps in all.
        batch: Views in a step.
        rate: Highest learning rate.
        seed: Of weights and variations.
    """

    canvas: tuple[int, int]
    window: tuple[int, int]
    steps: int
    batch: int = 2
    rate: float = 2e-3
    seed: int = 1


def fit(
    network: PanoNet, draw: Draw, loss: Loss, settings: Settings, checkpoint: Path | None = None
) -> PanoNet:
    """Fit a network.

    Args:
        network: To begin with; left as it is after the last step.
        draw: Gives what to learn from.
        loss: How far the network is from the truth of some views.
        settings: How.
        checkpoint: File that the state is written to now and then; where it is there already,
            training goes on from its step.

    Returns:
        Another network whose weights are averaged over the last steps.
    """
    network.to(memory_format=torch.channels_last)
    average = PanoNet(network.fine.out_channels, network.coarse_maps)
    average.load_state_dict(network.state_dict())
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.rate, weight_decay=1e-4)
    parts = {"network": network, "average": average, "optimiser": optimiser}
    begin = _resume(checkpoint, parts) if checkpoint and checkpoint.is_file() else 0
    started, losses = time.monotonic(), 0.0
    for step in range(begin, settings.steps):
        for group in optimiser.param_groups:
            group["lr"] = settings.rate * pace(step / settings.steps)
        network.train()
        views = [draw(step / settings.steps) for _ in range(settings.batch)]
        current = loss(network, views)
        optimiser.zero_grad()
        current.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        blend(average, network, min(0.99, (step + 1) / (step + 10)))
        losses += current.item()
        if (step + 1) % _EVERY == 0 or step + 1 == settings.steps:
            spent = time.monotonic() - started
            _log.info("step %d: loss %.4f, %.0f s", step + 1, losses / _EVERY, spent)
            losses = 0.0
            if checkpoint:
                _save(checkpoint, parts, step + 1)
    return average


def read(network: PanoNet, views: Sequence[View]) -> Tensor:
    """The network's logits for some views."""
    films = torch.stack([view.film for view in views])
    with torch.autocast("cpu", torch.bfloat16, enabled=_BRIEF):
        logits: Tensor = network(films.contiguous(memory_format=torch.channels_last))
    return logits.float()


def _save(checkpoint: Path, parts: Parts, step: int) -> None:
    state = {name: part.state_dict() for name, part in parts.items()}
    torch.save({**state, "step": step}, checkpoint.with_suffix(".new"))
    os.replace(checkpoint.with_suffix(".new"), checkpoint)  # noqa: PTH105


def _resume(checkpoint: Path, parts: Parts) -> int:
    state = torch.load(checkpoint, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return int(state["step"])


def pace(done: float) -> float:
    """Share of the highest learning rate: up within a twentieth, then down along a cosine.

    Args:
        done: Share of the training that is behind, 0…1.
    """
    if done < 0.05:
        return 0.05 + 0.95 * done / 0.05
    return 0.01 + 0.99 * (0.5 + 0.5 * math.cos(math.pi * (done - 0.05) / 0.95))


def blend(average: torch.nn.Module, network: torch.nn.Module, keep: float) -> None:
    """Move the average a little towards the network."""
    with torch.no_grad():
        theirs = network.state_dict()
        for name, value in average.state_dict().items():
            if value.dtype.is_floating_point:
                value.lerp_(theirs[name], 1.0 - keep)


def mask_loss(logits: Tensor, truth: Tensor, known: Tensor, rare: float = 0.0) -> Tensor:
    """Cross-entropy and soft Dice of masks.

    Args:
        logits: ``(n, k, rows, columns)``.
        truth: The same, 0 or 1.
        known: 1 where the truth is known, broadcast to the same.
        rare: How much more a cell inside counts in the cross-entropy; for masks so small that
            the network else learns that there are none.
    """
    known = known.expand_as(truth)
    entropy = functional.binary_cross_entropy_with_logits(
        logits, truth, weight=known * (1.0 + rare * truth)
    )
    chance = torch.sigmoid(logits) * known
    over = (0, 2, 3)
    smooth = 5.0 if rare else 50.0  # cells
    overlap = (chance * truth).sum(over) * 2 + smooth
    dice = overlap / (chance.sum(over) + (truth * known).sum(over) + smooth)
    return entropy + 0.5 * (1.0 - dice).mean()
