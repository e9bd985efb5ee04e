"""Annotated, drawn and unlabelled films as samples for training."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageDraw, ImageFilter
from torch import Tensor
from torch.nn import functional

from pipelines.canvas import place
from pipelines.config import read_config
from pipelines.film import read_film
from pipelines.pano.evaluation.dataset import RESTORATIONS, AnnotatedPano, Layout, Polygon
from pipelines.pano.modules.teeth.pre_post import TeethConfig
from pipelines.pano.modules.teeth.predictor import read_teeth
from pipelines.pano.synthetic.painting import paint
from pipelines.pano.training.augment import CODES, EXTRA, Sample
from pipelines.pano.training.network import ExportNet, PanoNet

_FEWEST = 20  # teeth, and how sure of them on average, for a network to learn from its own reading
_SURE = 0.6


def toothed(film: AnnotatedPano, canvas: tuple[int, int]) -> Sample:
    """A film with outlined teeth, on the canvas."""
    pixels = read_film(film.file.read_bytes(), enough=canvas).pixels
    grey, placement = place(pixels, film.size, canvas)
    teeth = _codes([(fdi, placement.to_canvas(line)) for fdi, line in film.teeth], canvas)
    marks = np.zeros((len(RESTORATIONS), *canvas), dtype=np.uint8)
    for kind, line in film.restorations or ():
        marks[RESTORATIONS.index(kind)] |= _drawn([(1, placement.to_canvas(line))], canvas)
    covered = (teeth > 0) | (marks > 0).any(axis=0)
    shade = torch.from_numpy(grey)
    return Sample(
        film=shade,
        bare=_bare(shade, torch.from_numpy(covered)),
        teeth=torch.from_numpy(teeth),
        marks=torch.from_numpy(marks),
        marked=film.restorations is not None,
    )


def carious(film: AnnotatedPano, canvas: tuple[int, int]) -> Sample:
    """A film with a mask of caries, on the canvas."""
    pixels = read_film(film.file.read_bytes(), enough=canvas).pixels
    grey, placement = place(pixels, film.size, canvas)
    height, width = (round(side * placement.scale) for side in film.size)
    mask = Image.fromarray(film.caries_mask().astype(np.uint8) * 255)
    small = np.asarray(mask.resize((width, height), Image.Resampling.BOX)) > 127
    marks = np.zeros((1, *canvas), dtype=np.uint8)
    left, top = placement.left, placement.top
    marks[0, top : top + height, left : left + width] = small
    return Sample(
        film=torch.from_numpy(grey), bare=None, teeth=torch.zeros(canvas, dtype=torch.uint8),
        marks=torch.from_numpy(marks), marked=True,
    )  # fmt: skip


def guessed(files: Sequence[Path], network: PanoNet, canvas: tuple[int, int]) -> list[Sample]:
    """Films without annotation, their teeth as a fitted network finds and numbers them.

    A film of which the network is unsure, or on which it finds few teeth, is left out.
    """
    reader = ExportNet(network, canvas).eval()
    config = read_config(TeethConfig)
    out = []
    for file in files:
        film = read_film(file.read_bytes(), enough=canvas)
        grey, placement = place(film.pixels, (film.height, film.width), canvas)
        shade = torch.from_numpy(grey)
        with torch.no_grad():
            reading = read_teeth(reader(shade[None, None])[0].numpy(), placement, config)
        scores = [tooth.score for tooth in reading.teeth]
        if len(scores) < _FEWEST or float(np.mean(scores)) < _SURE:
            continue
        codes = np.zeros(canvas, dtype=np.uint8)
        for mask in reading.unnumbered:
            codes[mask] = EXTRA
        for tooth in reading.teeth:
            codes[tooth.mask] = CODES[tooth.fdi]
        out.append(
            Sample(
                film=shade,
                bare=_bare(shade, torch.from_numpy(codes > 0)),
                teeth=torch.from_numpy(codes),
                marks=torch.zeros(len(RESTORATIONS), *canvas, dtype=torch.uint8),
                marked=False,
            )
        )
    return out


def drawn(layout: Layout, canvas: tuple[int, int], chance: np.random.Generator) -> Sample:
    """A synthetic film about a layout, on the canvas."""
    rows, columns = canvas
    height, width = rows, round(rows * layout.aspect)
    if width > columns:
        height, width = round(columns / layout.aspect), columns
    teeth = [(fdi, line * (width, height)) for fdi, line in layout.teeth]
    film, painting = paint(teeth, (height, width), chance)
    top, left = (rows - height) // 2, (columns - width) // 2
    here = (slice(top, top + height), slice(left, left + width))
    grey = np.zeros(canvas, dtype=np.float32)
    grey[here] = film
    marks = np.zeros((len(RESTORATIONS), *canvas), dtype=np.uint8)
    for kind, mask in painting.restorations:
        marks[RESTORATIONS.index(kind)][here] |= mask.astype(np.uint8)
    codes = _codes([(fdi, line + np.array([left, top])) for fdi, line in teeth], canvas)
    return Sample(
        film=torch.from_numpy(grey), bare=None, teeth=torch.from_numpy(codes),
        marks=torch.from_numpy(marks), marked=True,
    )  # fmt: skip


def _codes(teeth: list[tuple[int, Polygon]], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    return _drawn([(CODES.get(fdi, EXTRA), line) for fdi, line in teeth], size)


def _drawn(shapes: list[tuple[int, Polygon]], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    image = Image.new("L", (size[1], size[0]))
    brush = ImageDraw.Draw(image)
    for code, line in shapes:
        brush.polygon([(x, y) for x, y in line.tolist()], fill=code)
    return np.array(image)


def _bare(film: Tensor, covered: Tensor) -> Tensor:
    """The film with its teeth painted out by what lies about them."""
    image = Image.fromarray(covered.numpy().astype(np.uint8) * 255)
    wide = torch.from_numpy(np.array(image.filter(ImageFilter.MaxFilter(5)))) > 0
    out, known, pending = film.clone(), ~wide, wide
    for sigma in (6, 14, 30, 80):  # near grey where there is some, else from farther away
        span = 2 * sigma
        taps = torch.exp(-0.5 * (torch.arange(-span, span + 1) / sigma) ** 2)
        both = torch.stack([film * known, known.float()])[:, None]
        both = functional.conv2d(both, taps.reshape(1, 1, 1, -1), padding=(0, span))
        both = functional.conv2d(both, taps.reshape(1, 1, -1, 1), padding=(span, 0))
        out[pending] = (both[0, 0] / both[1, 0].clamp(min=1e-6))[pending]
        pending = pending & (both[1, 0] < 0.05 * float(taps.sum()) ** 2)
    return out
