"""From a folder of annotated films to the folders of the pano models."""

import hashlib
import logging
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby
from pathlib import Path

import torch

from pipelines.models import read_manifest
from pipelines.pano.evaluation.dataset import (
    AnnotatedPano,
    DatasetInvalid,
    read_carious,
    read_layouts,
    read_toothed,
)
from pipelines.pano.training import caries, samples, teeth
from pipelines.pano.training.augment import View
from pipelines.pano.training.export import Fitted, Origin, cross_validate, export
from pipelines.pano.training.fit import Draw, Settings, fit
from pipelines.pano.training.network import PanoNet
from pipelines.pano.training.start import begin_with

_log = logging.getLogger(__name__)

_FOLD_STEPS = 1 / 4  # and no second part: cross-validation is to be had in bearable time
_MET = 8  # views that the batch norms of weights begun with are measured on


@dataclass(frozen=True)
class Plan:
    """What to train on, and how.

    Attributes:
        teeth: Of the teeth module's training.
        refining: Of its second part, which learns from its own reading of further films too.
        caries: Of the caries module's training.
        held_out: Share of the films with outlined teeth that is never trained on.
        caries_held_out: Share of the films with masks of caries that is never trained on.
        drawn_tests: How many synthetic films to measure on.
        seed: Of splits, weights and variations.
        epochs: Passes of each part over its films, instead of the steps of its settings.
        start: Folder of models whose weights are begun with, instead of random ones.
        folds: Parts of a cross-validation; 0 for none.
        about: What manifests and card say of the films.
    """

    teeth: Settings = field(default_factory=lambda: teeth.SETTINGS)
    refining: Settings = field(default_factory=lambda: teeth.REFINING)
    caries: Settings = field(default_factory=lambda: caries.SETTINGS)
    held_out: float = 0.28
    caries_held_out: float = 0.2
    drawn_tests: int = 20
    seed: int = 1
    epochs: int | None = None
    start: Path | None = None
    folds: int = 0
    about: str = ""

    def paced(self, settings: Settings, films: int) -> Settings:
        """The settings of a part that learns from so many films, with this plan's seed."""
        if self.epochs is None:
            return replace(settings, seed=self.seed)
        steps = max(1, self.epochs * films // settings.batch)
        return replace(settings, seed=self.seed, steps=steps)


def split(
    films: Sequence[AnnotatedPano], share: float, seed: int
) -> tuple[list[AnnotatedPano], list[AnnotatedPano]]:
    """Films to train on and films held out, the same share of each source.

    The source is the film's name up to its last underscore. A film that is in the set twice, under
    two names, is never on both sides.
    """
    chance = random.Random(seed)  # noqa: S311  # a split is no secret
    ordered = sorted(films, key=lambda film: (_source(film), film.name))
    held_out: list[AnnotatedPano] = []
    for _, group in groupby(ordered, key=_source):
        same = list(group)
        held_out += chance.sample(same, round(len(same) * share))
    aside = {film.sha256() for film in held_out}
    return [film for film in ordered if film.sha256() not in aside], held_out


def _source(film: AnnotatedPano) -> str:
    return film.name.rpartition("_")[0]


def train(dataset: Path, out: Path, plan: Plan) -> Path:
    """Fit the models and write their folders.

    Args:
        dataset: Folder of an annotated data set.
        out: Folder for ``teeth``, ``caries`` and ``CARD.md``; made if missing.
        plan: What to train on, and how.

    Returns:
        The folder.

    Raises:
        DatasetInvalid: The data set cannot be read, or has too few films.
    """
    toothed = split(read_toothed(dataset), plan.held_out, plan.seed)
    carious = split(read_carious(dataset), plan.caries_held_out, plan.seed)
    if not all((*toothed, *carious)):
        raise DatasetInvalid(f"{dataset} has too few films to train on some and hold out others")
    layouts = read_layouts(dataset)
    torch.manual_seed(plan.seed)
    _log.info("teeth: %d films, %d held out", len(toothed[0]), len(toothed[1]))
    material = teeth.Material(toothed[0], layouts)
    others = _others(dataset, (*toothed, carious[1]))
    out.mkdir(parents=True, exist_ok=True)
    teeth_net = refine(fit_teeth(material, plan, out), others, material, plan, out)
    _log.info("caries: %d films, %d held out", len(carious[0]), len(carious[1]))
    caries_net = fit_caries(carious[0], plan, teeth_net, out)
    origin = Origin(
        dataset=dataset,
        command=_command(dataset, plan),
        seed=plan.seed,
        drawn_tests=plan.drawn_tests,
        layouts=len(layouts),
        remark=_remark(plan),
        about=plan.about,
    )
    if plan.folds:
        left_out = cross_validate(_folds(dataset, plan, out), origin)
        origin = replace(origin, left_out=left_out)
    fitted = {
        "teeth": Fitted(teeth_net, plan.teeth.canvas, toothed),
        "caries": Fitted(caries_net, plan.caries.canvas, carious),
    }
    return export(fitted, origin, out)


def _command(dataset: Path, plan: Plan) -> str:
    words = [f"xray train pano $XRAY_DATA/{dataset.name} --out MODEL_DIR --seed {plan.seed}"]
    words += [f"--epochs {plan.epochs}"] if plan.epochs is not None else []
    words += [f"--folds {plan.folds}"] if plan.folds else []
    words += ["--start START_DIR"] if plan.start else []
    return " ".join(words)


def _remark(plan: Plan) -> str:
    if plan.start is None:
        return ""
    begun = [read_manifest(plan.start / name) for name in ("teeth", "caries")]
    return (
        f"The weights were begun with those of START_DIR instead of the first part: "
        f"{' and '.join(f'{one.name} {one.version}' for one in begun)}, the models of this project "
        f"before, which `{begun[0].training.command}` made in fewer steps."
    )


def folds(films: Sequence[AnnotatedPano], count: int) -> list[list[AnnotatedPano]]:
    """The films in so many parts with the same share of each source.

    A film that is there twice, under two names, is in one part.
    """
    hashes = [film.sha256() for film in sorted(films, key=lambda film: (_source(film), film.name))]
    places = {sha256: place for place, sha256 in enumerate(dict.fromkeys(hashes))}
    parts: list[list[AnnotatedPano]] = [[] for _ in range(count)]
    for film in films:
        parts[places[film.sha256()] % count].append(film)
    return parts


def _folds(dataset: Path, plan: Plan, out: Path) -> Iterator[dict[str, Fitted]]:
    """For each part of the films networks that leave it out: from nothing, and with fewer steps."""
    short = replace(
        plan,
        start=None,
        teeth=replace(plan.teeth, steps=math.ceil(plan.teeth.steps * _FOLD_STEPS)),
        caries=replace(plan.caries, steps=math.ceil(plan.caries.steps * _FOLD_STEPS)),
    )
    layouts = read_layouts(dataset)
    toothed, carious = (folds(films, plan.folds) for films in (
        read_toothed(dataset), read_carious(dataset)))  # fmt: skip
    for number, (teeth_out, caries_out) in enumerate(zip(toothed, carious, strict=True), start=1):
        seen = [[film for part in parts if part is not left_out for film in part]
                for parts, left_out in ((toothed, teeth_out), (carious, caries_out))]  # fmt: skip
        _log.info("fold %d: %d films and %d with caries", number, *map(len, seen))
        folder = out / f"fold{number}"
        folder.mkdir(parents=True, exist_ok=True)
        of_fold = replace(short, seed=plan.seed + number)
        teeth_net = fit_teeth(teeth.Material(seen[0], layouts), of_fold, folder)
        caries_net = fit_caries(seen[1], of_fold, teeth_net, folder)
        yield {
            "teeth": Fitted(teeth_net, plan.teeth.canvas, (seen[0], teeth_out)),
            "caries": Fitted(caries_net, plan.caries.canvas, (seen[1], caries_out)),
        }


def _others(dataset: Path, known: Sequence[Sequence[AnnotatedPano]]) -> list[Path]:
    """The images of a data set that are neither outlined nor held out."""
    hashes = {film.sha256() for films in known for film in films}
    files = sorted((dataset / "images").glob("*.jpg"))
    return [one for one in files if hashlib.sha256(one.read_bytes()).hexdigest() not in hashes]


def fit_teeth(material: teeth.Material, plan: Plan, out: Path) -> PanoNet:
    """The first part of the teeth module's training."""
    settings = plan.paced(plan.teeth, len(material.films))
    draw = teeth.source(material, settings)
    network = teeth.network()
    if plan.start:
        begin_with(network, plan.start / "teeth", [draw(1.0) for _ in range(_MET)])
        return network
    return fit(network, draw, teeth.loss, settings, out / "teeth.pt")


def refine(
    network: PanoNet, others: Sequence[Path], material: teeth.Material, plan: Plan, out: Path
) -> PanoNet:
    """The second part: the network also learns from what it reads on films without outlines."""
    settings = plan.paced(plan.refining, len(material.films))

    @cache  # read when the first view is asked for: not at all where the training is done
    def source() -> Draw:
        guessed = samples.guessed(others, network, settings.canvas)
        _log.info("refining: %d of %d other films are read well", len(guessed), len(others))
        mixed = replace(material, guessed=guessed, drawn=(0.15, 0.05), guesses=0.35)
        return teeth.source(mixed, settings)

    def draw(done: float) -> View:
        return source()(done)

    return fit(network, draw, teeth.loss, settings, out / "refined.pt")


def fit_caries(films: Sequence[AnnotatedPano], plan: Plan, known: PanoNet, out: Path) -> PanoNet:
    """The caries module's training, from what the network for teeth has learned."""
    settings = plan.paced(plan.caries, len(films))
    draw = caries.source(films, settings)
    network = caries.network(known)
    if plan.start:
        begin_with(network, plan.start / "caries", [draw(1.0) for _ in range(_MET)])
    return fit(network, draw, caries.loss, settings, out / "caries.pt")
