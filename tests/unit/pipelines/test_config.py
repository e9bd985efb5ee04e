"""What is tuned of a module: its own values, those that a model brings, what neither can say."""

import importlib.util
import re
import shutil
import sys
import tomllib

import pytest

from pipelines.ceph.modules.landmarks.pre_post import LandmarksConfig
from pipelines.ceph.modules.landmarks.predictor import LandmarkPredictor
from pipelines.ceph.synthetic import draw as draw_ceph
from pipelines.config import read_config
from pipelines.errors import ModelInvalid
from pipelines.film import Film
from pipelines.lockstep import in_step
from pipelines.pano.maps import look
from pipelines.pano.modules.caries.pre_post import CariesConfig
from pipelines.pano.modules.restorations.pre_post import RestorationsConfig
from pipelines.pano.modules.restorations.predictor import RestorationsPredictor
from pipelines.pano.modules.teeth.pre_post import READERS, TeethConfig
from pipelines.pano.modules.teeth.predictor import TeethPredictor
from pipelines.pano.synthetic import draw as draw_pano
from pipelines.registry import TASK_TYPES
from service.adapters.reader import PipelineReader
from service.errors import FilmFailed
from service.ports import FilmToRead
from tests.template import ROOT

MODELS = ROOT / "functions" / "infer" / "models"
PIPELINES = ROOT / "layers" / "pipelines" / "pipelines"
KINDS = {
    "ceph/modules/landmarks": LandmarksConfig,
    "pano/modules/caries": CariesConfig,
    "pano/modules/restorations": RestorationsConfig,
    "pano/modules/teeth": TeethConfig,
}
OWN = "[mouth]\nwide = 0.5\nteeth = 3\n"
CODE = """
from pipelines.config import Config, Share

class MouthConfig(Config):
    wide: Share
    teeth: int
"""


def test_every_module_has_a_predictor_its_processing_and_its_values():
    folders = {path.parent for path in PIPELINES.glob("*/modules/*/__init__.py")}
    assert {str(folder.relative_to(PIPELINES)) for folder in folders} == set(KINDS)
    for folder in folders:
        names = {path.name for path in folder.iterdir()}
        assert {"predictor.py", "pre_post.py", "config.toml"} <= names


@pytest.mark.parametrize(("place", "kind"), KINDS.items())
def test_every_value_of_a_module_is_explained_where_it_stands(place, kind):
    text = (PIPELINES / place / "config.toml").read_text()
    assert read_config(kind) == kind.model_validate(tomllib.loads(text)[place.rpartition("/")[2]])
    explained = False
    for line in text.splitlines():
        if line.startswith(("#", "[")):
            explained = line.startswith("#")
        assert explained or line.startswith("["), line  # one comment may be that of two values


