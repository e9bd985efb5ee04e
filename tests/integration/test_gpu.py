"""A GPU reads what a processor reads with the same networks; skipped where there is none.

Tolerances: 10⁻⁴ for a map of probabilities, 0.2 pixels of the film for a landmark, 0.002 for a
confidence, 6 pixels (two cells of the maps) for the box of a tooth or a finding. One landmark of a
film may be a pixel off: where two cells of its map are equal peaks but for the last digit, either
may be taken for the middle. Films are drawn, and real ones where they are at hand.
"""

import importlib
import json
import shutil

import numpy as np
import onnxruntime
import pytest

from pipelines import models
from pipelines.base import FilmToRead
from pipelines.registry import TASK_TYPES
from tests.shared import data
from tests.template import ROOT

GPU, PROCESSOR = "CUDAExecutionProvider", "CPUExecutionProvider"
MODELS = ROOT / "functions" / "infer" / "models"
REAL = {"ceph": "ceph/images/*.jpg", "pano": "pano/*/*.jpg"}
SEEDS = range(4)

pytestmark = pytest.mark.skipif(
    GPU not in onnxruntime.get_available_providers(),
    reason="needs a GPU, and onnxruntime-gpu in the place of onnxruntime",
)


@pytest.fixture(scope="module", params=sorted(REAL))
def task_type(request):
    return request.param


@pytest.fixture(scope="module")
def films(task_type):
    draw = importlib.import_module(f"pipelines.{task_type}.synthetic").draw
    drawn = [draw(seed).jpeg() for seed in SEEDS]
    real = [path.read_bytes() for path in sorted(data().glob(REAL[task_type]))[: len(SEEDS)]]
    return [FilmToRead(film, {}) for film in drawn + real]


@pytest.fixture(scope="module")
def runs():
    """What went into each run of a network and what came out, with what it ran on."""
    noted = []
    original = onnxruntime.InferenceSession.run

    def run(session, names, given):
        [out] = original(session, names, given)
        noted.append((session.get_providers()[0], next(iter(given.values())), out))
        return [out]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onnxruntime.InferenceSession, "run", run)
        yield noted


@pytest.fixture(scope="module")
def on_gpu(task_type, runs):
    return loaded(task_type, MODELS)


@pytest.fixture(scope="module")
def on_processor(task_type, tmp_path_factory, runs):
    """With the networks as they were trained, as the GPU has them."""
    folder = tmp_path_factory.mktemp("as-trained") / "models"
    shutil.copytree(MODELS, folder)
    for path in folder.rglob(models.MANIFEST):
        path.write_text(json.dumps(json.loads(path.read_bytes()) | {"quantised": None}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onnxruntime, "get_available_providers", lambda: [PROCESSOR])
        return loaded(task_type, folder)


def loaded(task_type, folder):
    pipeline = TASK_TYPES[task_type].load()
    pipeline.setup(folder)
    return pipeline


def test_the_gpu_reads_what_the_processor_reads(on_gpu, on_processor, films):
    there, here = on_gpu.run_batch(films), on_processor.run_batch(films)
    assert {one.provider for one in there} == {GPU}
    assert {one.provider for one in here} == {PROCESSOR}
    for one, other in zip(there, here, strict=True):
        assert_alike(one.data, other.data)


def test_a_film_is_read_the_same_in_a_batch_and_alone(on_gpu, films):
    for one, film in zip(on_gpu.run_batch(films), films, strict=True):
        [alone] = on_gpu.run_batch([film])
        assert_alike(one.data, alone.data)


def test_maps_are_the_processors(on_gpu, on_processor, films, runs):
    runs.clear()
    on_processor.run_batch(films[-1:])
    on_gpu.run_batch(films[-1:])
    half = len(runs) // 2
    assert half
    for (where, given, one), (elsewhere, same, other) in zip(runs[:half], runs[half:], strict=True):
        assert (where, elsewhere) == (PROCESSOR, GPU)
        assert np.abs(given - same).max() < 1e-3
        assert np.abs(one - other).max() < 1e-4


def test_many_films_are_one_run_of_each_network(on_gpu, films, runs):
    runs.clear()
    on_gpu.run_batch(films)
    assert max(len(given) for _, given, _ in runs) == len(films)


def assert_alike(one, other):
    """Two reports on a film, but for the last digits."""
    if "landmarks" in one:
        moved = []
        for mine, theirs in zip(one["landmarks"], other["landmarks"], strict=True):
            assert mine["abbreviation"] == theirs["abbreviation"]
            assert abs(mine["confidence"] - theirs["confidence"]) <= 0.002
            moved.append(max(abs(mine["x"] - theirs["x"]), abs(mine["y"] - theirs["y"])))
        *others, farthest = sorted(moved)
        assert max(others) <= 0.2
        assert farthest <= 1
        assert one["image"] == other["image"]
        return
    assert one["modules"] == other["modules"]
    for kind, named in (("teeth", ["id", "status"]), ("diseases", ["type", "location"])):
        for mine, theirs in zip(one[kind], other[kind], strict=True):
            assert [mine[name] for name in named] == [theirs[name] for name in named]
            assert abs(mine["confidence"] - theirs["confidence"]) <= 0.002
            assert mine.get("box") == pytest.approx(theirs.get("box"), abs=6)
