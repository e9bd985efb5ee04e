"""The rules that turn what the modules read into the report, all in one place.

1. A numbered tooth is present. It is a crown, a part of a bridge, carious, filled, impacted or
   healthy, whatever comes first; ``findings`` beside the status names all that was seen.
2. What was read as crown or bridge is a bridge where it reaches over more than one tooth's place,
   else a crown.
3. An implant takes the vacant number whose place is nearest.
4. A tooth is impacted where its crown lies far behind the line on which the crowns of its jaw
   end.
5. A number that neither a tooth nor an implant has is missing.
6. Caries counts on teeth only, and is located at the tooth that it covers most. It is mild,
   moderate or severe by the share of the tooth that it covers.

``modules`` names what was read: without ``caries``, a healthy tooth may be carious.
Root-canal fillings and residual roots are not told apart by any module: no tooth gets these.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.film import Film
from pipelines.pano import regions
from pipelines.pano.fdi import COLUMNS, NUMBERS, UPPER, name, slot
from pipelines.pano.modules.caries.pre_post import Lesion
from pipelines.pano.modules.restorations.pre_post import Restoration
from pipelines.pano.modules.teeth.predictor import TeethReading, Tooth, box_of
from pipelines.pano.numbering import expected_places

_TOUCH = 3  # canvas pixels that a restoration may be off its tooth
_FILLED = 0.02  # share of a tooth that is covered by what fills it
_CROWNED = 0.05
_MERELY = 0.3  # share of what it covers of one tooth at which it merely touches another
_WIDE = 1.5  # widths of a tooth from which a crown is more than one
_BEHIND = 0.45  # of the median tooth's height: how far behind the others an impacted crown ends
_SEVERITY = ((0.03, "mild"), (0.10, "moderate"), (1.01, "severe"))
_TOLERANCE = 0.6  # canvas pixels by which a reported outline may be off the mask
_ORDER = ("implant", "bridge", "crown", "caries", "filled", "impacted")

_Boxes = dict[int, tuple[float, float, float, float]]  # around the teeth, by FDI number


@dataclass(frozen=True)
class Evidence:
    """What the modules read on a film.

    Attributes:
        film: The film.
        teeth: Of the teeth module.
        restorations: Of the restorations module.
        lesions: Of the caries module; ``None`` where caries was not read.
        calibration: From a tooth's score to the probability that tooth and number are right.
        recall: Share of the teeth on held-out films that are found.
    """

    film: Film
    teeth: TeethReading
    restorations: Sequence[Restoration]
    lesions: Sequence[Lesion] | None
    calibration: Sequence[tuple[float, float]]
    recall: float


@dataclass(frozen=True)
class _Finding:
    kind: str
    confidence: float


def report(evidence: Evidence, prevalence: dict[int, float]) -> dict[str, Any]:
    """The report of a film, in the form of the contract.

    Args:
        evidence: What the modules read.
        prevalence: Share of people who have the tooth, by FDI number.
    """
    teeth = {one.fdi: one for one in evidence.teeth.teeth}
    findings: dict[int, list[_Finding]] = {fdi: [] for fdi in NUMBERS}
    boxes = {one.fdi: box_of(one.mask) for one in evidence.teeth.teeth}
    _restored(evidence, boxes, findings)
    implants = _implants(evidence, boxes, findings)
    _impacted(boxes, findings)
    caries = _carious(evidence, findings)
    entries, diseases = [], list(caries)
    for fdi in NUMBERS:
        if fdi in teeth or fdi in implants:
            mask = teeth[fdi].mask if fdi in teeth else implants[fdi].mask
            score = _calibrated(evidence, teeth[fdi]) if fdi in teeth else implants[fdi].score
            entries.append(_present(fdi, findings[fdi], score, _shape(evidence, mask)))
            diseases += [
                _disease("impacted", fdi, one.confidence, _shape(evidence, mask))
                for one in findings[fdi]
                if one.kind == "impacted"
            ]
        else:
            absent = 1.0 - prevalence[fdi]
            sure = absent / max(absent + prevalence[fdi] * (1.0 - evidence.recall), 1e-6)
            entries.append(
                {"id": fdi, "name": name(fdi), "status": "missing", "confidence": round(sure, 3)}
            )
            diseases.append(_disease("missing", fdi, sure, {}))
    return {
        "teeth": entries,
        "diseases": diseases,
        "restorations": [
            {"type": one.kind, "confidence": round(one.score, 3), **_shape(evidence, one.mask)}
            for one in evidence.restorations
        ],
        "unnumbered": [_shape(evidence, mask) for mask in evidence.teeth.unnumbered],
        "modules": ["teeth", "restorations", *(["caries"] if evidence.lesions is not None else [])],
        "image": {"width": evidence.film.width, "height": evidence.film.height},
    }


def _present(
    fdi: int, findings: Sequence[_Finding], score: float, shape: dict[str, Any]
) -> dict[str, Any]:
    kinds = {one.kind for one in findings}
    status = next((kind for kind in _ORDER if kind in kinds), "healthy")
    return {
        "id": fdi,
        "name": name(fdi),
        "status": status,
        "confidence": round(score, 3),
        **shape,
        "findings": [
            {"type": one.kind, "confidence": round(one.confidence, 3)} for one in findings
        ],
    }


def _disease(kind: str, fdi: int, confidence: float, shape: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": kind,
        "location": f"tooth_{fdi}",
        "severity": None,
        "confidence": round(confidence, 3),
        **shape,
    }


def _calibrated(evidence: Evidence, tooth: Tooth) -> float:
    raw, probability = np.array(evidence.calibration).T
    return float(np.interp(tooth.score, raw, probability))


def _shape(evidence: Evidence, mask: regions.Mask) -> dict[str, Any]:
    return _outlined(evidence, evidence.teeth.placement.to_film(regions.outline(mask, _TOLERANCE)))


def _outlined(evidence: Evidence, line: regions.Points) -> dict[str, Any]:
    """Box and polygon in pixels of the submitted image."""
    edge = (evidence.film.width - 1, evidence.film.height - 1)
    inside = np.round(np.clip(line, 0, edge), 1)
    return {
        "box": [*inside.min(axis=0).tolist(), *inside.max(axis=0).tolist()],
        "polygon": inside.tolist(),
    }


def _restored(evidence: Evidence, boxes: _Boxes, findings: dict[int, list[_Finding]]) -> None:
    """Note fillings, crowns and bridges at their teeth."""
    teeth = evidence.teeth.teeth
    width = float(np.median([np.ptp(box[::2]) for box in boxes.values()]))
    for one in (one for one in evidence.restorations if one.kind != "implant"):
        wide = np.ptp(box_of(one.mask)[::2]) > _WIDE * width
        crown = "bridge" if wide else "crown"
        kind, least = ("filled", _FILLED) if one.kind == "filling" else (crown, _CROWNED)
        near = _near(one.mask, teeth)
        shares = [
            cells / np.count_nonzero(tooth.mask) for cells, tooth in zip(near, teeth, strict=True)
        ]
        for tooth, share in zip(teeth, shares, strict=True):
            if share > max(least, _MERELY * max(shares)):
                _note(findings[tooth.fdi], _Finding(kind, one.score))


def _near(mask: regions.Mask, teeth: Sequence[Tooth]) -> list[int]:
    """How many pixels of each tooth a mask covers or nearly touches."""
    near = regions.widen(mask, _TOUCH)
    box = regions.box(near)
    return [int(np.count_nonzero(near[box] & tooth.mask[box])) for tooth in teeth]


def _implants(
    evidence: Evidence, boxes: _Boxes, findings: dict[int, list[_Finding]]
) -> dict[int, Restoration]:
    """Give implants their numbers."""
    places = expected_places({fdi: (box[0] + box[2]) / 2 for fdi, box in boxes.items()})
    heights = [
        float(np.mean([(box[1] + box[3]) / 2 for fdi, box in boxes.items() if slot(fdi)[0] == jaw]
                      or [np.nan]))
        for jaw in range(2)
    ]  # fmt: skip
    placed: dict[int, Restoration] = {}
    for one in (one for one in evidence.restorations if one.kind == "implant"):
        x0, y0, x1, y1 = box_of(one.mask)
        jaw = int(np.nanargmin([abs((y0 + y1) / 2 - height) for height in heights]))
        vacant = [
            fdi for fdi in NUMBERS
            if slot(fdi)[0] == jaw and fdi not in boxes and fdi not in placed
        ]  # fmt: skip
        if vacant:
            fdi = min(vacant, key=lambda fdi: abs(places[fdi] - (x0 + x1) / 2))
            placed[fdi] = one
            findings[fdi].append(_Finding("implant", one.score))
    return placed


def _note(findings: list[_Finding], finding: _Finding) -> None:
    """Add a finding; of two of the same kind the surer one stays."""
    same = next((one for one in findings if one.kind == finding.kind), None)
    if same is None:
        findings.append(finding)
    elif same.confidence < finding.confidence:
        findings[findings.index(same)] = finding


def _impacted(boxes: _Boxes, findings: dict[int, list[_Finding]]) -> None:
    unit = float(np.median([box[3] - box[1] for box in boxes.values()]))
    for jaw in range(2):
        # The crown ends below in the upper jaw, above in the lower: made to rise with the root.
        ends = {
            slot(fdi)[1]: -box[3] if jaw == UPPER else box[1]
            for fdi, box in boxes.items()
            if slot(fdi)[0] == jaw
        }
        for fdi in (fdi for fdi in boxes if slot(fdi)[0] == jaw):
            column = slot(fdi)[1]
            others = sorted(
                (other for other in ends if other != column and 0 < other < COLUMNS - 1),
                key=lambda other: abs(other - column),
            )[:3]
            if len(others) < 3:
                continue
            behind = ends[column] - float(np.median([ends[other] for other in others]))
            if behind > _BEHIND * unit:
                sure = min(1.0, 0.5 + behind / unit - _BEHIND)
                findings[fdi].append(_Finding("impacted", sure))


def _carious(evidence: Evidence, findings: dict[int, list[_Finding]]) -> list[dict[str, Any]]:
    size = evidence.teeth.teeth[0].mask.shape
    diseases = []
    for lesion in evidence.lesions or ():
        mask = regions.fill(evidence.teeth.placement.to_canvas(lesion.outline), (size[0], size[1]))
        near = _near(mask, evidence.teeth.teeth)
        if not any(near):
            continue
        tooth = evidence.teeth.teeth[int(np.argmax(near))]
        covered = np.count_nonzero(mask) / np.count_nonzero(tooth.mask)
        _note(findings[tooth.fdi], _Finding("caries", lesion.score))
        diseases.append(
            {
                "type": "caries",
                "location": f"tooth_{tooth.fdi}",
                "severity": next(word for limit, word in _SEVERITY if min(covered, 1) < limit),
                "confidence": round(lesion.score, 3),
                **_outlined(evidence, lesion.outline),
            }
        )
    return diseases
