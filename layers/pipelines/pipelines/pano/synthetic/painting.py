"""Painting a panoramic: attenuations add up along the ray, and the film darkens by their sum.

Jaws, airway, palate, spine and the other side's ghost are drawn coarsely about the given teeth;
each tooth has dentine, an enamel cap and a pulp, and may have been filled or crowned.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from pipelines.pano.fdi import LOWER, is_permanent, slot

FloatArray = npt.NDArray[np.float32]
Polygon = npt.NDArray[np.float64]
Tooth = tuple[int, Polygon]

_CROWN = 0.42  # share of a tooth's length that is crown


@dataclass
class Painting:
    """A film in the making.

    Attributes:
        attenuation: Sum along the ray, ``(rows, columns)``.
        restorations: Kind and mask of what was put in.
    """

    attenuation: FloatArray
    restorations: list[tuple[str, npt.NDArray[np.bool_]]] = field(default_factory=list)


def paint(
    teeth: list[Tooth], size: tuple[int, int], chance: np.random.Generator
) -> tuple[FloatArray, Painting]:
    """Paint a film about the outlines of its teeth.

    Args:
        teeth: FDI number and outline ``(n, 2)``, in pixels.
        size: Rows and columns of the film.
        chance: Source of chance.

    Returns:
        Grey values ``(rows, columns)`` in 0…1, and what they were made from.
    """
    painting = Painting(_background(teeth, size, chance))
    metal = chance.random() < 0.6  # whether this patient has restorations at all
    for fdi, outline in teeth:
        _tooth(painting, fdi, outline, chance)
        if metal and chance.random() < 0.3:
            _restore(painting, fdi, outline, chance)
    if metal:
        _implants(painting, teeth, chance)
    film = 1.0 - np.exp(-painting.attenuation * chance.uniform(0.8, 1.25))
    film = _blurred(film, chance.uniform(0.0005, 0.0016) * size[1])
    noisy = film + chance.normal(0, chance.uniform(0.004, 0.02), size)
    low, high = np.percentile(noisy, (0.5, 99.5))
    grey = np.clip((noisy - low) / max(float(high - low), 1e-6), 0, 1) ** chance.uniform(0.7, 1.4)
    return np.asarray(grey, dtype=np.float32), painting


def inside(outline: Polygon, size: tuple[int, int]) -> FloatArray:
    """1 inside an outline and 0 outside, ``(rows, columns)``."""
    image = Image.new("L", (size[1], size[0]))
    ImageDraw.Draw(image).polygon([(x, y) for x, y in outline.tolist()], fill=255)
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def _blurred(values: FloatArray, sigma: float) -> FloatArray:
    image = Image.fromarray(np.asarray(values, dtype=np.float32))
    rows, columns = values.shape
    reduce = max(1, int(sigma / 3))  # a wide blur of a small picture is the same, and quick
    small = image.resize((max(columns // reduce, 2), max(rows // reduce, 2)), Image.Resampling.BOX)
    grey = np.asarray(small)
    low, high = float(grey.min()), float(grey.max())
    # Pillow blurs 8 bits only; two of them make sixteen.
    scaled = (grey - low) / max(high - low, 1e-9) * 255
    whole = np.floor(scaled)
    radius = ImageFilter.GaussianBlur(sigma / reduce)
    parts = [
        np.asarray(Image.fromarray(part.astype(np.uint8)).filter(radius), dtype=np.float32)
        for part in (whole, (scaled - whole) * 255)
    ]
    mixed = (parts[0] + parts[1] / 255) / 255 * (high - low) + low
    back = Image.fromarray(mixed).resize((columns, rows), Image.Resampling.BICUBIC)
    return np.asarray(back, dtype=np.float32)


def _cloud(size: tuple[int, int], cells: int, chance: np.random.Generator) -> FloatArray:
    """Smooth noise with about this many bumps along the film's width, mostly in −1…1."""
    rows = max(3, round(cells * size[0] / size[1]))
    noise = Image.fromarray(chance.normal(0, 0.6, (rows, cells)).astype(np.float32))
    return np.asarray(noise.resize((size[1], size[0]), Image.Resampling.BICUBIC))


