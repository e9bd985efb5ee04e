"""From a folder of annotated films to the folders of the pano models."""

import copy
import hashlib
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby
from pathlib import Path

import torch

from pipelines.models import read_manifest
from pipelines.pano.evaluation.dataset import (
    AnnotatedPano,
    DatasetInvalid,
    Layout,
    read_carious,
    read_layouts,
    read_toothed,
)
from pipelines.pano.training import caries, samples, teeth
from pipelines.pano.training.augment import View
from pipelines.pano.training.export import Fitted, Origin, export
from pipelines.pano.training.fit import Draw, Settings, fit
from pipelines.pano.training.network import PanoNet
from pipelines.pano.training.start import begin_with

_log = logging.getLogger(__name__)

_MET = 8  # views that the batch norms of weights begun with are measured on


@dataclass(frozen=True)
class Plan:
    """What to train on, and how.

    Attributes:
        drawing: Of the part that learns from drawn films only, and that all networks begin with.
        teeth: Of the teeth module's training.
        refining: Of its second part, which learns from its own reading of further films too.
        caries: Of the caries module's training.
        folds: Networks of each module, each fitted without a part of the films, whose mean is the
            model; 0 for one network, fitted without the held-out films.
        held_out: Share of the films with outlined teeth that a single network never sees.
        caries_held_out: Share of the films with masks of caries that a single network never sees.
        drawn_tests: How many synthetic films to measure on.
        seed: Of splits, weights and variations.
        epochs: Passes of each part over its films, instead of the steps of its settings.
        start: Folder of models whose weights are begun with, instead of what drawn films teach.
        about: What manifests and card say of the films.
    """

    drawing: Settings = field(default_factory=lambda: teeth.DRAWING)
    teeth: Settings = field(default_factory=lambda: teeth.SETTINGS)
    refining: Settings = field(default_factory=lambda: teeth.REFINING)
    caries: Settings = field(default_factory=lambda: caries.SETTINGS)
    folds: int = 0
    held_out: float = 0.28
    caries_held_out: float = 0.2
    drawn_tests: int = 20
    seed: int = 1
    epochs: int | None = None
    start: Path | None = None
    about: str = ""

    def paced(self, settings: Settings, films: int) -> Settings:
        """The settings of a part that learns from so many films, with this plan's seed."""
        if self.epochs is None:
            return replace(settings, seed=self.seed)
        steps = max(1, self.epochs * films // settings.batch)
        return replace(settings, seed=self.seed, steps=steps)


@dataclass(frozen=True)
class Share:
    """The films of one network of each module.

    Attributes:
        toothed: Films with outlined teeth to learn from, and those left out.
        carious: Films with masks of caries to learn from, and those left out.
    """

    toothed: tuple[Sequence[AnnotatedPano], Sequence[AnnotatedPano]]
    carious: tuple[Sequence[AnnotatedPano], Sequence[AnnotatedPano]]


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

    A training that was interrupted goes on from the checkpoints in ``out``.

    Args:
        dataset: Folder of an annotated data set.
        out: Folder for ``teeth``, ``caries`` and ``CARD.md``; made if missing.
        plan: What to train on, and how.

    Returns:
        The folder.

    Raises:
        DatasetInvalid: The data set cannot be read, or has too few films.
    """
    divided = shares(dataset, plan)
    layouts = read_layouts(dataset)
    out.mkdir(parents=True, exist_ok=True)
    begun = begin(layouts, plan, out)
    members = []
    for number, share in enumerate(divided, start=1):
        folder = out / f"fold{number}" if plan.folds else out
        folder.mkdir(exist_ok=True)
        of_member = replace(plan, seed=plan.seed + number)
        members.append(fit_member(dataset, share, begun, of_member, folder))
    origin = Origin(
        dataset=dataset,
        command=_command(dataset, plan),
        seed=plan.seed,
        drawn_tests=plan.drawn_tests,
        layouts=len(layouts),
        remark=_remark(plan),
        about=plan.about,
    )
    return export(members, origin, out)


def shares(dataset: Path, plan: Plan) -> list[Share]:
    """What each network of a module learns from and leaves out.

    Raises:
        DatasetInvalid: The data set cannot be read, or has too few films.
    """
    sets = (
        (read_toothed(dataset), plan.held_out),
        (read_carious(dataset), plan.caries_held_out),
    )
    toothed, carious = (
        _without_each(films, plan.folds) if plan.folds else [split(films, share, plan.seed)]
        for films, share in sets
    )
    if not all(films for pair in (*toothed, *carious) for films in pair):
        raise DatasetInvalid(f"{dataset} has too few films to train on some and leave out others")
    return [Share(*pairs) for pairs in zip(toothed, carious, strict=True)]


def _without_each(
    films: Sequence[AnnotatedPano], count: int
) -> list[tuple[list[AnnotatedPano], list[AnnotatedPano]]]:
    """For each part of the films the others, and the part itself."""
    parts = folds(films, count)
    return [
        ([film for part in parts if part is not left_out for film in part], left_out)
        for left_out in parts
    ]


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
        f"The weights were begun with those of START_DIR instead of drawn films: "
        f"{' and '.join(f'{one.name} {one.version}' for one in begun)}, which "
        f"`{begun[0].training.command}` made."
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


def begin(layouts: Sequence[Layout], plan: Plan, out: Path) -> PanoNet | None:
    """What every network for teeth begins with: what drawn films teach of all numbers.

    Returns:
        The network; ``None`` where there is nothing to draw about, or other weights to begin with.
    """
    if plan.start or not layouts:
        return None
    _log.info("drawn films, about %d layouts", len(layouts))
    torch.manual_seed(plan.seed)
    settings = plan.paced(plan.drawing, len(layouts))
    draw = teeth.source(teeth.Material((), layouts), settings)
    return fit(teeth.network(), draw, teeth.loss, settings, out / "drawn.pt")


def fit_member(
    dataset: Path, share: Share, begun: PanoNet | None, plan: Plan, out: Path
) -> dict[str, Fitted]:
    """Fit one network of each module.

    Args:
        dataset: Folder of the data set.
        share: What to learn from, and what to leave out.
        begun: The network for teeth to begin with, from :func:`begin`.
        plan: How.
        out: Folder for the checkpoints.
    """
    torch.manual_seed(plan.seed)
    material = teeth.Material(share.toothed[0], read_layouts(dataset))
    others = _others(dataset, (*share.toothed, share.carious[1]))
    _log.info("teeth: %d films, %d left out", *map(len, share.toothed))
    teeth_net = refine(fit_teeth(material, begun, plan, out), others, material, plan, out)
    _log.info("caries: %d films, %d left out", *map(len, share.carious))
    caries_net = fit_caries(share.carious[0], plan, teeth_net, out)
    return {
        "teeth": Fitted(teeth_net, plan.teeth.canvas, share.toothed),
        "caries": Fitted(caries_net, plan.caries.canvas, share.carious),
    }


def _others(dataset: Path, known: Sequence[Sequence[AnnotatedPano]]) -> list[Path]:
    """The images of a data set that are neither outlined nor left out."""
    hashes = {film.sha256() for films in known for film in films}
    files = sorted((dataset / "images").glob("*.jpg"))
    return [one for one in files if hashlib.sha256(one.read_bytes()).hexdigest() not in hashes]


def fit_teeth(material: teeth.Material, begun: PanoNet | None, plan: Plan, out: Path) -> PanoNet:
    """The first part of the teeth module's training."""
    settings = plan.paced(plan.teeth, len(material.films))
    draw = teeth.source(material, settings)
    network = copy.deepcopy(begun) if begun else teeth.network()
    if plan.start:
        begin_with(network, plan.start / "teeth", [draw(1.0) for _ in range(_MET)])
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
        mixed = replace(material, guessed=guessed, drawn=(0.1, 0.05))
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
