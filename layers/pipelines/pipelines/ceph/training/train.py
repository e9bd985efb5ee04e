"""From a folder of annotated films to a model folder."""

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines.canvas import place
from pipelines.ceph.evaluation.dataset import AnnotatedFilm, DatasetInvalid, read_dataset
from pipelines.ceph.landmarks import LANDMARKS
from pipelines.ceph.synthetic import draw
from pipelines.ceph.training.export import Origin, cross_validate, export
from pipelines.ceph.training.fit import Example, Settings, Trainer
from pipelines.ceph.training.network import LandmarkNet
from pipelines.film import Film, read_film
from pipelines.overlay.picture import ENOUGH

_log = logging.getLogger(__name__)

CANVAS = (768, 640)  # rows, columns: 4:5 films at about 0.28 mm, both multiples of 64
_FIRST_SEED = 100_000  # of the drawn films; tests and demonstrations use small seeds
_DRAWN_SIZE = (670, 836)


@dataclass(frozen=True)
class Plan:
    """What to train on, and how.

    Attributes:
        held_out: Share of the films that is never trained on.
        drawn: How many synthetic films there are.
        drawn_share: Synthetic films in an epoch, as a share of the real ones.
        drawn_tests: How many other synthetic films to measure on.
        settings: Of the training loop.
        folds: How many networks to fit, each without a part of the films: what they read there is
            the cross-validation, and the model is their mean. With 0 it is one network.
        about: What manifest and card say of the films.
    """

    held_out: float = 0.2
    drawn: int = 120
    drawn_share: float = 1 / 3
    drawn_tests: int = 20
    settings: Settings = field(default_factory=Settings)
    folds: int = 0
    about: str = ""


def split(
    films: Sequence[AnnotatedFilm], share: float, seed: int
) -> tuple[list[AnnotatedFilm], list[AnnotatedFilm]]:
    """Films to train on and films held out; the same for the same seed.

    A film that is in the set twice, under two names, is never on both sides.
    """
    order = list(films)
    random.Random(seed).shuffle(order)  # noqa: S311  # a split is no secret
    count = round(len(order) * share)
    held_out = {film.sha256() for film in order[:count]}
    return [film for film in order[count:] if film.sha256() not in held_out], order[:count]


def folds(films: Sequence[AnnotatedFilm], count: int) -> list[list[AnnotatedFilm]]:
    """The films in so many parts of like size; a film that is there twice is in one part."""
    hashes = [film.sha256() for film in films]
    places = {sha256: place for place, sha256 in enumerate(dict.fromkeys(hashes))}
    parts: list[list[AnnotatedFilm]] = [[] for _ in range(count)]
    for film, sha256 in zip(films, hashes, strict=True):
        parts[places[sha256] % count].append(film)
    return parts


def train(dataset: Path, out: Path, plan: Plan) -> Path:
    """Fit a model and write its folder.

    Args:
        dataset: Folder of an annotated data set.
        out: Folder for ``model.onnx``, ``manifest.json`` and ``CARD.md``; made if missing.
        plan: What to train on, and how.

    Returns:
        The folder.

    Raises:
        DatasetInvalid: The data set cannot be read, or has too few films.
    """
    training, held_out = split(read_dataset(dataset), plan.held_out, plan.settings.seed)
    if len(training) <= plan.folds or not held_out:
        raise DatasetInvalid(f"{dataset} has too few films to train on some and hold out others")
    out.mkdir(parents=True, exist_ok=True)
    drawn = [_drawn(number) for number in range(plan.drawn)]
    _log.info("%d films, %d drawn ones, %d held out", len(training), len(drawn), len(held_out))
    origin = _origin(dataset, plan, (training, held_out))
    if not plan.folds:
        network = _fit(training, drawn, plan, plan.settings, out / "checkpoint.pt")
        return export([network], CANVAS, origin, out)
    networks, parts = [], folds(training, plan.folds)
    for number, left_out in enumerate(parts, start=1):
        films = [film for part in parts if part is not left_out for film in part]
        _log.info("fold %d: %d films, %d left out", number, len(films), len(left_out))
        settings = replace(plan.settings, seed=plan.settings.seed + number)
        networks.append(_fit(films, drawn, plan, settings, out / f"checkpoint{number}.pt"))
    origin = replace(origin, left_out=cross_validate(networks, parts, CANVAS, origin))
    return export(networks, CANVAS, origin, out)


def _fit(
    films: Sequence[AnnotatedFilm],
    drawn: Sequence[Example],
    plan: Plan,
    settings: Settings,
    checkpoint: Path,
) -> LandmarkNet:
    # Decoded as they are when they are read for a client.
    real = [
        example(read_film(film.path.read_bytes(), ENOUGH).reduced(CANVAS), film.raters)
        for film in films
    ]
    per_epoch = min(len(drawn), round(plan.drawn_share * len(real)))

    def of_epoch(epoch: int) -> list[Example]:
        start = epoch * per_epoch
        return real + [drawn[(start + n) % len(drawn)] for n in range(per_epoch)]

    return Trainer(len(LANDMARKS), settings).fit(of_epoch, checkpoint)


def _origin(
    dataset: Path, plan: Plan, films: tuple[Sequence[AnnotatedFilm], Sequence[AnnotatedFilm]]
) -> Origin:
    settings, parts = plan.settings, f" {plan.about}" if plan.about else ""
    if plan.folds:
        parts += (
            f" They are in {plan.folds} parts, and each of as many networks left one part out: "
            "what it reads there is the cross-validation, and the model is their mean."
        )
    return Origin(
        data=f"{len(films[0])} films of the data set {dataset.name}, gone over {settings.epochs} "
        f"times, each time with some of {plan.drawn} synthetic ones.{parts}",
        command=f"xray train ceph $XRAY_DATA/{dataset.name} --out MODEL_DIR "
        f"--seed {settings.seed} --epochs {settings.epochs}"
        + (f" --folds {plan.folds}" if plan.folds else ""),
        seed=settings.seed,
        films=films[0],
        held_out=films[1],
        drawn_tests=plan.drawn_tests,
    )


def example(film: Film, raters: npt.NDArray[np.float64]) -> Example:
    """A film on the canvas.

    Args:
        film: The film, decoded at whatever fraction of its size.
        raters: Points ``(raters, 19, 2)`` in pixels of the submitted image.
    """
    canvas, placement = place(film.pixels, (film.height, film.width), CANVAS)
    return Example(np.rint(canvas * 255).astype(np.uint8), placement.to_canvas(raters))


def _drawn(number: int) -> Example:
    drawn = draw(_FIRST_SEED + number, _DRAWN_SIZE)
    return example(Film(drawn.pixels, *_DRAWN_SIZE), drawn.landmarks[None])