def _background(
    teeth: list[Tooth], size: tuple[int, int], chance: np.random.Generator
) -> FloatArray:
    rows, columns = size
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    points = np.concatenate([outline for _, outline in teeth])
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0)
    middle, half = (left + right) / 2, (right - left) / 2
    u = (x - middle) / half  # −1…1 along the arch
    total = 0.25 + 0.12 * _cloud(size, 6, chance) + 0.06 * _cloud(size, 24, chance)
    # The mandible: a bow whose lower border rises to either side.
    border = bottom + (bottom - top) * chance.uniform(0.25, 0.5) * (1 - 1.1 * u**2)
    bite = _bite(teeth, (top + bottom) / 2, x, middle, half)
    jaw = _step(border - y, 0.012 * rows) * _step(1.45 - np.abs(u), 0.05)
    grain = _cloud(size, 150, chance) * 0.05
    total += jaw * _step(y - bite, 0.02 * rows) * (chance.uniform(0.25, 0.6) + grain)
    total += np.exp(-(((y - border) / (0.012 * rows)) ** 2)) * jaw * chance.uniform(0.1, 0.5)
    # The maxilla and its sinuses, the palate's bright line, the airway between the jaws.
    upper = _step(bite - y, 0.02 * rows) * _step(1.25 - np.abs(u), 0.1)
    total += upper * (chance.uniform(0.1, 0.4) + grain)
    palate = top - chance.uniform(-0.02, 0.1) * rows + 0.03 * rows * u**2
    total += np.exp(-(((y - palate) / (0.01 * rows)) ** 2)) * upper * chance.uniform(0.1, 0.6)
    total -= np.exp(-(((y - bite) / (0.025 * rows)) ** 2)) * chance.uniform(0.0, 0.3)
    # Spine: a bright band in the middle, bright flanks at either side.
    total += np.exp(-((u / chance.uniform(0.06, 0.2)) ** 2)) * chance.uniform(0.0, 0.35)
    total += _step(np.abs(u) - chance.uniform(1.3, 1.7), 0.1) * chance.uniform(0.0, 0.8)
    total += _step(0.3 * rows - y, 0.1 * rows) * chance.uniform(0.0, 0.5)
    return np.asarray(np.clip(total, 0.02, None), dtype=np.float32)


def _step(values: FloatArray, width: float) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-np.clip(values / width, -30, 30))), dtype=np.float32)


def _bite(
    teeth: list[Tooth], default: float, x: FloatArray, middle: float, half: float
) -> FloatArray:
    """Height of the gap between the jaws in each pixel's column: a parabola through the crowns."""
    ends = [
        (
            outline[:, 0].mean(),
            outline[:, 1].min() if slot(fdi)[0] == LOWER else outline[:, 1].max(),
        )
        for fdi, outline in teeth
        if is_permanent(fdi)
    ]
    if len(ends) < 4:
        return np.full_like(x, default)
    places = np.array(ends)
    fit = np.polyfit((places[:, 0] - middle) / half, places[:, 1], 2)
    return np.asarray(np.polyval(fit, (x - middle) / half), dtype=np.float32)


def _axis(fdi: int, outline: Polygon) -> tuple[Polygon, Polygon, float]:
    """The crown's end of a tooth's long axis, the direction to its root, and its length."""
    centre = outline.mean(axis=0)
    _, _, directions = np.linalg.svd(outline - centre, full_matrices=False)
    rootward = 1.0 if is_permanent(fdi) and slot(fdi)[0] == LOWER else -1.0
    # Molars are nearly as wide as long: their main axis may be either.
    axis = directions[0] if abs(directions[0][1]) >= 0.5 else directions[1]
    axis = axis * (1.0 if axis[1] * rootward > 0 else -1.0)
    along = (outline - centre) @ axis
    return centre + axis * along.min(), axis, float(np.ptp(along))


