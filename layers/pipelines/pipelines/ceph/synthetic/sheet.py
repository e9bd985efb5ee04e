"""A sheet that absorption is painted on, in millimetres, as shapes with soft edges."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Curve = npt.NDArray[np.float64]
Knots = Curve | Sequence[Curve | tuple[float, float]]
Plane = npt.NDArray[np.float32]


def smooth(points: Knots, *, closed: bool = False) -> Curve:
    """A Catmull–Rom spline through the points.

    Args:
        points: ``(n, 2)``, at least two.
        closed: Whether the curve returns to its first point.

    Returns:
        The curve ``(m, 2)``, twelve points to a segment.
    """
    knots = np.asarray(points, dtype=np.float64)
    ends = (knots[-1:], knots[:2]) if closed else (knots[:1], knots[-1:])
    padded = np.concatenate([ends[0], knots, ends[1]])
    t = np.linspace(0, 1, 12, endpoint=False)[:, None]
    a, b, c, d = (padded[i : len(padded) - 3 + i, None] for i in range(4))
    spline = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    curve: Curve = spline.reshape(-1, 2)
    return curve if closed else np.concatenate([curve, knots[-1:]])


class Sheet:
    """Absorption along each ray, in attenuation lengths, painted shape by shape.

    Attributes:
        absorption: ``(rows, columns)``; more is whiter.
        px_per_mm: Scale.
    """

    def __init__(
        self, size: tuple[int, int], frame: npt.NDArray[np.float64], chance: np.random.Generator
    ) -> None:
        """Start with nothing in the beam.

        Args:
            size: Columns and rows.
            frame: ``(2, 3)``, from mm in the face's frame to pixels; a similarity.
            chance: Source of the bone's grain.
        """
        self.absorption: Plane = np.zeros((size[1], size[0]), dtype=np.float32)
        self.px_per_mm = float(np.hypot(*frame[:, 0]))
        self._frame = frame
        self._grain = texture(size, 1.1 * self.px_per_mm, 4, chance)

    def to_pixels(self, points: Curve) -> Curve:
        """Map points ``(..., 2)`` from mm to pixels."""
        pixels: Curve = points @ self._frame[:, :2].T + self._frame[:, 2]
        return pixels

    def fill(self, curve: Curve, depth: float, soft_mm: float = 0.4, grain: float = 0.0) -> None:
        """Paint the inside of a closed curve; bone has a grain."""
        mask, place = self._mask(curve, None, soft_mm)
        self.absorption[place] += mask * (np.float32(depth) + grain * self._grain[place])

    def dome(self, curve: Curve, depth: float, rise_mm: float) -> None:
        """Paint a closed curve whose depth rises from its edge inwards, as of a rounded body."""
        sharp, place = self._mask(curve, None, 0.35, margin_mm=3 * rise_mm)
        wide, _ = self._mask(curve, None, rise_mm)
        # At the edge the blurred mask is a half and the body has no depth.
        rise = np.clip(2 * wide - 1, 0, 1)
        self.absorption[place] += np.float32(depth) * sharp * (0.35 + 0.65 * np.sqrt(rise))

    def stroke(
        self, curve: Curve, depth: float, width_mm: float = 0.8, soft_mm: float = 0.35
    ) -> None:
        """Paint along a curve: a sheet of bone seen on edge."""
        mask, place = self._mask(curve, width_mm, soft_mm)
        self.absorption[place] += np.float32(depth) * mask

    def _mask(
        self, curve: Curve, width_mm: float | None, soft_mm: float, margin_mm: float = 0.0
    ) -> tuple[Plane, tuple[slice, slice]]:
        """Draw only where the shape is: most are small, and a blur costs by area."""
        points = self.to_pixels(curve)
        margin = max(margin_mm, 3 * soft_mm + (width_mm or 0)) * self.px_per_mm + 2
        size = self.absorption.shape[::-1]
        low = np.clip(np.floor(points.min(axis=0) - margin), 0, size).astype(int)
        high = np.clip(np.ceil(points.max(axis=0) + margin), low, size).astype(int)
        columns, rows = (int(side) for side in high - low)
        place = (slice(low[1], high[1]), slice(low[0], high[0]))
        if not columns or not rows:
            return self.absorption[place], place
        image = Image.new("L", (columns, rows))
        line = [tuple(point) for point in (points - low).tolist()]
        if width_mm is None:
            ImageDraw.Draw(image).polygon(line, fill=255)
        else:
            width = max(1, round(width_mm * self.px_per_mm))
            ImageDraw.Draw(image).line(line, fill=255, width=width, joint="curve")
        return _blurred(image, soft_mm * self.px_per_mm), place


def _blurred(image: Image.Image, sigma_px: float) -> Plane:
    blurred = image.filter(ImageFilter.GaussianBlur(sigma_px))
    return np.asarray(blurred, dtype=np.float32) / np.float32(255)


def texture(
    size: tuple[int, int], grain_px: float, octaves: int, chance: np.random.Generator
) -> Plane:
    """Smooth random structure, mean 0 and deviation 1.

    Args:
        size: Columns and rows.
        grain_px: Size of the finest grain.
        octaves: How many coarser grains, each twice the last, lie over it.
        chance: Source of chance.
    """
    total: Plane = np.zeros((size[1], size[0]), dtype=np.float32)
    for octave in range(octaves):
        grain = grain_px * 2**octave
        shape = (int(size[1] / grain) + 2, int(size[0] / grain) + 2)
        noise = Image.fromarray(chance.standard_normal(shape).astype(np.float32))
        total += np.asarray(noise.resize(size, Image.Resampling.BICUBIC))
    return total / np.float32(total.std() + 1e-6)
