"""Multipart bodies, well made and otherwise."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.form import parse_form
from service.errors import ImageTooLarge, InvalidRequest, ServiceError
from tests.builders import form_body
from tests.shared import hostile

BIG = 1_000_000


def test_fields_and_file_are_found() -> None:
    form = parse_form(*form_body({"taskType": "ceph", "note": "Röntgen"}, b"film"), "image", BIG)
    assert form.fields == {"taskType": "ceph", "note": "Röntgen"}
    assert form.file == b"film"


@given(st.binary(min_size=1, max_size=2000))
def test_a_file_is_the_same_bytes_whatever_they_are(film: bytes) -> None:
    boundary = "a-boundary-that-no-generated-film-contains"
    assert parse_form(*form_body({}, film, boundary), "image", BIG).file == film


def test_a_file_may_contain_what_looks_like_a_boundary() -> None:
    film = b"\xff\xd8 --b0undary \r\n--b0undarx\r\n \xff\xd9"
    assert parse_form(*form_body({}, film), "image", BIG).file == film


def test_a_file_name_in_the_extended_form_is_no_obstacle() -> None:
    content_type, body = form_body({}, b"film")
    body = body.replace(b'filename="film.jpg"', b"filename*=UTF-8''f%C3%BClm.jpg")
    assert parse_form(content_type, body, "image", BIG).file == b"film"


@pytest.mark.parametrize("cut", [1, 3, 10, 20, 60, 100])
def test_a_body_cut_off_anywhere_is_refused(cut: int) -> None:
    content_type, body = form_body({"taskType": "ceph"}, b"x" * 200)
    with pytest.raises(InvalidRequest, match="body: malformed or cut off"):
        parse_form(content_type, body[: -2 - cut], "image", BIG)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "multipart/form-data",
        "multipart/mixed; boundary=b0undary",
        "x" * 9999,
    ],
)
def test_another_content_type_is_refused(content_type: str) -> None:
    with pytest.raises(InvalidRequest, match="^Content-Type: "):
        parse_form(content_type, form_body({}, b"film")[1], "image", BIG)


def test_a_form_may_come_without_a_file() -> None:
    form = parse_form(*form_body({"imageUrl": "https://a.example"}, None), "image", BIG)
    assert (form.fields, form.file) == ({"imageUrl": "https://a.example"}, None)


def test_what_is_wrong_is_named() -> None:
    cases: list[tuple[dict[str, str], bytes | None, str]] = [
        ({}, b"", "image: is empty"),
        ({}, None, "body: has no part"),
        ({"image": "text"}, b"film", "image: given twice"),
        ({"note": "x" * 9000}, b"film", "note: longer than 8192 bytes"),
        ({f"f{n}": "x" for n in range(40)}, b"film", "body: too many or too large parts"),
    ]
    for fields, file, detail in cases:
        with pytest.raises(InvalidRequest) as refused:
            parse_form(*form_body(fields, file), "image", BIG)
        assert refused.value.detail == detail


def test_a_field_that_is_not_text_is_refused() -> None:
    content_type, body = form_body({"note": "NOTE"}, b"film")
    with pytest.raises(InvalidRequest, match="not UTF-8"):
        parse_form(content_type, body.replace(b"NOTE", b"\xff\xfe\xfd\xfc"), "image", BIG)


def test_a_file_over_the_bound_is_too_large() -> None:
    assert parse_form(*form_body({}, b"x" * 100), "image", 100).file == b"x" * 100
    with pytest.raises(ImageTooLarge):
        parse_form(*form_body({}, b"x" * 101), "image", 100)


@given(st.binary(max_size=500), st.text(max_size=80))
def test_no_body_and_no_header_does_harm(body: bytes, content_type: str) -> None:
    for header in (content_type, "multipart/form-data; boundary=b"):
        with pytest.raises(ServiceError):
            parse_form(header, body, "image", BIG)


def _corpus() -> list[Path]:
    return sorted(hostile().rglob("*.http")) if hostile().is_dir() else []


# What other parsers take and this one refuses: parts in a transfer encoding, which no form may have
# any more (RFC 7578); a delimiter that goes on where its line should end; a header whose name is no
# word; no part at all.
_REFUSED_THOUGH_VALID = {
    "almost_match_boundary_without_CR",
    "almost_match_boundary_without_LF",
    "almost_match_boundary_without_final_hyphen",
    "base64_encoding",
    "empty_message",
    "header_with_number",
    "mixed_case_headers",
    "mixed_plain_and_base64_encoding",
    "quoted_printable_encoding",
    "single_field_blocks",
}


@pytest.mark.skipif(not _corpus(), reason="the shared folder 'hostile' is not here")
@pytest.mark.parametrize("case", _corpus(), ids=lambda path: path.stem)
def test_the_corpus_is_parsed_or_refused_and_never_misread(case: Path) -> None:
    description = yaml.safe_load(case.with_suffix(".yaml").read_text())
    content_type = f"multipart/form-data; boundary={description['boundary']}"
    expected = description["expected"]
    files = (
        [part for part in expected if part["type"] == "file"] if isinstance(expected, list) else []
    )
    wanted = files[0]["name"] if files else "image"
    try:
        form = parse_form(content_type, case.read_bytes(), wanted, BIG)
    except InvalidRequest:
        assert isinstance(expected, dict) or case.stem in _REFUSED_THOUGH_VALID
        return
    assert isinstance(expected, list), "a malformed body was accepted"
    contents = {part["name"]: part["data"] for part in expected}
    assert form.file == contents.pop(wanted, None)
    assert {name: text.encode() for name, text in form.fields.items()} == contents
