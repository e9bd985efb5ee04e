"""The page's dictionaries: nothing is missing in either language, and nothing is unused."""

import json
import re

import pytest

from pipelines.ceph.analyses import definitions
from pipelines.pano import fdi
from service.errors import FailureCode, ServiceError
from xray.web.server import STATIC

LANGUAGES = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in (STATIC / "locales").glob("*.json")
}
TOOTH_STATUSES = [
    "healthy", "caries", "filled", "crown", "bridge", "implant", "root_canal", "residual_root",
    "impacted", "missing", "unknown",
]  # fmt: skip
FOUND = ["filling", "mild", "moderate", "severe", "teeth", "restorations"]


def sources() -> str:
    files = [*STATIC.rglob("*.js"), STATIC / "index.html"]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_the_languages_have_the_same_words():
    assert set(LANGUAGES) == {"en", "zh"}
    for part in ("words", "terms"):
        assert list(LANGUAGES["en"][part]) == list(LANGUAGES["zh"][part])


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_empty_and_all_fill_in_the_same_values(language):
    for key, text in LANGUAGES[language]["words"].items():
        assert text.strip(), key
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(
            re.findall(r"\{\w+\}", LANGUAGES["en"]["words"][key])
        ), key


def test_every_word_that_the_page_says_is_there_and_every_word_is_said():
    source = sources()
    said = set(re.findall(r"""\bt\(\s*"([\w.-]+)\"""", source))
    said |= set(re.findall(r"""data-t(?:-\w+)?="([\w.-]+)\"""", source))
    families = tuple(re.findall(r"\bt\(\s*`([\w.]+\.)\$\{", source))
    words = set(LANGUAGES["en"]["words"])
    assert said - words == set()
    # Some are chosen between before they are said.
    quoted = {key for key in words if f'"{key}"' in source}
    assert {key for key in words - quoted if not key.startswith(families)} == set()


def test_every_term_of_the_reports_is_translated():
    ceph = definitions()
    measures = [one for analysis in ceph["analyses"] for one in analysis["measurements"]]
    terms = {one["name"] for one in ceph["landmarks"]}
    terms |= {one["name"] for one in [*measures, *ceph["isbi"]]} | set(ceph["notMeasurable"])
    terms |= {words for one in measures for words in one["readings"]}
    terms |= {band["reading"] for one in ceph["isbi"] for band in one["bands"]}
    terms |= {*ceph["reasons"].values(), *ceph["notMeasurable"].values()}
    terms |= {fdi.name(number) for number in fdi.NUMBERS}
    terms |= {*TOOTH_STATUSES, *FOUND}
    assert terms == set(LANGUAGES["zh"]["terms"])
    explained = {f"explain.{one['name']}" for one in [*measures, *ceph["isbi"]]}
    patterns = {f"growth.{words}" for one in ceph["growthPattern"] for words in one["words"]}
    assert explained | patterns <= set(LANGUAGES["zh"]["words"])


def test_every_error_of_the_contract_is_explained():
    def codes(kind):
        found = {kind.code} if "code" in vars(kind) else set()
        return found.union(*(codes(one) for one in kind.__subclasses__()))

    known = set(LANGUAGES["zh"]["words"])
    assert {f"error.{code}" for code in {*codes(ServiceError), *FailureCode}} <= known
