"""Synthetic panoramics for tests and demonstrations anywhere."""

import functools
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipelines.pano.fdi import COLUMNS, NUMBERS, mirrored, slot
from pipelines.pano.synthetic.painting import paint

Polygon = npt.NDArray[np.float64]
_SPREAD = 0.8  # of the modes: a little less than patients differ, so that few drawings are absurd


@dataclass(frozen=True)
class SyntheticPano:
    """A drawn film and what is on it.

    Attributes:
        pixels: Grey values ``(rows, columns)``, uint8.
        teeth: FDI number → outline ``(n, 2)``, in pixels.
        restorations: Kind (``filling``, ``bridge`` or ``implant``) and mask ``(rows, columns)``.
    """

    pixels: npt.NDArray[np.uint8]
    teeth: dict[int, Polygon]
    restorations: list[tuple[str, npt.NDArray[np.bool_]]]

    def jpeg(self) -> bytes:
        """The film as a JPEG file."""
        out = io.BytesIO()
        Image.fromarray(self.pixels).save(out, "JPEG", quality=92)
        return out.getvalue()


def draw(seed: int, size: tuple[int, int] = (700, 1400)) -> SyntheticPano:
    """Draw a film.

    Args:
        seed: The same seed draws the same film.
        size: Rows and columns.
    """
    chance = np.random.default_rng(seed)
    teeth = dentition(chance, size)
    grey, painting = paint(list(teeth.items()), size, chance)
    return SyntheticPano(np.rint(grey * 255).astype(np.uint8), teeth, painting.restorations)


def dentition(chance: np.random.Generator, size: tuple[int, int]) -> dict[int, Polygon]:
    """Outlines of a person's teeth, some of them missing.

    Args:
        chance: Source of chance.
        size: Rows and columns of the film.

    Returns:
        FDI number → outline in pixels.
    """
    shapes = _shapes()
    places = _varied(shapes["places"], chance).reshape(len(NUMBERS), 2)
    scale = size[0] * min(1.0, size[1] / size[0] / shapes["aspect"])
    lost = chance.random() * 1.5  # how much more or less often than usual teeth are missing
    teeth = {}
    for index, fdi in enumerate(NUMBERS):
        if chance.random() < (1.0 - shapes["present"][index]) * lost:
            continue
        left = slot(fdi)[1] < COLUMNS // 2
        outline = shapes["outlines"][str(fdi if left else mirrored(fdi))]
        radii = np.maximum(_varied(outline, chance), 0.004)
        angles = (np.arange(len(radii)) + 0.5) / len(radii) * 2 * np.pi
        line = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None]
        if not left:
            line = line[::-1] * (-1.0, 1.0)
        teeth[fdi] = (places[index] + line) * scale + (size[1] / 2, (size[0] - scale) / 2)
    return teeth


def _varied(shape: dict[str, Any], chance: np.random.Generator) -> npt.NDArray[np.float64]:
    modes = np.array(shape["modes"])
    away = np.clip(chance.normal(0, 1, len(modes)), -2, 2) * _SPREAD
    out: npt.NDArray[np.float64] = np.array(shape["mean"]) + away @ modes
    return out


@functools.cache
def _shapes() -> dict[str, Any]:
    text = Path(__file__).with_name("shapes.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content
