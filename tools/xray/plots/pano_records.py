"""What plots of panoramics are drawn from: for each film what was read, and what is true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.pano.evaluation.evaluate import Seen
from pipelines.pano.evaluation.metrics import TeethScore, iou
from pipelines.pano.fdi import NUMBERS, is_permanent
from pipelines.pano.regions import fill, widen

_WORST = 6
_IOU = 0.5
_TOUCH = 0.005  # of the film's width, as outlines of crowns and of their roots are apart
_FILLED, _CROWNED = 0.02, 0.05  # share of a tooth that is covered, as in the report's rules
STATUSES = ("sound", "filled", "crown or bridge", "missing or implant")


@dataclass(frozen=True)
class Record:
    """One film.

    Attributes:
        name: Of the film.
        teeth: Agreement of its teeth, where they were outlined.
        caries_dice: Of its caries, where it was annotated.
        numbers: For each annotated tooth its number and that of the tooth read there, or ``None``.
        statuses: For each of the 32 numbers the true and the read status, as indices of
            :data:`STATUSES`; empty where restorations were not annotated.
        confidences: Of each tooth that was read, and whether tooth and number are right.
    """

    name: str
    teeth: TeethScore | None
    caries_dice: float | None
    numbers: Sequence[tuple[int, int | None]]
    statuses: Sequence[tuple[int, int]]
    confidences: Sequence[tuple[float, bool]]


class PanoRecords:
    """Collects what an evaluation of panoramics reads."""

    def __init__(self) -> None:
        self.films: list[Record] = []
        self.worst_teeth: list[tuple[float, Seen]] = []  # the worst first; only these are kept
        self.worst_caries: list[tuple[float, Seen]] = []

    def __call__(self, seen: Seen) -> None:
        """Take a film and the report on it."""
        record = _record(seen)
        self.films.append(record)
        if record.teeth is not None:
            self.worst_teeth = _worst([*self.worst_teeth, (record.teeth.dice, seen)])
        if record.caries_dice is not None:
            self.worst_caries = _worst([*self.worst_caries, (record.caries_dice, seen)])

    def scores(self) -> list[TeethScore]:
        """Agreement of the teeth on the films where they were outlined."""
        return [film.teeth for film in self.films if film.teeth is not None]


def _worst(films: Sequence[tuple[float, Seen]]) -> list[tuple[float, Seen]]:
    return sorted(films, key=lambda one: one[0])[:_WORST]


def _record(seen: Seen) -> Record:
    score, caries = seen.teeth, seen.caries
    read = {one["id"]: one for one in seen.data["teeth"]}
    return Record(
        name=seen.film.name,
        teeth=score,
        caries_dice=2 * caries[2] / max(caries[0] + caries[1], 1) if caries else None,
        numbers=_numbers(seen, score) if score else (),
        statuses=_statuses(seen) if seen.film.restorations is not None else (),
        confidences=[
            (read[fdi]["confidence"], fdi in score.right) for fdi in sorted(score.found)
        ] if score else (),
    )  # fmt: skip


def _numbers(seen: Seen, score: TeethScore) -> list[tuple[int, int | None]]:
    lines = {
        one["id"]: np.array(one["polygon"])
        for one in seen.data["teeth"]
        if one["id"] in score.found
    }
    pairs: list[tuple[int, int | None]] = []
    for fdi, true in seen.film.teeth:
        if is_permanent(fdi):
            overlaps = {other: iou(line, true) for other, line in lines.items()}
            best = max(overlaps, key=lambda other: overlaps[other], default=None)
            hit = best is not None and overlaps[best] >= _IOU
            pairs.append((fdi, best if hit else None))
    return pairs


def _statuses(seen: Seen) -> list[tuple[int, int]]:
    said = {one["id"]: _said(one) for one in seen.data["teeth"]}
    outlines = dict(seen.film.teeth)
    near = round(_TOUCH * seen.film.size[1])
    metal = [(kind, widen(fill(line, seen.film.size), near))
             for kind, line in seen.film.restorations or ()]  # fmt: skip
    pairs = []
    for fdi in NUMBERS:
        true = STATUSES.index("missing or implant")
        if fdi in outlines:
            tooth = fill(outlines[fdi], seen.film.size)
            shares = {"filling": 0.0, "bridge": 0.0, "implant": 0.0}
            for kind, mask in metal:
                share = float((mask & tooth).sum() / max(int(tooth.sum()), 1))
                shares[kind] = max(shares[kind], share)
            crowned, filled = shares["bridge"] > _CROWNED, shares["filling"] > _FILLED
            true = STATUSES.index("crown or bridge" if crowned else "filled" if filled else "sound")
        pairs.append((true, said[fdi]))
    return pairs


def _said(tooth: Mapping[str, Any]) -> int:
    if tooth["status"] in ("missing", "implant"):
        return STATUSES.index("missing or implant")
    kinds = {one["type"] for one in tooth["findings"]}
    if kinds & {"crown", "bridge"}:
        return STATUSES.index("crown or bridge")
    return STATUSES.index("filled" if "filled" in kinds else "sound")
