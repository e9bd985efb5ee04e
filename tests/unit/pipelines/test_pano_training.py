"""Training, small: what it exports is a model that the pipeline loads."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the train extra")
pytest.importorskip("onnxscript", reason="training needs the train extra")

from pipelines.errors import ModelInvalid  # noqa: E402
from pipelines.models import read_manifest  # noqa: E402
from pipelines.pano import fdi  # noqa: E402
from pipelines.pano.evaluation.dataset import (  # noqa: E402
    DatasetInvalid,
    read_carious,
    read_layouts,
    read_toothed,
)
from pipelines.pano.evaluation.evaluate import evaluate  # noqa: E402
from pipelines.pano.maps import MapModel  # noqa: E402
from pipelines.pano.modules.teeth.predictor import LABELS  # noqa: E402
from pipelines.pano.pipeline import PanoPipeline  # noqa: E402
from pipelines.pano.training import caries, samples, statistics, teeth  # noqa: E402
from pipelines.pano.training.augment import CODES, Variations  # noqa: E402
from pipelines.pano.training.export import Fitted, Origin, stage  # noqa: E402
from pipelines.pano.training.fit import fit, pace  # noqa: E402
from pipelines.pano.training.quantise import quantise  # noqa: E402
from pipelines.pano.training.start import begin_with  # noqa: E402
from pipelines.pano.training.targets import depth  # noqa: E402
from pipelines.pano.training.train import Plan, folds, split, train  # noqa: E402
from tests.unit.pipelines.test_pano_evaluation import write_dataset  # noqa: E402


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("pano") / "set", range(3))


SMALL = {"canvas": (128, 256), "window": (96, 192), "steps": 2}
PLAN = Plan(
    drawing=replace(teeth.DRAWING, **SMALL),
    teeth=replace(teeth.SETTINGS, **SMALL),
    refining=replace(teeth.REFINING, **SMALL),
    caries=replace(caries.SETTINGS, **SMALL),
    held_out=0.34, caries_held_out=0.34, drawn_tests=1, seed=3,
)  # fmt: skip


def test_training_exports_models_that_load(dataset, tmp_path):
    folder = train(dataset, tmp_path / "models" / "pano", PLAN)

    PanoPipeline().setup(folder.parent)  # checks hash, shapes and labels
    manifest = read_manifest(folder / "teeth")
    films, held_out = split(read_toothed(dataset), 0.34, seed=3)
    assert manifest.training.films == tuple(film.sha256() for film in films)
    assert manifest.training.held_out == tuple(film.sha256() for film in held_out)
    assert (len(films), len(held_out)) == (2, 1)
    assert "--seed 3" in manifest.training.command
    assert manifest.metrics["held_out"]["n_caries_films"] <= 1
    assert {one["n"] for one in manifest.metrics["gate"].values()} == {8, 16}
    assert "Not cross-validated" in (folder / "CARD.md").read_text()
    assert (folder / "teeth" / "model.onnx").stat().st_size < 4 * 2**20


def test_the_mean_of_folds_is_measured_by_what_each_left_out(dataset, tmp_path):
    folder = train(dataset, tmp_path / "models" / "pano", replace(PLAN, folds=2))

    manifest = read_manifest(folder / "teeth")
    hashes = {film.sha256() for film in read_toothed(dataset)}
    assert set(manifest.training.films) == hashes
    assert {sha256 for one in manifest.members for sha256 in one.left_out} == hashes
    assert sorted(len(one.left_out) for one in manifest.members) == [1, 2]
    assert "--seed 3 --folds 2" in manifest.training.command
    assert len(manifest.metrics["cross_validation"]["tooth_dice_by_fold"]) == 2
    assert "the mean of 2 U-Nets" in (folder / "CARD.md").read_text()

    canvas = np.random.default_rng(1).random((128, 256), dtype=np.float32)
    models = [MapModel(folder / "teeth", LABELS, who) for who in (0, 1, None)]
    [first], [second], [mean] = (model.run([canvas]) for model in models)
    assert np.abs(first - second).max() > 1e-4
    assert np.allclose(mean, (first + second) / 2, atol=1e-5)

    figures = evaluate(dataset, folder.parent)
    assert figures["n_left_out"] == figures["n_caries_left_out"] == 0
    assert figures["n_by_one_network"] == figures["n_caries_by_one_network"] == 3

    compared = quantise(folder, dataset)
    assert compared.as_trained["tooth_dice"] == figures["tooth_dice"]
    PanoPipeline().setup(folder.parent)
    [close] = MapModel(folder / "teeth", LABELS).run([canvas])
    assert 0 < np.abs(close - mean).max() < 0.2
    assert np.abs(close - mean).mean() < 0.01
    assert np.allclose(close[6:].sum(axis=0), 1, atol=1e-5)  # the columns share each cell


def test_a_network_begun_with_a_model_reads_as_the_model_does(dataset, tmp_path):
    torch.manual_seed(2)
    canvas = (64, 128)
    network = caries.network(teeth.network())
    settings = replace(caries.SETTINGS, canvas=canvas, window=(64, 128), steps=3)
    draw = caries.source(read_carious(dataset), settings)
    fitted = fit(network, draw, caries.loss, settings)
    origin = Origin(dataset, "", seed=2, drawn_tests=0, layouts=0)
    stage([{"caries": Fitted(fitted, canvas, ([], []))}], origin, tmp_path)
    views = [draw(1.0) for _ in range(4)]

    other = caries.network(teeth.network())
    begin_with(other, tmp_path / "pano" / "caries", views)

    films = torch.stack([view.film for view in views])
    with torch.no_grad():
        assert torch.allclose(other.eval()(films), fitted.eval()(films), atol=1e-3)
        # What batch norms meet is what they were told: learning begins where reading was.
        assert torch.allclose(other.train()(films), fitted(films), atol=1e-2)
    with pytest.raises(ModelInvalid, match="shape"):
        begin_with(teeth.network(), tmp_path / "pano" / "caries", views)


def test_a_fit_that_was_interrupted_goes_on_from_its_checkpoint(dataset, tmp_path):
    settings = replace(caries.SETTINGS, canvas=(64, 128), window=(64, 128), steps=2)
    draw = caries.source(read_carious(dataset), settings)
    first = fit(caries.network(teeth.network()), draw, caries.loss, settings, tmp_path / "c.pt")
    again = fit(caries.network(teeth.network()), draw, caries.loss, settings, tmp_path / "c.pt")

    theirs = again.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in first.state_dict().items())


def test_folds_have_the_same_share_of_each_source(dataset):
    films = [*read_toothed(dataset), *read_carious(dataset)]
    parts = folds(films, 3)
    assert [sorted(film.name.split("_")[0] for film in part) for part in parts] == [
        ["carious", "drawn"]
    ] * 3


def test_too_few_films_are_refused(dataset, tmp_path):
    with pytest.raises(DatasetInvalid, match="too few"):
        train(dataset, tmp_path / "out", Plan(held_out=0.0))


def test_steps_lower_the_loss(dataset):
    settings = replace(teeth.SETTINGS, canvas=(128, 256), window=(96, 192), steps=25)
    draw = teeth.source(teeth.Material(read_toothed(dataset), read_layouts(dataset)), settings)
    views = [draw(1.0) for _ in range(4)]
    torch.manual_seed(1)
    network = teeth.network().train()
    before = float(teeth.loss(network, views).detach())
    fit(network, draw, teeth.loss, settings)
    assert float(teeth.loss(network.train(), views).detach()) < 0.9 * before


def test_a_tooth_is_deepest_in_its_middle_and_touching_teeth_part():
    codes = torch.zeros(1, 30, 40, dtype=torch.uint8)
    codes[0, 5:25, 5:15] = 1
    codes[0, 5:25, 15:35] = 2
    deep = depth(codes)[0]
    assert deep[codes[0] == 0].max() == 0
    assert deep[15, 9] == deep[15, 24] == 1
    assert deep[15, 14] < 0.3
    assert deep[15, 15] < 0.3


def test_a_view_keeps_teeth_on_their_side_of_the_film(dataset):
    sample = samples.toothed(read_toothed(dataset)[0], (128, 256))
    variations = Variations((96, 192), seed=1)
    for _ in range(12):
        view = variations.draw(sample)
        x = view.film[1][::2, ::2]
        columns = [
            (fdi.slot(number)[1], float(x[view.teeth == code].mean()))
            for number, code in CODES.items()
            if (view.teeth == code).sum() > 4
        ]
        assert np.corrcoef(np.array(columns).T)[0, 1] > 0.9
        upper = view.teeth[(view.teeth > 0) & (view.teeth <= 16)]
        assert len(upper)


def test_the_rate_rises_and_falls():
    rates = [pace(done) for done in np.linspace(0, 0.999, 50)]
    assert max(rates) <= 1
    assert rates[0] < 0.1
    assert rates[-1] < 0.05
    assert int(np.argmax(rates)) in (2, 3)


def test_statistics_say_where_teeth_stand(dataset):
    geometry = statistics.geometry(read_layouts(dataset))
    places = [mean for mean, _ in geometry["lower"]["place"]]
    assert places == sorted(places)
    assert places[0] == pytest.approx(-places[15], abs=0.01)  # both sides count alike
