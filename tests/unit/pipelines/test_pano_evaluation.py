"""The data set's format and the metrics, on made-up outlines."""

import json

import numpy as np
import pytest
from PIL import Image

from pipelines.pano.evaluation.dataset import (
    DatasetInvalid,
    read_carious,
    read_layouts,
    read_toothed,
)
from pipelines.pano.evaluation.metrics import box_iou, dice, iou, score_teeth, summarise
from pipelines.pano.synthetic import draw


def square(x, y, side=20):
    return np.array([[x, y], [x + side, y], [x + side, y + side], [x, y + side]], dtype=float)


def write_dataset(root, seeds, size=(280, 560)):
    """A data set of drawn films: teeth, caries and layouts in the format of the real one."""
    for folder in ("images", "caries_masks"):
        (root / folder).mkdir(parents=True)
    entries, layouts = {}, []
    for seed in seeds:
        film = draw(seed, size)
        (root / "images" / f"drawn_{seed}.jpg").write_bytes(film.jpeg())
        teeth = [(fdi, line.round(1).tolist()) for fdi, line in film.teeth.items()]
        entries[f"drawn_{seed}"] = {
            "file": f"images/drawn_{seed}.jpg", "width": size[1], "height": size[0],
            "source": "A",
            "objects": [{"label": str(fdi), "polygon": line} for fdi, line in teeth]
            + [{"label": "Filling", "polygon": square(200, 120, 8).tolist()}],
        }  # fmt: skip
        layouts.append({
            "aspect": size[1] / size[0],
            "teeth": [[fdi, (np.array(line) / size[::-1]).tolist()] for fdi, line in teeth],
        })  # fmt: skip
        other = draw(seed + 1000, size)
        (root / "images" / f"carious_{seed}.jpg").write_bytes(other.jpeg())
        mask = np.zeros(size, dtype=bool)
        mask[140:150, 250:262] = True
        Image.fromarray(mask).save(root / "caries_masks" / f"carious_{seed}.png")
    (root / "teeth.json").write_text(json.dumps(entries))
    (root / "tooth_layouts.json").write_text(json.dumps(layouts))
    return root


def test_a_data_set_is_read(tmp_path):
    root = write_dataset(tmp_path, [1, 2])
    films = read_toothed(root)
    assert [film.name for film in films] == ["drawn_1", "drawn_2"]
    assert {fdi for fdi, _ in films[0].teeth} == draw(1, (280, 560)).teeth.keys()
    assert [kind for kind, _ in films[0].restorations] == ["filling"]
    carious = read_carious(root)
    assert carious[0].caries_mask().sum() == 120
    assert carious[0].size == (280, 560)
    assert len(carious[0].sha256()) == 64
    assert read_layouts(root)[0].aspect == 2.0


def test_what_is_not_there_is_empty_and_what_is_broken_is_named(tmp_path):
    assert read_toothed(tmp_path) == read_carious(tmp_path) == read_layouts(tmp_path) == []
    (tmp_path / "teeth.json").write_text('{"one": {"objects": []}}')
    with pytest.raises(DatasetInvalid, match=r"teeth\.json"):
        read_toothed(tmp_path)


def test_overlaps_are_what_geometry_says():
    assert iou(square(0, 0), square(0, 0)) == 1
    assert iou(square(0, 0, 99), square(50, 0, 99)) == pytest.approx(1 / 3, abs=0.01)
    assert iou(square(0, 0), square(100, 0)) == 0
    assert box_iou(square(0, 0), square(10, 0)) == pytest.approx(1 / 3)
    one, none = np.ones((3, 3), dtype=bool), np.zeros((3, 3), dtype=bool)
    assert (dice(one, one), dice(one, none), dice(none, none)) == (1.0, 0.0, 1.0)


def test_only_the_right_number_at_the_right_place_counts():
    true = {11: square(10, 10), 21: square(40, 10), 31: square(40, 60)}
    found = {11: square(11, 10), 22: square(40, 10), 31: square(70, 60)}
    score = score_teeth(found, true, [], (100, 100))
    assert score.right == {11}
    assert score.separated == 2
    figures = summarise([score])
    assert figures["numbering_precision"] == figures["numbering_recall"] == 0.3333
    assert figures["separation_recall"] == 0.6667
    assert figures["per_tooth_type"]["central incisor"]["n_teeth"] == 3
    assert figures["per_tooth_type"]["canine"]["numbering_f1"] is None


def test_supernumerary_teeth_count_as_tooth_and_not_as_number():
    alone = score_teeth({11: square(10, 10)}, {11: square(10, 10)}, [], (80, 80))
    extra = score_teeth({11: square(10, 10)}, {11: square(10, 10)}, [square(40, 10)], (80, 80))
    assert alone.dice == 1
    assert extra.dice == pytest.approx(2 / 3, abs=0.01)
    assert summarise([extra])["numbering_f1"] == 1
