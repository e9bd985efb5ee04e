"""Training, small: what it exports is a model that the pipeline loads."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the train extra")
pytest.importorskip("onnxscript", reason="training needs the train extra")

from pipelines.ceph.evaluation.dataset import DatasetInvalid, read_dataset  # noqa: E402
from pipelines.ceph.pipeline import CephPipeline  # noqa: E402
from pipelines.ceph.synthetic import draw  # noqa: E402
from pipelines.ceph.training.augment import vary  # noqa: E402
from pipelines.ceph.training.fit import Settings, Trainer, loss  # noqa: E402
from pipelines.ceph.training.quantise import quantise  # noqa: E402
from pipelines.ceph.training.train import CANVAS, Plan, example, folds, split, train  # noqa: E402
from pipelines.film import Film, read_film  # noqa: E402
from pipelines.models import read_manifest  # noqa: E402
from tests.unit.pipelines.test_ceph_evaluation import write_dataset  # noqa: E402


def test_training_exports_a_model_that_loads(tmp_path):
    dataset = write_dataset(tmp_path / "set", range(4), size=(335, 418))
    plan = Plan(
        held_out=0.25, drawn=1, drawn_share=0.4, drawn_tests=1, folds=2, about="Drawn ones.",
        settings=Settings(epochs=1, batch=2, seed=3),
    )  # fmt: skip
    torch.set_num_threads(2)
    folder = train(dataset, tmp_path / "models" / "ceph", plan)

    manifest = read_manifest(folder)
    CephPipeline().setup(folder.parent)  # checks hash, shapes and labels
    films, held_out = split(read_dataset(dataset), 0.25, seed=3)
    assert manifest.training.films == tuple(film.sha256() for film in films)
    assert manifest.training.held_out == tuple(film.sha256() for film in held_out)
    assert len(films) == 3
    assert len(held_out) == 1
    assert "--seed 3 --epochs 1 --folds 2" in manifest.training.command
    assert "Drawn ones." in manifest.training.data
    assert manifest.metrics["cross_validation"]["n_films"] == 3
    assert sum(one["n"] for one in manifest.metrics["reliability"]) == 19
    assert manifest.version in (folder / "CARD.md").read_text()
    assert manifest.reads_together

    for _ in range(2):  # the second time replaces what the first one wrote
        compared = quantise(folder, dataset)
    quantised = read_manifest(folder)
    CephPipeline().setup(folder.parent)
    card = (folder / "CARD.md").read_text()
    assert quantised.version != manifest.version
    assert quantised.version in card
    assert card.count(compared.table()) == card.count("## On a processor") == 1
    assert quantised.metrics["quantisation"]["quantised"] == compared.quantised
    assert quantised.metrics["held_out"] == manifest.metrics["held_out"]
    assert (folder / "quantised.onnx").stat().st_size < (folder / "model.onnx").stat().st_size
    with pytest.raises(DatasetInvalid, match="no film that ceph-landmarks was trained on"):
        quantise(folder, write_dataset(tmp_path / "other", [7], size=(335, 418)))


def test_points_stay_on_a_film_decoded_at_a_fraction():
    drawn = draw(1)
    content = drawn.jpeg()
    whole = example(read_film(content), drawn.landmarks[None])
    reduced = example(read_film(content, CANVAS), drawn.landmarks[None])

    assert read_film(content, CANVAS).pixels.shape != drawn.pixels.shape
    assert np.allclose(whole.raters, reduced.raters)
    assert np.abs(whole.film.astype(int) - reduced.film).mean() < 2
    assert whole.raters.max() < max(CANVAS)


def test_too_few_films_are_refused(tmp_path):
    dataset = write_dataset(tmp_path / "set", [1], size=(335, 418))
    with pytest.raises(DatasetInvalid, match="too few"):
        train(dataset, tmp_path / "out", Plan())


def test_a_film_that_is_there_twice_is_not_on_both_sides(tmp_path):
    dataset = write_dataset(tmp_path / "set", range(4), size=(335, 418))
    images = dataset / "images"
    for seed in range(1, 4):
        (images / f"{seed}.jpg").write_bytes((images / "0.jpg").read_bytes())

    films, held_out = split(read_dataset(dataset), 0.5, seed=1)

    assert len(held_out) == 2
    assert films == []


def test_landmarks_move_with_the_film():
    """A film with a bright dot at each landmark, varied: the dots are where the points say."""
    points = torch.tensor([[200.0, 300.0], [400.0, 350.0], [300.0, 500.0]])
    ys, xs = torch.meshgrid(torch.arange(768.0), torch.arange(640.0), indexing="ij")
    for seed in range(6):
        chance = torch.Generator().manual_seed(seed)
        for point in points:
            dot = torch.exp(-((xs - point[0]) ** 2 + (ys - point[1]) ** 2) / 50)
            chance.manual_seed(seed)
            film, moved = vary(dot, point[None], chance)
            x, y = moved[0].round().int().tolist()
            around = film[y - 12 : y + 13, x - 12 : x + 13]
            weights = (around - around.median()).clamp_min(0) ** 4
            spread = torch.arange(-12.0, 13.0)
            found = torch.stack([(weights.sum(0) * spread).sum(), (weights.sum(1) * spread).sum()])
            assert (found / weights.sum()).abs().max() < 1.5


def test_the_loss_is_least_at_the_truth():
    points = [torch.tensor([[[10.0, 8.0]]])]
    ys, xs = torch.meshgrid(torch.arange(24.0), torch.arange(20.0), indexing="ij")

    def at(x, y):
        logits = -((xs - x) ** 2 + (ys - y) ** 2) / 2.4
        return float(loss(logits[None, None], points))

    assert at(10, 8) < at(11, 8) < at(14, 8)
    assert at(10, 8) < at(10, 7)


def test_training_that_was_interrupted_goes_on_as_if_it_were_not(tmp_path):
    drawn = draw(1, (335, 418))
    films = [example(Film(drawn.pixels, 335, 418), drawn.landmarks[None])] * 3
    settings = Settings(epochs=2, batch=2, seed=5)
    torch.set_num_threads(1)  # sums are of the same order then
    whole = Trainer(19, settings).fit(lambda _: films, tmp_path / "whole.pt")

    def stop(epoch):
        if epoch:
            raise KeyboardInterrupt
        return films

    with pytest.raises(KeyboardInterrupt):
        Trainer(19, settings).fit(stop, tmp_path / "parts.pt")
    parts = Trainer(19, settings).fit(lambda _: films, tmp_path / "parts.pt")

    theirs = parts.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in whole.state_dict().items())


def test_a_film_that_is_there_twice_is_in_one_fold(tmp_path):
    dataset = write_dataset(tmp_path / "set", range(5), size=(335, 418))
    images = dataset / "images"
    (images / "4.jpg").write_bytes((images / "1.jpg").read_bytes())

    parts = folds(read_dataset(dataset), 2)

    assert sorted(film.name for part in parts for film in part) == list("01234")
    assert any({"1", "4"} <= {film.name for film in part} for part in parts)
