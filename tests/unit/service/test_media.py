"""What a file is, by its first bytes."""

from pathlib import Path

import pytest

from service.media import media_type_of
from tests.shared import hostile


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\nrest", "image/png"),
        (b"BM" + bytes(12) + (40).to_bytes(4, "little") + bytes(40), "image/bmp"),
        (bytes(128) + b"DICM", "application/dicom"),
        (b"BM is how this text begins, and it is long enough", None),
        (b"GIF89a", None),
        (b"II*\0", None),
        (b"%PDF-1.7", None),
        (b"<svg/>", None),
        (b"", None),
    ],
)
def test_content_decides(content: bytes, media: str | None) -> None:
    assert media_type_of(content) == media


@pytest.mark.skipif(not hostile().is_dir(), reason="the shared folder 'hostile' is not here")
def test_what_must_be_accepted_later_passes_the_door() -> None:
    lines = (hostile() / "MANIFEST.csv").read_text().splitlines()[1:]
    files = [line.split(",") for line in lines]
    accepted = [Path(name) for name, _, must, *_ in files if must == "accept"]
    assert accepted
    refused = [
        str(path)
        for path in accepted
        if media_type_of((hostile() / "images" / path).read_bytes()) is None
    ]
    assert refused == []
