"""What a file is, judged by its first bytes and never by its name.

Enough to refuse at the door what no pipeline could read. Whether a film can really be decoded is
found where it is decoded.
"""

from collections.abc import Iterable

from service.errors import UnsupportedImage

HEAD_BYTES = 132  # DICOM's magic ends there
_BMP_HEADER_SIZES = {12, 16, 40, 52, 56, 64, 108, 124}  # every version of the DIB header


def media_type_of(content: bytes) -> str | None:
    """Name the media type of a file.

    Args:
        content: The file, or at least its first ``HEAD_BYTES``.

    Returns:
        ``image/jpeg``, ``image/png``, ``image/bmp``, ``application/dicom``, or ``None``.
    """
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[128:132] == b"DICM":
        return "application/dicom"
    if content.startswith(b"BM") and int.from_bytes(content[14:18], "little") in _BMP_HEADER_SIZES:
        return "image/bmp"
    return None


def accepted_media_type(content: bytes, accepted: frozenset[str]) -> str:
    """Name the media type of a file that a task type can read.

    Args:
        content: As for :func:`media_type_of`.
        accepted: The media types that the task type reads.

    Raises:
        UnsupportedImage: It is none of them.
    """
    media = media_type_of(content)
    if media is None or media not in accepted:
        raise UnsupportedImage(f"image: the content is none of {_names(accepted)}")
    return media


def _names(media: Iterable[str]) -> str:
    return ", ".join(sorted(name.rpartition("/")[2].upper() for name in media))
