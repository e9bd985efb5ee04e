"""The charts of an evaluation of cephalograms."""

import numpy as np
import numpy.typing as npt

from pipelines.ceph.analyses.isbi import MEASURES
from pipelines.ceph.evaluation.metrics import THRESHOLDS_MM
from pipelines.ceph.landmarks import ABBREVIATIONS
from xray.plots.records import Records
from xray.plots.shares import share_plot
from xray.plots.svg import AMBER, BLUE, GREEN, INK, QUIET, RED, Axes, Drawing

Floats = npt.NDArray[np.float64]

_NEAR_MM = 2.0  # what a confidence is the probability of


def landmark_errors(records: Records) -> Drawing:
    """Error of each landmark: every film a dot, the middle half a box, the median a line."""
    errors = records.errors_mm()
    drawing = Drawing(860, 92 + 26 * len(ABBREVIATIONS) + 60, "Error per landmark")
    right = max(5.0, float(np.percentile(errors, 99.5)))
    axes = Axes(drawing, (70, 62), (830, 66 + 26 * len(ABBREVIATIONS)), (0, right),
                (len(ABBREVIATIONS), 0))  # fmt: skip
    axes.grid("distance from the truth, mm (what lies beyond is drawn at the edge)", "", rows=False)
    axes.upright(_NEAR_MM, AMBER, "5 4")
    chance = np.random.default_rng(0)  # dots of equal errors are drawn beside one another
    for row, name in enumerate(ABBREVIATIONS):
        values = errors[:, row]
        for value, shift in zip(values, chance.uniform(-0.28, 0.28, len(values)), strict=True):
            drawing.dot(axes.at(value, row + 0.5 + shift), 2, BLUE, 0.35)
        low, middle, high = np.percentile(values, (25, 50, 75))
        drawing.bar(axes.at(low, row + 0.25), axes.at(high, row + 0.75), BLUE, 0.22)
        drawing.line((axes.at(middle, row + 0.2), axes.at(middle, row + 0.8)), INK, 2)
        place = axes.at(0, row + 0.5)
        drawing.text((place[0] - 10, place[1] + 4), name, "end", 13, INK)
    drawing.text((70, 50), f"{len(errors)} films · box: middle half · line: median · dashed: 2 mm")
    return drawing


def cumulative_error(records: Records) -> Drawing:
    """Share of landmarks within a distance, with the challenge's four thresholds."""
    errors = np.sort(records.errors_mm().ravel())
    drawing = Drawing(700, 460, "How many landmarks lie how near")
    axes = Axes(drawing, (70, 62), (670, 395), (0, 8), (0, 100))
    axes.grid("distance from the truth, mm", "% of landmarks within it")
    for limit in THRESHOLDS_MM:
        share = 100 * float((errors <= limit).mean())
        axes.upright(limit, AMBER, "4 4")
        drawing.dot(axes.at(limit, share), 4, AMBER)
        drawing.text(
            (axes.at(limit, 0)[0] + 6, axes.at(0, 8 + 9 * THRESHOLDS_MM.index(limit))[1]),
            f"≤ {limit:g} mm: {share:.1f} %", colour=INK,
        )  # fmt: skip
    shares = 100 * np.arange(1, len(errors) + 1) / len(errors)
    inside = errors <= axes.across[1]
    curve = [axes.at(x, y) for x, y in zip(errors[inside], shares[inside], strict=True)]
    drawing.line([axes.at(0, 0), *curve], BLUE, 2.5)
    return drawing


def bland_altman(records: Records) -> Drawing:
    """Read minus true against their mean, with the limits of agreement (Bland & Altman 1986)."""
    names = [n for n in ("SNA", "SNB", "ANB") if any(n in film.angles for film in records.films)]
    drawing = Drawing(60 + 360 * len(names), 420, "Angles: read minus true (Bland–Altman)")
    for index, name in enumerate(names):
        pairs = np.array([film.angles[name] for film in records.films if name in film.angles])
        _agreement(drawing, 60 + 360 * index, name, pairs)
    return drawing


def _agreement(drawing: Drawing, left: float, name: str, pairs: Floats) -> None:
    means, differences = pairs.mean(axis=1), pairs[:, 1] - pairs[:, 0]
    bias = float(differences.mean())
    limit = 1.96 * float(differences.std(ddof=1)) if len(differences) > 1 else 0.0
    tall = max(1.0, 1.15 * float(np.abs(differences).max()), 1.25 * (abs(bias) + limit))
    across = (float(means.min()) - 1, float(means.max()) + 1)
    axes = Axes(drawing, (left, 76), (left + 280, 360), across, (-tall, tall))
    axes.grid("mean of true and read, °", f"{name}: difference, °")
    axes.level(0, QUIET)
    for mean, difference in zip(means, differences, strict=True):
        drawing.dot(axes.at(mean, difference), 3.5, BLUE, 0.6)
    for value, colour, dash in (
        (bias, RED, ""),
        (bias - limit, RED, "5 4"),
        (bias + limit, RED, "5 4"),
    ):
        axes.level(value, colour, dash)
        place = axes.at(axes.across[1], value)
        drawing.text((place[0] - 4, place[1] - 5), f"{value:+.2f}°", "end", 11, RED)


def confusion(records: Records) -> Drawing:
    """Classes of the eight ISBI measures: true class by row, read class by column."""
    drawing = Drawing(880, 560, "Classes of the eight ISBI measures")
    drawing.text(
        (16, 48), "row: true class · column: class read · number: films · shade: of the row"
    )
    for index, measure in enumerate(MEASURES):
        corner = (40 + 212 * (index % 4), 92 + 236 * (index // 4))
        pairs = [f.classes[measure.name] for f in records.films if measure.name in f.classes]
        _matrix(drawing, corner, measure.name, pairs)
    return drawing


def _matrix(
    drawing: Drawing, corner: tuple[float, float], name: str, pairs: list[tuple[int, int]]
) -> None:
    size = max([3, *(number for pair in pairs for number in pair)])
    counts = np.zeros((size, size), dtype=int)
    for true, read in pairs:
        counts[true - 1, read - 1] += 1
    right = f"{100 * counts.trace() / counts.sum():.0f} % right" if pairs else "none measured"
    drawing.text((corner[0], corner[1] - 10), f"{name} · {right}", size=13, colour=INK)
    cell = 160 / size
    for row in range(size):
        total = counts[row].sum()
        drawing.text((corner[0] - 8, corner[1] + (row + 0.5) * cell + 4), f"{row + 1}", "end")
        drawing.text((corner[0] + (row + 0.5) * cell, corner[1] + 176), f"{row + 1}", "middle")
        for column in range(size):
            x, y = corner[0] + column * cell, corner[1] + row * cell
            share = counts[row, column] / total if total else 0.0
            drawing.bar((x + 1, y + 1), (x + cell - 1, y + cell - 1), "#eef0f3")
            colour = GREEN if row == column else RED
            drawing.bar((x + 1, y + 1), (x + cell - 1, y + cell - 1), colour, 0.75 * share)
            if counts[row, column]:
                middle = (x + cell / 2, y + cell / 2 + 5)
                drawing.text(middle, f"{counts[row, column]}", "middle", 14, INK)


def reliability(records: Records) -> Drawing:
    """What confidences say against what is so: the share of points that lie within 2 mm."""
    near = records.errors_mm().ravel() <= _NEAR_MM
    words = ("landmarks", f"share of landmarks within {_NEAR_MM:g} mm")
    return share_plot(records.confidences().ravel(), near, words)
