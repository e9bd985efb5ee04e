"""Plausible variations of an annotated film: another patient, another posture, another exposure."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from pipelines.pano.fdi import COLUMNS, NUMBERS

_TURN = math.radians(7)
_SCALE = 0.22
_STRETCH = 0.10  # between height and width
_SHEAR = 0.06
_SHIFT = 0.05  # of the canvas
_BEND = 0.006  # of the canvas, sigma at the nodes of the elastic grid
_NODES = (5, 9)

# A tooth's code is its place in NUMBERS plus one; flipping a film swaps the columns of each jaw.
CODES = {fdi: index + 1 for index, fdi in enumerate(NUMBERS)}
EXTRA = len(NUMBERS) + 1  # a tooth without a number of its own
_FLIPPED = torch.tensor(
    [0]
    + [jaw * COLUMNS + COLUMNS - column for jaw in range(2) for column in range(COLUMNS)]
    + [EXTRA],
    dtype=torch.uint8,
)


@dataclass(frozen=True)
class Sample:
    """A film on its canvas with what is known about it.

    Attributes:
        film: Grey ``(rows, columns)`` in 0…1.
        bare: The same film with its teeth painted out, or ``None``: from it teeth are removed.
        teeth: Codes of the teeth ``(rows, columns)``, uint8.
        marks: Further masks ``(k, rows, columns)``, uint8.
        marked: Whether the masks are known; where not, they are not learned from.
    """

    film: Tensor
    bare: Tensor | None
    teeth: Tensor
    marks: Tensor
    marked: bool


@dataclass(frozen=True)
class View:
    """A part of a varied film, as the network sees it.

    Attributes:
        film: ``(3, rows, columns)``: grey and the two coordinates.
        teeth: Codes ``(rows / 2, columns / 2)``.
        marks: Masks ``(k, rows / 2, columns / 2)``.
        marked: Whether the masks are known.
    """

    film: Tensor
    teeth: Tensor
    marks: Tensor
    marked: bool


class Variations:
    """Draws views of samples."""

    def __init__(self, window: tuple[int, int], seed: int) -> None:
        """Set up.

        Args:
            window: Rows and columns of the views.
            seed: Of the chance.
        """
        self._window = window
        self._chance = torch.Generator().manual_seed(seed)

    def draw(self, sample: Sample) -> View:
        """One view of a sample."""
        if sample.bare is not None and self._uniform(0, 1) < 0.5:
            sample = self._extract(sample)
        if self._uniform(0, 1) < 0.5:
            sample = replace(
                sample,
                film=sample.film.flip(1),
                teeth=_FLIPPED[sample.teeth.flip(1).long()],
                marks=sample.marks.flip(2),
            )
        grid, place = self._grid(sample)
        film = functional.grid_sample(sample.film[None, None], grid, align_corners=False)[0]
        # The cells of the output lie between their two pixels on either axis.
        coarse = functional.avg_pool2d(grid.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
        labels = torch.cat([sample.teeth[None], sample.marks]).float()
        labels = functional.grid_sample(labels[None], coarse, mode="nearest", align_corners=False)[
            0
        ]
        return View(
            film=torch.cat([self._expose(film[0])[None], place]),
            teeth=labels[0].to(torch.uint8),
            marks=labels[1:],
            marked=sample.marked,
        )

    def _uniform(self, low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand(1, generator=self._chance))

    def _spread(self, limit: float) -> float:
        # Triangular: the middle is frequent, the limit is never exceeded.
        return float((torch.rand(2, generator=self._chance).sum() - 1.0) * limit)

    def _extract(self, sample: Sample) -> Sample:
        """Remove some teeth, so that gaps are seen in all places."""
        assert sample.bare is not None  # noqa: S101 - checked by the only caller  # nosec B101
        present = [code for code in sample.teeth.unique().tolist() if code]
        share = self._uniform(0.02, 0.45)
        start = self._uniform(0, 1)  # teeth are lost in runs as often as one by one
        run = self._uniform(0, 1) < 0.4
        chosen = torch.zeros(64, dtype=torch.bool)
        for order, code in enumerate(present):
            near = abs(order / len(present) - start) < share / 2
            chosen[code] = near if run else self._uniform(0, 1) < share
        gone = chosen[sample.teeth.long()].float()[None, None]
        wide = functional.max_pool2d(gone, 7, stride=1, padding=3)
        kept = ((sample.teeth > 0) & (gone[0, 0] == 0)).float()
        soft = functional.avg_pool2d(wide, 5, stride=1, padding=2)[0, 0] * (1 - kept)
        noise = torch.randn(sample.film.shape, generator=self._chance) * 0.02
        film = sample.film * (1 - soft) + (sample.bare + noise) * soft
        hidden = (soft > 0.5).to(torch.uint8)
        return replace(
            sample,
            film=film.clamp(0, 1),
            teeth=sample.teeth * (gone[0, 0] == 0).to(torch.uint8),
            marks=sample.marks * (1 - hidden),
        )

    def _place(self, corner: tuple[int, int], size: tuple[int, int]) -> Tensor:
        """Both coordinates on the canvas of the view's pixels, ``(2, rows, columns)``."""
        (top, left), (rows, columns) = corner, size
        ys = ((torch.arange(self._window[0]) + top) * 2 + 1) / rows - 1
        xs = ((torch.arange(self._window[1]) + left) * 2 + 1) / columns - 1
        y, x = torch.meshgrid(ys, xs, indexing="ij")
        return torch.stack([x, y])

    def _grid(self, sample: Sample) -> tuple[Tensor, Tensor]:
        """Where each pixel of the view lies on the sample and on the varied canvas.

        Returns:
            ``(1, rows, columns, 2)`` and ``(2, rows, columns)``, both in −1…1.
        """
        rows, columns = sample.film.shape
        aspect = rows / columns
        turn, scale = self._spread(_TURN), math.exp(self._spread(_SCALE))
        stretch = math.exp(self._spread(_STRETCH))
        cos, sin = math.cos(turn) / scale, math.sin(turn) / scale
        matrix = torch.tensor(
            [[cos * stretch, -sin * aspect], [sin / aspect, cos / stretch]], dtype=torch.float32
        ) @ torch.tensor([[1.0, self._spread(_SHEAR)], [0.0, 1.0]])
        offset = torch.tensor([self._spread(2 * _SHIFT), self._spread(2 * _SHIFT)])
        place = self._place(self._aim(sample, matrix, offset), (rows, columns))
        points = place.permute(1, 2, 0)
        nodes = torch.randn(1, 2, *_NODES, generator=self._chance) * 2 * _BEND
        bend = functional.interpolate(nodes, (56, 112), mode="bicubic", align_corners=True)
        moved = functional.grid_sample(
            bend, points[None], padding_mode="border", align_corners=True
        ).permute(0, 2, 3, 1)
        return points[None] @ matrix.T + offset + moved, place

    def _aim(self, sample: Sample, matrix: Tensor, offset: Tensor) -> tuple[int, int]:
        """The view's upper left corner on the varied canvas: about the teeth, or else a mark."""
        rows, columns = sample.film.shape
        if sample.teeth.any():
            middle = sample.teeth.nonzero().float().mean(dim=0)
        elif sample.marks.any():  # marks are few and far apart: about one of them
            where = sample.marks.amax(dim=0).nonzero().float()
            middle = where[int(torch.randint(len(where), (1,), generator=self._chance))]
        else:
            middle = torch.tensor([rows / 2, columns / 2])
        unit = torch.stack([middle[1] * 2 / columns - 1, middle[0] * 2 / rows - 1])
        x, y = torch.linalg.inv(matrix) @ (unit - offset)
        corner = []
        for centre, side, length in (
            ((float(y) + 1) * rows / 2, self._window[0], rows),
            ((float(x) + 1) * columns / 2, self._window[1], columns),
        ):
            wanted = centre + self._spread(0.4 * side) - side / 2
            corner.append(round(min(max(wanted, 0), length - side)))
        return corner[0], corner[1]

    def _expose(self, film: Tensor) -> Tensor:
        """Another exposure: contrast, gamma, sharpness, noise."""
        film = film.clamp(0, 1) ** math.exp(self._spread(0.7))
        if self._uniform(0, 1) < 0.4:
            sigma = self._uniform(0.5, 1.5)
            taps = torch.exp(-0.5 * (torch.arange(-4, 5) / sigma) ** 2)
            taps = taps / taps.sum()
            blurred = functional.conv2d(film[None, None], taps.reshape(1, 1, 1, 9), padding=(0, 4))
            blurred = functional.conv2d(blurred, taps.reshape(1, 1, 9, 1), padding=(4, 0))[0, 0]
            # Twice the film less its blur is the film sharpened, as some scanners deliver it.
            film = blurred if self._uniform(0, 1) < 0.5 else 2 * film - blurred
        if self._uniform(0, 1) < 0.5:
            noise = torch.randn(film.shape, generator=self._chance)
            film = film + noise * self._uniform(0.005, 0.05)
        film = (film - 0.5) * self._uniform(0.7, 1.3) + 0.5 + self._uniform(-0.15, 0.15)
        return film.clamp(0, 1)
