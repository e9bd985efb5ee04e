"""A synthetic film: a sampled face, its absorption, and what a detector makes of it."""

# ruff: noqa: RUF005  # numpy adds the offset (x, y) to a point; nothing is concatenated

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from pipelines.ceph.landmarks import ABBREVIATIONS
from pipelines.ceph.synthetic.jaws import Face, paint_jaws
from pipelines.ceph.synthetic.shape import sample
from pipelines.ceph.synthetic.sheet import Plane, Sheet, smooth, texture
from pipelines.ceph.synthetic.skull import paint_skull

_WIDTH_MM = 170.0  # of the detector: 1340 columns of 0.127 mm
_SELLA = (0.28, 0.445)  # where Sella lies, as fractions of the film's width


@dataclass(frozen=True)
class SyntheticFilm:
    """A drawn film and the truth about it.

    Attributes:
        pixels: Grey values ``(rows, columns)``, uint8, white is dense.
        landmarks: Points ``(19, 2)`` in pixels, in the order of ``LANDMARKS``.
        mm_per_px: Scale in mm.
    """

    pixels: npt.NDArray[np.uint8]
    landmarks: npt.NDArray[np.float64]
    mm_per_px: float

    def jpeg(self, quality: int = 90) -> bytes:
        """The film as a JPEG file."""
        out = io.BytesIO()
        Image.fromarray(self.pixels).save(out, "JPEG", quality=quality)
        return out.getvalue()


def draw(seed: int, size: tuple[int, int] = (1340, 1671)) -> SyntheticFilm:
    """Draw a film; the same seed and size give the same film.

    Args:
        seed: Of face, posture and exposure.
        size: Columns and rows; the detector is always 170 mm wide.

    Returns:
        The film with its landmarks.
    """
    chance = np.random.default_rng(seed)
    face = sample(chance)
    px_per_mm = size[0] / _WIDTH_MM
    turn = np.radians(chance.normal(-9, 4))  # the line from Sella to Nasion rises by about 9°
    cos, sin = np.cos(turn) * px_per_mm, np.sin(turn) * px_per_mm
    x = size[0] * (_SELLA[0] + chance.normal(0, 0.025))
    y = size[0] * (_SELLA[1] + chance.normal(0, 0.03))
    sheet = Sheet(size, np.array([[cos, -sin, x], [sin, cos, y]]), chance)
    _soft_tissue(sheet, face, chance)
    paint_skull(sheet, face, chance)
    paint_jaws(sheet, face, chance)
    _airway(sheet, face)
    _equipment(sheet, face, chance)
    landmarks = np.array([sheet.to_pixels(face[name]) for name in ABBREVIATIONS])
    return SyntheticFilm(_expose(sheet, chance), landmarks, 1 / px_per_mm)


def _soft_tissue(sheet: Sheet, face: Face, chance: np.random.Generator) -> None:
    n, sn, ul, ll, chin, me = (face[name] for name in ("N", "Sn", "UL", "LL", "Pog'", "Me"))
    tip = sn + (chance.normal(13, 1.5), chance.normal(-10, 1.5))
    profile = [
        (-30, -108), n + (-36, -96), n + (-8, -80), n + (3, -64), n + (9, -46), n + (11, -22),
        n + (8, -8), n + (6, 2), 0.55 * n + 0.45 * tip + (-1, -1), tip + (-2, -5), tip,
        tip + (-4, 6), sn + (2, -0.5), sn, 0.5 * (sn + ul) + (-1.2, 0), ul,
        0.6 * ul + 0.4 * ll + (-2.2, 0), 0.5 * (ul + ll) + (-5, 0),
        0.4 * ul + 0.6 * ll + (-2.2, 0), ll, 0.5 * (ll + chin) + (-5, -1), chin,
        0.5 * (chin + me) + (4, 8), me + (-6, 12), me + (-30, 14), me + (-48, 30),
        me + (-50, 90), (-130, 220), (-190, 100), (-180, -60), (-110, -120),
    ]  # fmt: skip
    outline = smooth(np.array(profile), closed=True)
    sheet.dome(outline, chance.uniform(0.55, 0.85), chance.uniform(5, 9))
    sheet.stroke(outline[72:290], 0.03, 0.8)


