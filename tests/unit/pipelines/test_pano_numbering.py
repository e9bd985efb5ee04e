"""Numbers of teeth: their order, their mirror image, and their choice by geometry and evidence."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from pipelines.pano import fdi, numbering
from pipelines.pano.modules.teeth.predictor import box_of
from pipelines.pano.numbering import Candidate, assign, expected_places, prevalence
from pipelines.pano.regions import fill
from pipelines.pano.synthetic.film import dentition

SIZE = (500, 1000)
GEOMETRY = Path(numbering.__file__).with_name("geometry.json")


def candidates(teeth, wrong=0.0, seed=0):
    """Candidates of a drawn dentition; the evidence is off by one column now and then."""
    chance = np.random.default_rng(seed)
    out = []
    for number, line in teeth.items():
        jaw, column = fdi.slot(number)
        if wrong is not None and chance.random() < wrong:
            column = min(max(column + int(chance.choice([-1, 1])), 0), 15)
        columns = np.full(16, 1 / 16 if wrong is None else 0.02)
        columns[column] += 0 if wrong is None else 0.7
        box = (*line.min(axis=0), *line.max(axis=0))
        out.append(Candidate(1.0 - jaw, columns / columns.sum(), box))
    return out


def share_right(wrong, seeds):
    right = total = 0
    for seed in seeds:
        teeth = dentition(np.random.default_rng(seed), SIZE)
        names = list(teeth)
        found = assign(candidates(teeth, wrong, seed), SIZE[1] / 2)
        assert len({one.fdi for one in found}) == len(found)
        right += sum(names[one.candidate] == one.fdi for one in found)
        total += len(teeth)
    return right / total


def test_the_numbers_are_the_32_of_fdi():
    assert len(set(fdi.NUMBERS)) == 32
    assert {number // 10 for number in fdi.NUMBERS} == {1, 2, 3, 4}
    assert {number % 10 for number in fdi.NUMBERS} == set(range(1, 9))
    assert all(fdi.number(*fdi.slot(number)) == number for number in fdi.NUMBERS)
    assert not any(fdi.is_permanent(number) for number in (0, 19, 51, 85, 91))


def test_the_patients_right_is_on_the_images_left():
    assert fdi.slot(18) == (fdi.UPPER, 0)
    assert fdi.slot(38) == (fdi.LOWER, 15)
    assert fdi.name(36) == "lower left first molar"


@pytest.mark.parametrize(("number", "other"), [(11, 21), (28, 18), (36, 46), (43, 33)])
def test_a_flip_swaps_sides_and_keeps_jaw_and_type(number, other):
    assert fdi.mirrored(number) == other
    assert fdi.mirrored(other) == number
    assert fdi.tooth_type(number) == fdi.tooth_type(other)


def test_geometry_alone_numbers_most_teeth_of_gapped_dentitions():
    assert share_right(None, range(40)) > 0.80


def test_evidence_that_errs_for_every_fifth_tooth_is_set_right_by_geometry():
    assert share_right(0.2, range(40)) > 0.95


def test_gaps_keep_their_numbers_free():
    teeth = dentition(np.random.default_rng(5), SIZE)
    kept = {number: line for number, line in teeth.items() if number not in (36, 35, 14, 21)}
    found = assign(candidates(kept), SIZE[1] / 2)
    assert {one.fdi for one in found} == kept.keys()


def test_a_doubled_tooth_stays_without_a_number():
    teeth = dentition(np.random.default_rng(2), SIZE)
    given = candidates(teeth)
    given.append(given[3])
    found = assign(given, SIZE[1] / 2)
    assert len(found) == len(teeth)


def test_no_teeth_have_no_numbers():
    assert assign([], 500) == []


def test_places_of_missing_teeth_are_between_their_neighbours():
    teeth = dentition(np.random.default_rng(2), SIZE)
    known = {number: float(line[:, 0].mean()) for number, line in teeth.items()}
    del known[44]
    places = expected_places(known)
    assert known[45] < places[44] < known[43]


def test_prevalence_is_lowest_for_third_molars():
    shares = prevalence()
    assert sorted(shares) == sorted(fdi.NUMBERS)
    assert {number % 10 for number in sorted(shares, key=shares.__getitem__)[:4]} == {8}


def test_a_box_goes_around_the_mask():
    mask = fill(np.array([[2, 3], [6, 3], [6, 9], [2, 9]]), (20, 20))
    assert box_of(mask) == (1.5, 2.5, 6.5, 9.5)


def likelihood(path, teeth, jaw):
    """Of a jaw's teeth having these columns, from the layouts' file."""
    unit = float(np.median([one.box[3] - one.box[1] for one in teeth]))
    total, before = -6.0 * (len(teeth) - len(path)), None

    def fit(value, mean, spread):
        return -0.5 * min(abs(value - mean) / max(spread, 0.06), 4.5) ** 2

    for index, column in path:
        one, (x0, y0, x1, y1) = teeth[index], teeth[index].box
        x = ((x0 + x1) / 2 - SIZE[1] / 2) / unit
        total += np.log(max(one.columns[column], 1e-3))
        total += 0.15 * fit(x, *jaw["place"][column])
        total += 0.25 * fit((x1 - x0) / unit, *jaw["width"][column])
        total += 0.25 * fit((y1 - y0) / unit, *jaw["height"][column])
        if before is not None:
            ahead, steps = column - before[1] - 1, jaw["step"][before[1]]
            odd = ahead >= len(steps)
            total += 0.5 * (-0.5 * 4.5**2 if odd else fit(x - before[0], *steps[ahead]))
        before = (x, column)
    return total


@pytest.mark.parametrize("seed", range(3))
def test_no_other_numbers_of_four_teeth_are_likelier(seed):
    jaw = json.loads(GEOMETRY.read_text())["lower"]
    drawn = dentition(np.random.default_rng(seed), SIZE)
    lower = {one: line for one, line in drawn.items() if fdi.slot(one)[0] == fdi.LOWER}
    kept = dict(sorted(lower.items(), key=lambda one: one[1][:, 0].mean())[2::4])
    teeth = candidates(kept, None)
    found = assign(teeth, SIZE[1] / 2)
    best = likelihood([(one.candidate, fdi.slot(one.fdi)[1]) for one in found], teeth, jaw)
    for count in range(1, len(teeth) + 1):
        for some in itertools.combinations(range(len(teeth)), count):
            for columns in itertools.combinations(range(16), count):
                path = list(zip(some, columns, strict=True))
                assert likelihood(path, teeth, jaw) <= best + 1e-9
