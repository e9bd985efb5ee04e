"""The training loop: cross-entropy of heatmaps, averaged weights, checkpoints."""

import logging
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from pipelines.ceph.training.augment import vary
from pipelines.ceph.training.network import STRIDE, LandmarkNet

_log = logging.getLogger(__name__)

Schedule: TypeAlias = torch.optim.lr_scheduler.LRScheduler

_SIGMA = 1.1  # heatmap cells; one cell is about 1.1 mm, as is the raters' own spread
_POINT_WEIGHT = 0.2


@dataclass(frozen=True)
class Example:
    """A film on the canvas, ready to be varied.

    Attributes:
        film: Grey values ``(rows, columns)``, uint8.
        raters: Points ``(raters, landmarks, 2)`` in canvas pixels.
    """

    film: npt.NDArray[np.uint8]
    raters: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """How to train.

    Attributes:
        epochs: Passes over the real films.
        batch: Films per step.
        rate: Highest learning rate.
        seed: Of weights, order and variations.
    """

    epochs: int = 120
    batch: int = 4
    rate: float = 2e-3
    seed: int = 1


def loss(logits: Tensor, raters: Sequence[Tensor]) -> Tensor:
    """Cross-entropy to the raters' points, plus the distance of the mean from theirs.

    Two raters give a target of two bells: where they differ the network learns a broad heatmap,
    whose mean is still theirs, and its confidence is low where dentists disagree.

    Args:
        logits: ``(films, landmarks, rows, columns)``.
        raters: For each film ``(raters, landmarks, 2)``, in heatmap cells.
    """
    rows, columns = logits.shape[-2:]
    ys, xs = torch.arange(rows, dtype=torch.float32), torch.arange(columns, dtype=torch.float32)
    logs = functional.log_softmax(logits.flatten(2), dim=-1).reshape(logits.shape)
    total = logits.new_zeros(())
    for log, points in zip(logs, raters, strict=True):
        inside = ((points >= -0.5) & (points < torch.tensor([columns, rows]) - 0.5)).all(-1).all(0)
        bell_x = torch.exp(-0.5 * ((xs - points[..., :1]) / _SIGMA) ** 2)
        bell_y = torch.exp(-0.5 * ((ys - points[..., 1:]) / _SIGMA) ** 2)
        bells = torch.einsum("rly,rlx->rlyx", bell_y, bell_x)
        target = (bells / bells.sum((-2, -1), keepdim=True).clamp_min(1e-6)).mean(0)
        entropy = -(target * log).sum((-2, -1))
        heat = log.exp()
        mean = torch.stack([(heat.sum(-2) * xs).sum(-1), (heat.sum(-1) * ys).sum(-1)], dim=-1)
        distance = functional.smooth_l1_loss(mean, points.mean(0), reduction="none").sum(-1)
        per_point = (entropy + _POINT_WEIGHT * distance) * inside
        total = total + per_point.sum() / inside.sum().clamp_min(1)
    return total / len(raters)


class Trainer:
    """Fits the network; its averaged weights are usable after every epoch."""

    def __init__(self, landmarks: int, settings: Settings) -> None:
        torch.manual_seed(settings.seed)
        self._settings = settings
        self._chance = torch.Generator().manual_seed(settings.seed)
        self._network = LandmarkNet(landmarks)
        self._network.to(memory_format=torch.channels_last)
        # use_buffers: the statistics of the batch norms are averaged with the weights they suit.
        average = get_ema_multi_avg_fn(0.995)
        self._average = AveragedModel(self._network, multi_avg_fn=average, use_buffers=True)
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(), lr=settings.rate, weight_decay=1e-3
        )
        # Half the time where the processor multiplies in bfloat16, the same result within noise.
        self._brief = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001

    @property
    def network(self) -> LandmarkNet:
        """The averaged network."""
        return cast("LandmarkNet", self._average.module).eval()

    def fit(self, films: Callable[[int], Sequence[Example]], checkpoint: Path) -> LandmarkNet:
        """Train for all epochs.

        Args:
            films: The examples of an epoch, by its number.
            checkpoint: File that the state is written to after every epoch; where it is there
                already, training goes on as if it had not been interrupted.

        Returns:
            The averaged network.
        """
        epochs = self._settings.epochs
        steps = epochs * math.ceil(len(films(0)) / self._settings.batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, self._settings.rate, total_steps=steps, pct_start=0.08
        )
        begin = self._resume(checkpoint, schedule) if checkpoint.is_file() else 0
        started = time.monotonic()
        for epoch in range(begin, epochs):
            mean = self._epoch(films(epoch), schedule)
            self._save(checkpoint, epoch + 1, schedule)
            spent = time.monotonic() - started
            _log.info("epoch %d/%d loss %.4f %.0f s", epoch + 1, epochs, mean, spent)
        return self.network

    def _save(self, checkpoint: Path, epochs: int, schedule: Schedule) -> None:
        state = {
            "epochs": epochs,
            "network": self._network.state_dict(),
            "average": self._average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": schedule.state_dict(),
            "chance": (self._chance.get_state(), torch.get_rng_state()),
        }
        torch.save(state, checkpoint.with_suffix(".new"))
        os.replace(checkpoint.with_suffix(".new"), checkpoint)  # noqa: PTH105

    def _resume(self, checkpoint: Path, schedule: Schedule) -> int:
        state = torch.load(checkpoint, weights_only=True)
        self._network.load_state_dict(state["network"])
        self._average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        own, common = state["chance"]
        self._chance.set_state(own)
        torch.set_rng_state(common)
        return int(state["epochs"])

    def _epoch(self, films: Sequence[Example], schedule: Schedule) -> float:
        self._network.train()
        order = torch.randperm(len(films), generator=self._chance).tolist()
        losses = []
        for start in range(0, len(order), self._settings.batch):
            chosen = [films[index] for index in order[start : start + self._settings.batch]]
            varied = [self._vary(example) for example in chosen]
            batch = torch.stack([film for film, _ in varied])[:, None]
            with torch.autocast("cpu", torch.bfloat16, enabled=self._brief):
                logits = self._network(batch.contiguous(memory_format=torch.channels_last))
            value = loss(logits.float(), [points for _, points in varied])
            self._optimizer.zero_grad()
            value.backward()
            torch.nn.utils.clip_grad_norm_(self._network.parameters(), 5.0)
            self._optimizer.step()
            schedule.step()
            self._average.update_parameters(self._network)
            losses.append(float(value.detach()))
        return sum(losses) / len(losses)

    def _vary(self, example: Example) -> tuple[Tensor, Tensor]:
        film = torch.from_numpy(example.film.astype(np.float32) / 255)
        points = torch.from_numpy(example.raters.astype(np.float32))
        film, points = vary(film, points, self._chance)
        return film, (points + 0.5) / STRIDE - 0.5