def _tooth(painting: Painting, fdi: int, outline: Polygon, chance: np.random.Generator) -> None:
    box = _Window(outline, painting.attenuation.shape, margin=2)
    mask = inside(outline - box.corner, box.size)
    end, axis, length = _axis(fdi, outline)
    y, x = np.mgrid[: box.size[0], : box.size[1]]
    along = ((x + box.corner[0] - end[0]) * axis[0] + (y + box.corner[1] - end[1]) * axis[1]) / max(
        length, 1.0
    )
    width = max(1.0, 0.05 * length)
    round_ = np.clip(_blurred(mask, width) * 2 - 0.9, 0, 1) * mask
    crown = _step(np.asarray(_CROWN - along, dtype=np.float32), 0.04)
    dense = chance.uniform(0.5, 0.8) * (0.55 + 0.45 * round_) * (1 - 0.3 * along)
    rim = np.clip(1.2 - _blurred(mask, width * 0.7), 0, 1) * crown
    centre = outline.mean(axis=0)
    pulp = inside((outline - centre) * (0.28, 0.5) + centre + axis * 0.05 * length - box.corner,
                  box.size)  # fmt: skip
    dense = dense + crown * 0.25 + rim * chance.uniform(0.3, 0.8)
    dense = dense - _blurred(pulp, 1.0 + 0.02 * length) * chance.uniform(0.1, 0.35)
    painting.attenuation[box.slices] += (mask * dense).astype(np.float32)


def _restore(painting: Painting, fdi: int, outline: Polygon, chance: np.random.Generator) -> None:
    """A filling, or a crown over all of the tooth's."""
    box = _Window(outline, painting.attenuation.shape, margin=2)
    mask = inside(outline - box.corner, box.size)
    end, axis, length = _axis(fdi, outline)
    y, x = np.mgrid[: box.size[0], : box.size[1]]
    dx, dy = x + box.corner[0] - end[0], y + box.corner[1] - end[1]
    along = (dx * axis[0] + dy * axis[1]) / max(length, 1.0)
    kind = "bridge" if chance.random() < 0.35 else "filling"
    if kind == "bridge":
        shape = mask * (along < chance.uniform(0.3, 0.42))
    else:
        across = (dx * -axis[1] + dy * axis[0]) / max(length, 1.0)
        radius = chance.uniform(0.07, 0.2)
        offset = chance.uniform(-0.2, 0.2)
        blob = ((across - offset) / radius) ** 2 + ((along - 0.08) / (0.7 * radius)) ** 2
        shape = mask * (blob + 0.5 * _cloud(box.size, 5, chance) < 1)
    painting.attenuation[box.slices] += np.asarray(shape * chance.uniform(1.2, 3.5), np.float32)
    _note(painting, kind, box, shape > 0.5)


def _implants(painting: Painting, teeth: list[Tooth], chance: np.random.Generator) -> None:
    """Screws where teeth are missing between others."""
    placed = {slot(fdi): outline for fdi, outline in teeth if is_permanent(fdi)}
    for (jaw, column), outline in placed.items():
        neighbour = placed.get((jaw, column + 2))
        if (jaw, column + 1) in placed or neighbour is None or chance.random() > 0.5:
            continue
        centre = (outline.mean(axis=0) + neighbour.mean(axis=0)) / 2
        height = 0.75 * np.ptp(outline[:, 1])
        width = height * chance.uniform(0.1, 0.16)
        lean = chance.normal(0, 0.08) * height
        base = 1.0 if jaw == LOWER else -1.0
        x, y = centre
        screw = np.array(
            [
                (x - width, y - base * height / 2), (x + width, y - base * height / 2),
                (x + lean + 0.6 * width, y + base * height / 2),
                (x + lean - 0.6 * width, y + base * height / 2),
            ]
        )  # fmt: skip
        box = _Window(screw, painting.attenuation.shape, margin=2)
        shape = inside(screw - box.corner, box.size)
        painting.attenuation[box.slices] += shape * np.float32(chance.uniform(1.5, 3.0))
        _note(painting, "implant", box, shape > 0.5)


class _Window:
    """The part of a film about an outline."""

    def __init__(self, outline: Polygon, size: tuple[int, ...], margin: int) -> None:
        rows, columns = size
        low = np.floor(outline.min(axis=0)).astype(int) - margin
        high = np.ceil(outline.max(axis=0)).astype(int) + margin + 1
        x0, y0 = (min(max(int(low[0]), 0), columns - 2), min(max(int(low[1]), 0), rows - 2))
        x1, y1 = (max(min(int(high[0]), columns), x0 + 2), max(min(int(high[1]), rows), y0 + 2))
        self.corner = np.array([x0, y0])
        self.size = (y1 - y0, x1 - x0)
        self.slices = (slice(y0, y1), slice(x0, x1))


def _note(painting: Painting, kind: str, box: _Window, shape: npt.NDArray[np.bool_]) -> None:
    whole = np.zeros(painting.attenuation.shape, dtype=bool)
    whole[box.slices] = shape
    painting.restorations.append((kind, whole))
