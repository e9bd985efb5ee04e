"""Success classification rates by hand."""

from pipelines.ceph.analyses.isbi import MEASURES
from pipelines.ceph.evaluation.classes import success_rates

NAMES = [one.name for one in MEASURES]


def films(*classes):
    return [dict.fromkeys(NAMES, number) for number in classes]


def test_rates_by_hand():
    rates = success_rates(films(1, 1, 1, 1, 2, 2), films(1, 1, 1, 2, 2, 3))

    assert list(rates) == [*NAMES, "mean"]
    assert rates["ANB"] == {
        "accuracy": 66.67,  # 4 of 6
        "diagonal": 62.5,  # (3/4 + 1/2) / 2: no film is truly of class 3
        "confusion": [[3, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
    }
    assert rates["mean"] == {"accuracy": 66.67, "diagonal": 62.5}


def test_a_measure_that_a_film_lacks_counts_in_nothing():
    truth, read = films(1, 2), films(1, 2)
    truth[0]["MW"], read[1]["MW"] = None, None
    rates = success_rates(truth, read)

    assert (rates["MW"]["accuracy"], rates["MW"]["diagonal"]) == (None, None)
    assert rates["mean"] == {"accuracy": 100.0, "diagonal": 100.0}


def test_rates_of_no_film_are_none():
    assert success_rates([], [])["mean"] == {"accuracy": None, "diagonal": None}
