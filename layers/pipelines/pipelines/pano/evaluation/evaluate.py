"""The pipeline, as clients get it, measured on annotated films."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.errors import PipelineError
from pipelines.models import MANIFEST, Manifest, read_manifest
from pipelines.pano.evaluation.dataset import (
    RESTORATIONS,
    AnnotatedPano,
    DatasetInvalid,
    Polygon,
    read_carious,
    read_toothed,
)
from pipelines.pano.evaluation.metrics import TeethScore, score_teeth, summarise
from pipelines.pano.fdi import is_permanent
from pipelines.pano.pipeline import PanoPipeline
from pipelines.pano.regions import Mask, union
from pipelines.pano.synthetic import draw

_log = logging.getLogger(__name__)
_NO_TOOTH = ("missing", "implant")


Counts = tuple[int, int, int]
"""Found, true and common pixels."""


@dataclass(frozen=True)
class Seen:
    """A film that was read, and how well.

    Attributes:
        film: What is true.
        content: The file.
        data: The report.
        teeth: Agreement of the teeth, where they were outlined.
        caries: Agreement of caries, where it was annotated and read.
    """

    film: AnnotatedPano
    content: bytes
    data: Mapping[str, Any]
    teeth: TeethScore | None
    caries: Counts | None


Watch = Callable[[Seen], None]


@dataclass
class Tally:
    """What was measured on some films.

    Attributes:
        teeth: Agreement on each film with outlined teeth.
        caries: Agreement on each film with annotated caries.
        restorations: The same for each film and kind.
        confidences: For each film with outlined teeth the confidence of each reported tooth, and
            whether tooth and number are right.
    """

    teeth: list[TeethScore] = field(default_factory=list)
    caries: list[Counts] = field(default_factory=list)
    restorations: dict[str, list[Counts]] = field(
        default_factory=lambda: {kind: [] for kind in RESTORATIONS}
    )
    confidences: list[list[tuple[float, bool]]] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """The figures of :func:`~pipelines.pano.evaluation.metrics.summarise`, and of findings.

        Returns:
            Beside those, ``caries_dice``, mean over films, ``caries_dice_pooled`` over all pixels,
            ``n_caries_films``, and ``restoration_dice`` by kind, over all pixels.
        """
        each = [2 * common / max(found + true, 1) for found, true, common in self.caries]
        return {
            **summarise(self.teeth),
            "n_caries_films": len(each),
            "caries_dice": round(float(np.mean(each)), 4) if each else None,
            "caries_dice_pooled": _pooled(self.caries),
            "restoration_dice": {kind: _pooled(v) for kind, v in self.restorations.items()},
        }


class Evaluator:
    """Measures the models of a folder."""

    def __init__(self, models: Path, member: int | None = None) -> None:
        """Set up the pipeline with the models in ``models/pano``.

        Args:
            models: The folder.
            member: Which of the networks whose mean a model is reads alone.

        Raises:
            ModelInvalid: One is missing or is not what its manifest says.
        """
        self._pipeline = PanoPipeline(member)
        self._pipeline.setup(models)
        self.refused = 0

    def measure(self, films: Iterable[AnnotatedPano], watch: Watch = lambda _: None) -> Tally:
        """Read films and compare with the truth; counts those that gave no report.

        Args:
            films: The films.
            watch: Is shown every film that was read.
        """
        tally = Tally()
        for film in films:
            self._take(tally, film, film.file.read_bytes(), watch)
        return tally

    def measure_drawn(self, seeds: Iterable[int], watch: Watch = lambda _: None) -> Tally:
        """The same on synthetic films; only their teeth are measured."""
        tally = Tally()
        for seed in seeds:
            drawn = draw(seed)
            size = (drawn.pixels.shape[0], drawn.pixels.shape[1])
            film = AnnotatedPano(f"drawn {seed}", Path(), size, tuple(drawn.teeth.items()))
            self._take(tally, film, drawn.jpeg(), watch)
        return tally

    def _take(self, tally: Tally, film: AnnotatedPano, content: bytes, watch: Watch) -> None:
        try:
            data = self._pipeline.run(content, {}).data
        except PipelineError as error:
            self.refused += 1
            _log.warning("%s was refused: %s", film.name, error)
            return
        teeth = caries = None
        if film.teeth:
            teeth = _score_teeth(tally, data, film)
        if film.restorations is not None:
            _score_restorations(tally, data, film)
        if film.carious and "caries" in data["modules"]:
            lines = [_line(one) for one in data["diseases"] if one["type"] == "caries"]
            caries = _counts(union(lines, film.size), film.caries_mask())
            tally.caries.append(caries)
        watch(Seen(film, content, data, teeth, caries))


def evaluate(dataset: Path, models: Path, watch: Watch = lambda _: None) -> dict[str, Any]:
    """Measure the models on a data set.

    A film that some networks of a model were trained on, and one was not, is read by that one
    alone: the figures are then those of a cross-validation.

    Args:
        dataset: Folder of annotated films.
        models: Folder with the models in ``pano``.
        watch: Is shown every film that whoever read it was not trained on.

    Returns:
        The figures of :meth:`Tally.figures` over films that whoever read them was not trained on;
        ``n_by_one_network`` and ``n_caries_by_one_network``, how many of them one network read
        alone; ``n_left_out`` and ``n_caries_left_out``, how many the headline leaves out;
        ``all``, with those; ``n_refused``, films that gave no report and count nowhere; ``models``.

    Raises:
        DatasetInvalid: The folder has no annotated films.
        ModelInvalid: A model is missing or is not what its manifest says.
    """
    toothed, carious = read_toothed(dataset), read_carious(dataset)
    if not toothed and not carious:
        raise DatasetInvalid(
            f"{dataset} has neither teeth.json nor caries_masks nor labelme files of panoramics"
        )
    manifests = _manifests(models)
    divided = [
        _Divided.by(films, manifests.get(name))
        for films, name in ((toothed, "teeth"), (carious, "caries"))
    ]
    fresh, known, refused = Tally(), Tally(), 0
    for member in (None, *range(max(len(one.by_member) for one in divided))):
        evaluator = Evaluator(models, member)
        fresh = both(
            fresh, evaluator.measure([f for one in divided for f in one.of(member)], watch)
        )
        if member is None:
            known = evaluator.measure([film for one in divided for film in one.known])
        refused += evaluator.refused
    alone = [sum(map(len, one.by_member)) for one in divided]
    return {
        **fresh.figures(),
        "n_by_one_network": alone[0],
        "n_caries_by_one_network": alone[1],
        "n_left_out": len(divided[0].known),
        "n_caries_left_out": len(divided[1].known),
        "n_refused": refused,
        "all": both(fresh, known).figures(),
        "models": {one.name: one.version for one in manifests.values()},
    }


@dataclass(frozen=True)
class _Divided:
    """A model's films by who can read them without having been trained on them.

    Attributes:
        unseen: Those that no network was trained on.
        by_member: Those that each network alone was not trained on.
        known: Those that every network was trained on.
    """

    unseen: list[AnnotatedPano]
    by_member: list[list[AnnotatedPano]]
    known: list[AnnotatedPano]

    @classmethod
    def by(cls, films: Sequence[AnnotatedPano], manifest: Manifest | None) -> "_Divided":
        trained = set(manifest.training.films) if manifest else set()
        members = manifest.members if manifest else ()
        out = cls([], [[] for _ in members], [])
        for film in films:
            sha256 = film.sha256()
            who = [n for n, member in enumerate(members) if sha256 in member.left_out]
            if sha256 not in trained:
                out.unseen.append(film)
            elif who:
                out.by_member[who[0]].append(film)
            else:
                out.known.append(film)
        return out

    def of(self, member: int | None) -> list[AnnotatedPano]:
        """What a network reads, or all of them together."""
        if member is None:
            return self.unseen
        return self.by_member[member] if member < len(self.by_member) else []


def evaluate_drawn(count: int, models: Path, watch: Watch = lambda _: None) -> dict[str, Any]:
    """The figures on synthetic films, seeds 0 to ``count`` − 1: none is used in training."""
    evaluator = Evaluator(models)
    figures = evaluator.measure_drawn(range(count), watch).figures()
    return {
        **figures,
        "n_by_one_network": 0,
        "n_caries_by_one_network": 0,
        "n_left_out": 0,
        "n_caries_left_out": 0,
        "n_refused": evaluator.refused,
        "all": figures,
        "models": {one.name: one.version for one in _manifests(models).values()},
    }


def _manifests(models: Path) -> dict[str, Manifest]:
    folders = (models / "pano" / name for name in ("teeth", "caries"))
    return {one.name: read_manifest(one) for one in folders if (one / MANIFEST).is_file()}


def both(one: Tally, other: Tally) -> Tally:
    """What was measured on the films of two tallies."""
    return Tally(
        teeth=one.teeth + other.teeth,
        caries=one.caries + other.caries,
        restorations={k: v + other.restorations[k] for k, v in one.restorations.items()},
        confidences=one.confidences + other.confidences,
    )


def _line(entry: dict[str, Any]) -> Polygon:
    return np.asarray(entry["polygon"], dtype=np.float64)


def _found(data: dict[str, Any]) -> dict[int, Polygon]:
    return {one["id"]: _line(one) for one in data["teeth"] if one["status"] not in _NO_TOOTH}


def _score_teeth(tally: Tally, data: dict[str, Any], film: AnnotatedPano) -> TeethScore:
    true = {fdi: line for fdi, line in film.teeth if is_permanent(fdi)}
    extra = [line for fdi, line in film.teeth if not is_permanent(fdi)]
    score = score_teeth(_found(data), true, extra, film.size)
    tally.teeth.append(score)
    reported = [one for one in data["teeth"] if one["id"] in score.found]
    tally.confidences.append([(one["confidence"], one["id"] in score.right) for one in reported])
    return score


def _score_restorations(tally: Tally, data: dict[str, Any], film: AnnotatedPano) -> None:
    for kind in RESTORATIONS:
        found = [_line(one) for one in data["restorations"] if one["type"] == kind]
        true = [line for label, line in film.restorations or () if label == kind]
        tally.restorations[kind].append(_counts(union(found, film.size), union(true, film.size)))


def _counts(found: Mask, true: Mask) -> Counts:
    return int(found.sum()), int(true.sum()), int((found & true).sum())


def _pooled(counts: Sequence[Counts]) -> float | None:
    found, true, common = (sum(column) for column in zip(*counts, strict=True)) if counts else (
        0, 0, 0
    )  # fmt: skip
    return round(2 * common / (found + true), 4) if true else None
