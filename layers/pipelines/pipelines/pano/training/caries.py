"""What the caries network learns from, and how it is judged."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from pipelines.pano.evaluation.dataset import AnnotatedPano
from pipelines.pano.modules.caries.pre_post import RARITY
from pipelines.pano.training import samples
from pipelines.pano.training.augment import Variations, View
from pipelines.pano.training.fit import Draw, Settings, mask_loss, read
from pipelines.pano.training.network import PanoNet

# Lesions are small: the canvas is finer than that of the teeth, the window a part of it.
SETTINGS = Settings(canvas=(704, 1408), window=(256, 512), steps=1600)


def network(teeth: PanoNet) -> PanoNet:
    """A network for caries that begins with what another has learned of teeth."""
    out = PanoNet(1, 0)
    known = {k: v for k, v in teeth.state_dict().items() if not k.startswith(("fine", "coarse"))}
    out.load_state_dict(known, strict=False)
    return out


def source(films: Sequence[AnnotatedPano], settings: Settings) -> Draw:
    """Views about the lesions of films with masks of caries."""
    chance = np.random.default_rng(settings.seed)
    variations = Variations(settings.window, settings.seed)
    real = [samples.carious(film, settings.canvas) for film in films]

    def draw(done: float) -> View:
        del done
        return variations.draw(real[int(chance.integers(len(real)))])

    return draw


def loss(network: PanoNet, views: Sequence[View]) -> Tensor:
    """How far the network's map is from the truth of the views."""
    truth = torch.stack([view.marks for view in views])
    return mask_loss(read(network, views), truth, torch.ones_like(truth), rare=RARITY - 1)
