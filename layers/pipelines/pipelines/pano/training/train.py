"""From a folder of annotated films to the folders of the pano models."""

import hashlib
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

import torch

from pipelines.pano.evaluation.dataset import (
    AnnotatedPano,
    DatasetInvalid,
    read_carious,
    read_layouts,
    read_toothed,
)
from pipelines.pano.training import caries, samples, teeth
from pipelines.pano.training.export import Fitted, Origin, export
from pipelines.pano.training.fit import Settings, Watch, fit
from pipelines.pano.training.network import PanoNet

_log = logging.getLogger(__name__)


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
    """

    teeth: Settings = field(default_factory=lambda: teeth.SETTINGS)
    refining: Settings = field(default_factory=lambda: teeth.REFINING)
    caries: Settings = field(default_factory=lambda: caries.SETTINGS)
    held_out: float = 0.28
    caries_held_out: float = 0.2
    drawn_tests: int = 20
    seed: int = 1
    epochs: int | None = None

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
    teeth_net = refine(fit_teeth(material, plan), others, material, plan)
    settings = plan.paced(plan.caries, len(carious[0]))
    _log.info("caries: %d films, %d held out", len(carious[0]), len(carious[1]))
    caries_net = fit(
        caries.network(teeth_net), caries.source(carious[0], settings), caries.loss, settings
    )
    origin = Origin(
        dataset=dataset,
        command=f"xray train pano $XRAY_DATA/{dataset.name} --out MODEL_DIR --seed {plan.seed}"
        + ("" if plan.epochs is None else f" --epochs {plan.epochs}"),
        seed=plan.seed,
        drawn_tests=plan.drawn_tests,
        layouts=len(layouts),
    )
    fitted = {
        "teeth": Fitted(teeth_net, plan.teeth.canvas, toothed),
        "caries": Fitted(caries_net, plan.caries.canvas, carious),
    }
    return export(fitted, origin, out)


def _others(dataset: Path, known: Sequence[Sequence[AnnotatedPano]]) -> list[Path]:
    """The images of a data set that are neither outlined nor held out."""
    hashes = {film.sha256() for films in known for film in films}
    files = sorted((dataset / "images").glob("*.jpg"))
    return [one for one in files if hashlib.sha256(one.read_bytes()).hexdigest() not in hashes]


def fit_teeth(material: teeth.Material, plan: Plan, watch: Watch | None = None) -> PanoNet:
    """The first part of the teeth module's training."""
    settings = plan.paced(plan.teeth, len(material.films))
    return fit(teeth.network(), teeth.source(material, settings), teeth.loss, settings, watch)


def refine(
    network: PanoNet,
    others: Sequence[Path],
    material: teeth.Material,
    plan: Plan,
    watch: Watch | None = None,
) -> PanoNet:
    """The second part: the network also learns from what it reads on films without outlines."""
    settings = plan.paced(plan.refining, len(material.films))
    guessed = samples.guessed(others, network, settings.canvas)
    _log.info("refining: %d of %d other films are read well", len(guessed), len(others))
    material = replace(material, guessed=guessed, drawn=(0.2, 0.1))
    return fit(network, teeth.source(material, settings), teeth.loss, settings, watch)
