"""What the cost model says, and that the page says the same."""

import json
import re

import pytest
from typer.testing import CliRunner

from tests.template import ROOT, properties_of, template
from xray.cli import app
from xray.cost import model, usage
from xray.cost.command import dollars
from xray.cost.prices import PRICES, READ_ON

PAGE = (ROOT / "docs/cost.md").read_text()


def total(parts: dict[str, float]) -> float:
    return sum(parts.values())


@pytest.mark.parametrize("kind", usage.FILMS)
def test_more_films_make_each_cheaper_and_the_month_dearer(kind: str) -> None:
    few, many = dollars(1_000, kind), dollars(100_000, kind)
    for design in few:
        assert total(many[design]) < total(few[design])
        assert total(many[design]) * 100 > total(few[design])
        assert all(cost > 0 for cost in few[design].values())


def test_a_reader_costs_its_time_and_memory() -> None:
    film = usage.FILMS["pano"]
    seconds = film.read_s + usage.READER_CALLS_S
    expected = 1000 * (0.20e-6 + seconds * 3008 / 1024 * 0.0000166667)
    assert dollars(10_000, "pano")["cpu"]["reading"] == pytest.approx(expected)


def test_an_instance_is_awake_for_each_film_while_there_are_few_and_then_for_all_hours() -> None:
    awake = [dollars(n, "ceph")["sagemaker async"]["reading"] * n / 1000 for n in (10, 10_000)]
    put = PRICES["put"].usd
    assert awake[0] == pytest.approx(10 * usage.GPU_AWAKE_PER_VISIT_H * 0.736 + 10 * put)
    assert awake[1] == pytest.approx(220 * 0.736 + 10_000 * put)


def test_an_instance_that_is_full_is_joined_by_another() -> None:
    films = int(220 * 3600 / usage.GPU_READ_S)
    one, two = (dollars(n, "ceph")["gpu, always on"]["reading"] * n for n in (films, films + 1))
    assert two == pytest.approx(2 * one)


def test_the_memory_is_the_templates() -> None:
    default = template()["Globals"]["Function"]["MemorySize"]
    assert properties_of("SubmitFunction")["MemorySize"] == model._SUBMIT_GB * 1024
    assert properties_of("InferFunction")["MemorySize"] == model._READER_GB * 1024
    for name in ("CallbackFunction", "RecoverFunction"):
        assert properties_of(name).get("MemorySize", default) == model._SMALL_GB * 1024


def test_every_price_names_its_page() -> None:
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", READ_ON)
    for price in PRICES.values():
        assert price.usd > 0
        assert price.page.startswith("aws.amazon.com/")


def test_the_page_has_the_commands_numbers() -> None:
    rows = re.findall(r"^\| (ceph|pano) \| ([\d,]+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 8
    for kind, films, numbers in rows:
        costs = dollars(int(films.replace(",", "")), kind).values()
        written = [float(number.replace(",", "")) for number in numbers.split(" | ")]
        # An alarm or a call more need not change the page; what a reader would decide by must.
        assert written == pytest.approx([total(cost) for cost in costs], rel=0.1)


def test_the_command_prints_and_writes(tmp_path) -> None:
    file = tmp_path / "cost.json"
    done = CliRunner().invoke(app, ["cost", "--films-per-month", "500", "--json", str(file)])
    assert done.exit_code == 0
    assert "sagemaker" in done.stdout
    written = json.loads(file.read_text())["usd_per_1000_films"]
    assert written["cpu"] == pytest.approx(dollars(500, "ceph")["cpu"])


def test_an_unknown_type_is_refused() -> None:
    assert CliRunner().invoke(app, ["cost", "--type", "knee"]).exit_code == 2
