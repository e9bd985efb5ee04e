"""Announcing an upload."""

import json

import msgspec
import pytest

from service.errors import ImageTooLarge, InvalidRequest, UnsupportedImage
from service.request_bodies import json_fields
from service.uploads import UploadRequest, Uploads
from service.validation import validated_json
from tests.builders import AnyType
from tests.fakes import FakeClock, MemoryFilmStore


@pytest.fixture
def uploads() -> Uploads:
    return Uploads(MemoryFilmStore(), FakeClock(), {"any": AnyType()})


def request(**changes: object) -> UploadRequest:
    body = {"fileName": "film.png", "contentType": "image/png", "size": 20_000_000} | changes
    return validated_json(json.dumps(body).encode(), UploadRequest)


def test_an_upload_has_an_id_and_a_form_whose_key_tells_nothing(uploads: Uploads) -> None:
    answer = msgspec.to_builtins(uploads("local", request(fileName="Doe^Jane.png")))
    assert set(answer) == {"uploadId", "url", "fields", "expiresAt"}
    assert answer["fields"]["key"] == f"uploads/local/{answer['uploadId']}"
    assert answer["expiresAt"] == "2026-01-02T03:19:05.000Z"
    assert "Doe" not in json.dumps(answer)


def test_every_upload_is_another(uploads: Uploads) -> None:
    assert uploads("local", request()).upload_id != uploads("local", request()).upload_id


def test_what_nobody_reads_is_refused(uploads: Uploads) -> None:
    with pytest.raises(UnsupportedImage, match="image/jpeg, image/png"):
        uploads("local", request(contentType="image/gif"))


def test_what_is_too_large_for_every_way_in_is_refused(uploads: Uploads) -> None:
    uploads("local", request(size=100_000_000))
    with pytest.raises(ImageTooLarge):
        uploads("local", request(size=100_000_001))


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"{}", "contentType: field required"),
        (b"[]", "body: "),
        (b"no JSON", "body: "),
        (b"", "body: "),
        (b'{"contentType": "image/png", "size": 0}', "size: "),
        (b'{"contentType": "image/png", "size": "large"}', "size: "),
        (b'{"contentType": "image/png", "size": "5"}', "size: "),
        (b'{"contentType": "image/png", "size": true}', "size: "),
        (b'{"contentType": "image/png", "size": 1, "patient": ""}', "patient: unknown field"),
    ],
)
def test_the_detail_names_what_is_wrong(body: bytes, detail: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        validated_json(body, UploadRequest)
    assert refused.value.detail.startswith(detail)


def test_a_size_is_a_whole_number_however_it_is_written(uploads) -> None:
    uploads("local", request(size=5.0))
    with pytest.raises(InvalidRequest, match="size: must be a whole number"):
        uploads("local", request(size=1.5))


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match="^body: "):
        json_fields(body)
