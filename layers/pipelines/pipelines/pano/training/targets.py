"""What the teeth network is asked for, from a map of tooth numbers."""

import torch
from torch import Tensor
from torch.nn import functional

_PEELS = 16  # half the width of a large molar in cells, and some to spare


def depth(teeth: Tensor) -> Tensor:
    """How deep inside its tooth each cell lies: 0 outside, 1 at the middle.

    A tooth is peeled cell by cell, by squares and crosses in turn, which together make octagons;
    touching teeth part at their common border. Roots are thin, so that only the crown's trunk is
    deep: one core for each tooth, however many roots it has.

    Args:
        teeth: ``(n, rows, columns)``, 0 outside and another number in each tooth.
    """
    alive = ((teeth > 0) & _uniform(teeth)).float()
    peeled = (teeth > 0).float()
    for step in range(_PEELS):
        peeled = peeled + alive
        gone = 1.0 - alive[:, None]
        if step % 2:
            spread = functional.max_pool2d(gone, 3, stride=1, padding=1)
        else:
            spread = torch.maximum(
                functional.max_pool2d(gone, (3, 1), stride=1, padding=(1, 0)),
                functional.max_pool2d(gone, (1, 3), stride=1, padding=(0, 1)),
            )
        alive = 1.0 - spread[:, 0]
        if not alive.any():
            break
    flat = teeth.reshape(len(teeth), -1).long()
    deepest = torch.zeros(len(teeth), 64).scatter_reduce(
        1, flat, peeled.reshape(len(teeth), -1), "amax"
    )
    normal = peeled.reshape(len(teeth), -1) / deepest.gather(1, flat).clamp(min=1.0)
    return normal.reshape(teeth.shape)


def _uniform(teeth: Tensor) -> Tensor:
    """Whether all eight neighbours, at the edge those there are, have the same number."""
    numbers = teeth.float()[:, None]
    highest = functional.max_pool2d(numbers, 3, stride=1, padding=1)
    lowest = -functional.max_pool2d(-numbers, 3, stride=1, padding=1)
    return (highest == lowest)[:, 0]
