"""Plausible variations of a film: another head posture, another face, another exposure.

Films are never mirrored: a cephalogram faces right by convention, and the network may rely on it.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

_TURN = math.radians(15)  # head tilt, either way, at most
_STRETCH = 0.07  # between height and width
_SCALE = 0.17
_SHEAR = 0.06
_SHIFT = 0.09  # of the canvas
_BEND = 0.010  # of the canvas, sigma at the nodes of the elastic grid: about 2 mm
_NODES = 6


class _Warp:
    """A random affine map with a smooth elastic one on top, from the new canvas to the old.

    Coordinates are those of ``grid_sample``: −1…1 from edge to edge.
    """

    def __init__(self, aspect: float, generator: torch.Generator) -> None:
        def spread(limit: float) -> float:
            # Triangular: the middle is frequent, the limit is never exceeded.
            return float((torch.rand(2, generator=generator).sum() - 1.0) * limit)

        turn, scale, stretch = spread(_TURN), math.exp(spread(_SCALE)), math.exp(spread(_STRETCH))
        cos, sin = math.cos(turn) / scale, math.sin(turn) / scale
        turned = torch.tensor(
            [[cos * stretch, -sin * aspect], [sin / aspect, cos / stretch]], dtype=torch.float32
        )
        sheared = torch.tensor([[1.0, spread(_SHEAR)], [0.0, 1.0]])
        self._matrix = turned @ sheared
        self._offset = torch.tensor([spread(2 * _SHIFT), spread(2 * _SHIFT)])
        nodes = torch.randn(1, 2, _NODES, _NODES, generator=generator) * 2 * _BEND
        # A coarse cubic surface, sampled densely once, is smooth enough to be read linearly.
        self._bend = functional.interpolate(nodes, (96, 80), mode="bicubic", align_corners=True)

    def __call__(self, points: Tensor) -> Tensor:
        """Where on the old canvas each of the points ``(n, 2)`` of the new one lies."""
        bend = functional.grid_sample(
            self._bend, points[None, None], padding_mode="border", align_corners=True
        )[0, :, 0].T
        moved: Tensor = points @ self._matrix.T + self._offset + bend
        return moved

    def inverse(self, points: Tensor) -> Tensor:
        """Where on the new canvas the points ``(n, 2)`` of the old one go, by fixed point."""
        back = torch.linalg.inv(self._matrix)
        guess: Tensor = (points - self._offset) @ back.T
        for _ in range(8):
            guess = guess + (points - self(guess)) @ back.T
        return guess


def vary(film: Tensor, points: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """One variation of a film.

    Args:
        film: Grey values ``(rows, columns)`` in 0…1.
        points: Landmarks ``(..., 2)`` in canvas pixels.
        generator: Source of chance.

    Returns:
        The new film and its landmarks, shaped like the old.
    """
    rows, columns = film.shape
    size = torch.tensor([columns, rows], dtype=torch.float32)
    warp = _Warp(rows / columns, generator)
    ys = (torch.arange(rows) * 2 + 1) / rows - 1
    xs = (torch.arange(columns) * 2 + 1) / columns - 1
    grid = torch.stack(torch.meshgrid(xs, ys, indexing="xy"), dim=-1).reshape(-1, 2)
    sampled = functional.grid_sample(
        film[None, None], warp(grid).reshape(1, rows, columns, 2), align_corners=False
    )[0, 0]
    unit = (points.reshape(-1, 2) * 2 + 1) / size - 1
    moved = ((warp.inverse(unit) + 1) * size - 1) / 2
    return expose(sampled, generator), moved.reshape(points.shape)


def expose(film: Tensor, generator: torch.Generator) -> Tensor:
    """Another exposure: contrast, gamma, sharpness, noise, and a patch or two hidden.

    Args:
        film: Grey values ``(rows, columns)`` in 0…1.
        generator: Source of chance.
    """

    def uniform(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand(1, generator=generator))

    film = film.clamp(0, 1) ** math.exp(uniform(-0.45, 0.45))
    if uniform(0, 1) < 0.35:
        sigma = uniform(0.5, 1.6)
        taps = torch.exp(-0.5 * (torch.arange(-4, 5) / sigma) ** 2)
        taps = taps / taps.sum()
        blurred = functional.conv2d(film[None, None], taps.reshape(1, 1, 1, 9), padding=(0, 4))
        blurred = functional.conv2d(blurred, taps.reshape(1, 1, 9, 1), padding=(4, 0))[0, 0]
        # Twice the film less its blur is the film sharpened, as some scanners deliver it.
        film = blurred if uniform(0, 1) < 0.5 else 2 * film - blurred
    if uniform(0, 1) < 0.5:
        film = film + torch.randn(film.shape, generator=generator) * uniform(0.005, 0.05)
    film = (film - 0.5) * uniform(0.75, 1.25) + 0.5 + uniform(-0.12, 0.12)
    for _ in range(int(uniform(0, 3))):
        height, width = (int(uniform(0.03, 0.14) * side) for side in film.shape)
        top = int(uniform(0, film.shape[0] - height))
        left = int(uniform(0, film.shape[1] - width))
        film = film.clone()
        film[top : top + height, left : left + width] = uniform(0, 1)
    return film.clamp(0, 1)
