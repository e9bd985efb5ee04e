"""What the teeth network learns from, and how it is judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pipelines.pano.evaluation.dataset import RESTORATIONS, AnnotatedPano, Layout
from pipelines.pano.fdi import COLUMNS
from pipelines.pano.modules.teeth.pre_post import FINE, RARITY
from pipelines.pano.training import samples
from pipelines.pano.training.augment import EXTRA, Sample, Variations, View
from pipelines.pano.training.fit import Draw, Settings, mask_loss, read
from pipelines.pano.training.network import PanoNet
from pipelines.pano.training.targets import depth

DRAWING = Settings(canvas=(512, 1024), window=(320, 672), steps=1200)
SETTINGS = replace(DRAWING, steps=1800, rate=1.5e-3)
REFINING = replace(DRAWING, steps=1000, rate=1e-3)


@dataclass(frozen=True)
class Material:
    """What is learned from.

    Attributes:
        films: With outlined teeth.
        layouts: To draw films about.
        guessed: Films whose teeth the network itself has found.
        drawn: Share of drawn films at the beginning and at the end: numbers are learned from many
            layouts, grey values from the few real films.
        guesses: Share of guessed ones among all others.
    """

    films: Sequence[AnnotatedPano]
    layouts: Sequence[Layout]
    guessed: Sequence[Sample] = ()
    drawn: tuple[float, float] = (0.4, 0.1)
    guesses: float = 0.35


def network() -> PanoNet:
    """A network for teeth, not yet fitted."""
    return PanoNet(len(FINE), COLUMNS)


def source(material: Material, settings: Settings) -> Draw:
    """Views of real films and of films drawn about layouts."""
    chance = np.random.default_rng(settings.seed)
    variations = Variations(settings.window, settings.seed)
    real = [samples.toothed(film, settings.canvas) for film in material.films]
    layouts, guessed = material.layouts, material.guessed

    def sample(done: float) -> Sample:
        share = material.drawn[0] + (material.drawn[1] - material.drawn[0]) * done
        if not real or (layouts and chance.random() < share):
            layout = layouts[int(chance.integers(len(layouts)))]
            return samples.drawn(layout, settings.canvas, chance)
        if guessed and chance.random() < material.guesses:
            return guessed[int(chance.integers(len(guessed)))]
        return real[int(chance.integers(len(real)))]

    def draw(done: float) -> View:
        return variations.draw(sample(done))

    return draw


def loss(network: PanoNet, views: Sequence[View]) -> Tensor:
    """How far the network's maps are from the truth of the views."""
    teeth = torch.stack([view.teeth for view in views])
    marks = torch.stack([view.marks for view in views])
    marked = torch.tensor([view.marked for view in views]).float()
    logits = read(network, views)
    jaws, cores = logits[:, :2], logits[:, 2]
    restored = logits[:, 3 : 3 + len(RESTORATIONS)]
    columns = logits[:, len(FINE) :]
    numbered = (teeth > 0) & (teeth < EXTRA)
    upper = numbered & (teeth <= COLUMNS)
    truth = torch.stack([upper, numbered & ~upper], dim=1).float()
    known = (teeth != EXTRA).float()[:, None]  # a supernumerary may belong to either jaw
    total = mask_loss(jaws, truth, known)
    total = total + 2.0 * functional.binary_cross_entropy_with_logits(
        cores, depth(teeth), weight=1.0 + 4.0 * (teeth > 0).float()
    )
    total = total + mask_loss(restored, marks, marked.reshape(-1, 1, 1, 1), RARITY - 1)
    column = (teeth.long() - 1).clamp(min=0) % COLUMNS
    wrong = functional.cross_entropy(columns, column, reduction="none", label_smoothing=0.05)
    return total + 0.5 * (wrong * numbered).sum() / numbered.sum().clamp(min=1)