@pytest.fixture
def mouth(tmp_path, monkeypatch):
    """A module of which the values can be changed."""
    folder = tmp_path / "mouth"
    folder.mkdir()
    (folder / "config.toml").write_text(OWN)
    (folder / "pre_post.py").write_text(CODE)
    spec = importlib.util.spec_from_file_location("mouth_pre_post", folder / "pre_post.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "mouth_pre_post", module)
    spec.loader.exec_module(module)
    return module.MouthConfig


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    return folder


def test_a_model_changes_single_values(mouth, model):
    assert read_config(mouth, model) == mouth(wide=0.5, teeth=3)
    (model / "config.toml").write_text("[mouth]\nwide = 0.25\n[nose]\nanything = 1\n")
    assert read_config(mouth, model, ("nose",)) == mouth(wide=0.25, teeth=3)
    assert read_config(mouth) == mouth(wide=0.5, teeth=3)


WRONG = {
    "[mouth]\nwide = 0.5\nteeth = 3.0": "mouth.teeth: .*integer",
    "[mouth]\nwide = '0.5'\nteeth = 3": "mouth.wide: .*number",
    "[mouth]\nwide = true\nteeth = 3": "mouth.wide: .*number",
    "[mouth]\nwide = nan\nteeth = 3": "mouth.wide: .*finite",
    "[mouth]\nwide = 1.5\nteeth = 3": "mouth.wide: .*less than 1",
    "[mouth]\nwide = 0.5\nteeth = 3\ntooth = 3": "mouth.tooth: ",
    "[mouth]\nwide = 0.5\nteeth = 3\n[nose]\nlong = 1": "nose: no module reads it",
    "mouth = 3": "mouth: is no table",
    "[mouth]\nwide": "cannot be read: .*end of document",
}


@pytest.mark.parametrize(("text", "words"), WRONG.items())
def test_what_a_file_cannot_say_is_told_by_file_and_key(mouth, model, tmp_path, text, words):
    (model / "config.toml").write_text(text)
    with pytest.raises(ModelInvalid, match=f"the model's config.toml .*{words}"):
        read_config(mouth, model)
    (tmp_path / "mouth" / "config.toml").write_text(text)
    with pytest.raises(ModelInvalid, match=f"the module's config.toml .*{words}"):
        read_config(mouth, model)


@pytest.mark.parametrize("text", ["", "[mouth]\nwide = 0.5"])
def test_a_module_must_have_all_of_its_values(mouth, tmp_path, text):
    (tmp_path / "mouth" / "config.toml").write_text(text)
    with pytest.raises(ModelInvalid, match=r"module's config\.toml is invalid: .*mouth\.teeth: "):
        read_config(mouth)


def test_levels_at_which_teeth_may_part_rise(model):
    (model / "config.toml").write_text("[teeth]\nlevels = [0.5, 0.4]")
    with pytest.raises(ModelInvalid, match=re.escape("teeth.levels: ")):
        read_config(TeethConfig, model, READERS)


@pytest.fixture
def models(tmp_path):
    """The committed models, to be tuned."""
    return shutil.copytree(MODELS, tmp_path / "models")


def test_a_model_of_teeth_tunes_teeth_and_restorations(models):
    pixels = draw_pano(1).pixels
    film = Film(pixels, pixels.shape[1], pixels.shape[0])
    folder = models / "pano" / "teeth"
    teeth = TeethPredictor(folder)
    [reading] = in_step([teeth.read(film)], look)
    assert RestorationsPredictor(folder).predict(reading)
    (folder / "config.toml").write_text(
        "[teeth]\ntooth_cells = 1000000\n[restorations]\npixels = 1000000\n"
    )
    assert RestorationsPredictor(folder).predict(reading) == []
    assert reading.teeth
    again, tuned = in_step([teeth.read(film), TeethPredictor(folder).read(film)], look)
    assert again.teeth, "what was read once stays"
    assert not tuned.teeth


@pytest.mark.parametrize(
    ("model", "text", "key"),
    [
        ("pano/teeth", "[restorations]\nsuer = 0.3", "restorations.suer: "),
        ("pano/caries", "[caries]\nsure = 2.0", "caries.sure: "),
        ("pano/caries", "[teeth]\nedge = 0.6", "teeth: no module reads it"),
        ("ceph", "[landmarks]\nwindow = 2.5", "landmarks.window: "),
    ],
)
def test_a_value_that_cannot_be_is_an_invalid_model(models, model, text, key):
    (models / model / "config.toml").write_text(text)
    reader = PipelineReader(TASK_TYPES, lambda: models)
    [failed] = reader.read(model.partition("/")[0], [FilmToRead(b"", {})])
    assert isinstance(failed, FilmFailed)
    assert f"model's config.toml is invalid: {key}" in failed.message
    assert failed.code == 12004


def test_a_model_of_landmarks_tunes_landmarks(models):
    pixels = draw_ceph(1).pixels
    film = Film(pixels, pixels.shape[1], pixels.shape[0])
    usual = LandmarkPredictor(models / "ceph").predict(film)
    (models / "ceph" / "config.toml").write_text("[landmarks]\nnear_cells = 0.9\n")
    tuned = LandmarkPredictor(models / "ceph").predict(film)
    assert (tuned.points == usual.points).all()
    assert (tuned.masses < usual.masses).all()
