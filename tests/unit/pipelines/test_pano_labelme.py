"""labelme files of panoramics."""

import json

import numpy as np
import pytest
from PIL import Image

from pipelines.pano.evaluation.dataset import DatasetInvalid, read_carious, read_toothed
from tests.unit.pipelines.test_pano_evaluation import square


def write(folder, name, shapes, changed=None):
    Image.new("L", (200, 100)).save(folder / f"{name}.png")
    content = {
        "imagePath": f"{name}.png", "imageWidth": 200, "imageHeight": 100,
        "shapes": [
            {"label": label, "shape_type": "polygon", "points": line.tolist()}
            for label, line in shapes
        ],
    }  # fmt: skip
    (folder / f"{name}.json").write_text(json.dumps({**content, **(changed or {})}))


def test_teeth_restorations_and_caries_are_read(tmp_path):
    write(tmp_path, "a", [("11", square(10, 10)), ("Filling", square(12, 12, 5)),
                          ("91", square(50, 10)), ("pencil", square(0, 0))])  # fmt: skip
    write(tmp_path, "b", [("caries", square(30, 40, 9))])

    (toothed,) = read_toothed(tmp_path)
    assert [fdi for fdi, _ in toothed.teeth] == [11, 91]
    assert [kind for kind, _ in toothed.restorations] == ["filling"]
    assert not toothed.carious
    none, some = read_carious(tmp_path)  # caries was annotated in this folder, and a has none
    assert none.caries_mask().sum() == 0
    assert some.size == (100, 200)
    rows, columns = np.nonzero(some.caries_mask())
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (40, 49, 30, 39)
    assert not some.teeth


def test_what_nobody_annotated_is_not_known(tmp_path):
    write(tmp_path, "a", [("11", square(10, 10))])
    assert read_toothed(tmp_path)[0].restorations is None
    assert read_carious(tmp_path) == []


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"imagePath": "elsewhere.png"}, "missing: elsewhere.png"),
        ({"imageWidth": 300}, "another size"),
        ({"shapes": [{"label": "11", "shape_type": "polygon", "points": [[1, 2]]}]}, "no outline"),
        ({"shapes": 3}, "no labelme file"),
    ],
)
def test_what_is_broken_is_named(tmp_path, more, says):
    write(tmp_path, "a", [], more)
    with pytest.raises(DatasetInvalid, match=says):
        read_toothed(tmp_path)