def _airway(sheet: Sheet, face: Face) -> None:
    pns, go = face["PNS"], face["Go"]
    pharynx = smooth(
        [pns + (-6, -12), pns + (-10, 4), pns + (-14, 24), go + (8, 6), go + (10, 40),
         go + (20, 40), go + (20, 4), pns + (-4, 22), pns + (-2, 2)],
        closed=True,
    )  # fmt: skip
    sheet.fill(pharynx, -0.16, 1.5)
    hyoid = face["Me"] + smooth([(-36, 2), (-30, 4), (-27, 9), (-31, 9), (-40, 5)], closed=True)
    sheet.fill(hyoid, 0.18, 0.5)


def _equipment(sheet: Sheet, face: Face, chance: np.random.Generator) -> None:
    if chance.random() < 0.9:
        # The ear rod lies in the ear canal: Porion is the top of its ring.
        angles = np.linspace(0, 2 * np.pi, 60)
        ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        centre = face["Po"] + (0, 4.5)
        sheet.stroke(centre + 4.5 * ring, 1.6, 0.8, 0.15)
        sheet.fill(centre + 1.1 * ring, 1.6, 0.15)
    if chance.random() < 0.85:
        foot = face["N"] + (chance.uniform(8, 11), -3)
        arm = np.array([foot, foot + (20, -22), foot + (26, -80)])
        sheet.stroke(arm, 0.18, 5.0, 0.3)
        ruler = np.array([foot + (20, -27), foot + (25, -80)])
        sheet.stroke(ruler, 1.2, 3.0, 0.15)
        for mark in np.linspace(0.03, 1, 40):
            at = ruler[0] + (ruler[1] - ruler[0]) * mark
            sheet.stroke(np.array([at, at + (1.5, 0)]), -0.9, 0.4, 0.1)
    rows, columns = sheet.absorption.shape
    if chance.random() < 0.7:  # the filter that spares the vault
        edge = chance.uniform(0.03, 0.09) * rows
        ramp = 1 / (1 + np.exp((np.arange(rows) - edge) / (0.006 * rows)))
        sheet.absorption += (0.8 * ramp[:, None]).astype(np.float32)
    if chance.random() < 0.5:  # collimation
        edge = int(chance.uniform(0.005, 0.025) * columns)
        height = int(chance.uniform(0.3, 1.0) * rows)
        sheet.absorption[:height, :edge] += 2.5


def _expose(sheet: Sheet, chance: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Beer–Lambert, scatter, quantum noise, and the logarithmic display of a detector."""
    size = (sheet.absorption.shape[1], sheet.absorption.shape[0])
    light: Plane = np.exp(-np.clip(sheet.absorption, 0.0, 6.0))
    scatter = Image.fromarray(light).resize((size[0] // 16, size[1] // 16))
    haze = scatter.resize(size, Image.Resampling.BICUBIC)
    light = 0.88 * light + 0.12 * np.clip(np.asarray(haze), 1e-4, None)
    photons = chance.uniform(1500, 9000)
    light = light + chance.standard_normal(light.shape).astype(np.float32) * np.sqrt(
        np.clip(light, 1e-4, None) / np.float32(photons)
    )
    grey = -np.log(np.clip(light, 5e-3, None))
    grey += np.float32(0.01) * texture(size, 60.0, 2, chance)
    low, high = np.percentile(grey, (0.5, 99.0))
    grey = np.clip((grey - low) / (high - low), 0, 1) ** chance.uniform(0.8, 1.15)
    image = Image.fromarray((chance.uniform(10, 40) + grey * 215).astype(np.uint8))
    blur = chance.uniform(0.05, 0.12) * sheet.px_per_mm
    return np.asarray(image.filter(ImageFilter.GaussianBlur(blur)))
