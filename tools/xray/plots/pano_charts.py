"""The charts of an evaluation of panoramics."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipelines.pano.evaluation.metrics import summarise
from pipelines.pano.fdi import NUMBERS
from xray.plots.pano_records import STATUSES, PanoRecords
from xray.plots.shares import share_plot
from xray.plots.svg import AMBER, BLUE, GREEN, INK, RED, Axes, Drawing

_BARS = (("numbering_precision", "precision", BLUE), ("numbering_recall", "recall", GREEN),
         ("numbering_f1", "F1", AMBER))  # fmt: skip


def tooth_types(records: PanoRecords) -> Drawing:
    """Precision, recall and F1 of detection with the right number, by type of tooth."""
    figures = summarise(records.scores())
    kinds = {**figures["per_tooth_type"], "all teeth": figures}
    drawing = Drawing(920, 430, "Teeth found with the right number, by type of tooth")
    axes = Axes(drawing, (60, 84), (900, 350), (0, len(kinds)), (0, 1))
    axes.grid("", "share", columns=False)
    for place, (kind, one) in enumerate(kinds.items()):
        for order, (key, _, colour) in enumerate(_BARS):
            left = place + 0.14 + 0.25 * order
            value = one[key] or 0.0
            drawing.bar(axes.at(left, 0), axes.at(left + 0.22, value), colour, 0.85)
            x, y = axes.at(left + 0.11, value)
            drawing.text((x, y - 4), f"{100 * value:.0f}", "middle", 10)
        x, y = axes.at(place + 0.5, 0)
        drawing.text((x, y + 18), kind, "middle", 12, INK)
        drawing.text((x, y + 34), f"{one['n_teeth']} teeth", "middle", 11)
    for order, (_, name, colour) in enumerate(_BARS):
        drawing.bar((60 + 110 * order, 42), (72 + 110 * order, 54), colour, 0.85)
        drawing.text((78 + 110 * order, 53), name)
    return drawing


def dice_by_film(records: PanoRecords) -> Drawing:
    """Dice's coefficient of teeth and of caries, every film a dot, the mean a line."""
    rows = [
        ("teeth", [one.dice for one in records.scores()], BLUE),
        ("caries", [f.caries_dice for f in records.films if f.caries_dice is not None], RED),
    ]
    drawing = Drawing(760, 260, "Dice by film")
    axes = Axes(drawing, (80, 62), (730, 196), (0, 1), (2, 0))
    axes.grid("Dice's coefficient of the film", "", rows=False)
    chance = np.random.default_rng(0)  # dots of equal values are drawn beside one another
    for row, (name, values, colour) in enumerate(rows):
        x, y = axes.at(0, row + 0.5)
        drawing.text((x - 10, y + 4), name, "end", 13, INK)
        for value in values:
            shift = chance.uniform(-0.25, 0.25)
            drawing.dot(axes.at(value, row + 0.5 + shift), 3.5, colour, 0.55)
        if values:
            mean = float(np.mean(values))
            drawing.line((axes.at(mean, row + 0.12), axes.at(mean, row + 0.88)), INK, 2)
            x, y = axes.at(mean, row + 0.12)
            drawing.text((x, y - 3), f"{mean:.3f}", "middle", 11, INK)
    return drawing


def number_confusion(records: PanoRecords) -> Drawing:
    """Which number the tooth got that lies where an annotated one is."""
    places = {fdi: place for place, fdi in enumerate(NUMBERS)}
    lost = len(NUMBERS)
    counts = np.zeros((lost, lost + 1), dtype=int)
    for film in records.films:
        for true, read in film.numbers:
            counts[places[true], lost if read is None else places[read]] += 1
    drawing = Drawing(820, 800, "Numbers: true number by row, number read by column")
    total = int(counts.sum())
    right = int(counts[:, :lost].trace())
    drawing.text((16, 48), f"{total} teeth · {right} with their number · "
                 f"{int(counts[:, lost].sum())} not found (last column) · "
                 f"{total - right - int(counts[:, lost].sum())} with another")  # fmt: skip
    names = [*map(str, NUMBERS), "–"]
    _matrix(drawing, (60, 92, 21.5), counts, (names[:lost], names))
    return drawing


def status_confusion(records: PanoRecords) -> Drawing:
    """Status of each of the 32 numbers, on films where restorations were annotated."""
    counts = np.zeros((len(STATUSES), len(STATUSES)), dtype=int)
    for film in records.films:
        for true, read in film.statuses:
            counts[true, read] += 1
    drawing = Drawing(760, 630, "Status of a tooth: true by row, read by column")
    right = (
        f"{100 * counts.trace() / counts.sum():.0f} % right" if counts.any() else "none measured"
    )
    drawing.text((16, 48), f"{int(counts.sum())} places for a tooth · {right} · "
                 "carious and impacted teeth count by their restorations")  # fmt: skip
    _matrix(drawing, (190, 96, 128), counts, (STATUSES, STATUSES))
    return drawing


def _matrix(
    drawing: Drawing,
    place: tuple[float, float, float],
    counts: npt.NDArray[np.int_],
    names: tuple[Sequence[str], Sequence[str]],
) -> None:
    """Cells shaded by their share of the row; ``place`` is the corner and a cell's side."""
    left, top, side = place
    size = 10 if side < 40 else 13
    for row, name in enumerate(names[0]):
        drawing.text((left - 8, top + (row + 0.6) * side), name, "end", size, INK)
    for column, name in enumerate(names[1]):
        drawing.text((left + (column + 0.5) * side, top - 8), name, "middle", size, INK)
    totals = counts.sum(axis=1)
    for row, column in np.ndindex(*counts.shape):
        x, y = left + column * side, top + row * side
        corners = ((x + 1, y + 1), (x + side - 1, y + side - 1))
        drawing.bar(*corners, "#eef0f3")
        number = int(counts[row, column])
        if number:
            colour = GREEN if row == column else RED
            drawing.bar(*corners, colour, 0.2 + 0.6 * number / int(totals[row]))
            middle = (x + side / 2, y + side / 2 + 4)
            drawing.text(middle, f"{number}", "middle", size, INK)


def tooth_reliability(records: PanoRecords) -> Drawing:
    """What confidences of teeth say against what is so."""
    pairs = [pair for film in records.films for pair in film.confidences]
    said, right = np.array([one for one, _ in pairs]), np.array([one for _, one in pairs])
    return share_plot(said, right, ("teeth", "share of teeth with the right place and number"))
