"""The film with its reading drawn on it, as a file that goes to the client."""

import io
import logging
from collections.abc import Mapping
from typing import Any

from pipelines.base import OVERLAY, Artefact
from pipelines.film import Film
from pipelines.overlay.picture import draw

_QUALITY = 85  # of the JPEG: lines stay sharp, and a film takes a few hundred kilobytes
_log = logging.getLogger(__name__)


def overlay_of(film: Film, data: Mapping[str, Any]) -> dict[str, Artefact]:
    """Draw a reading.

    Args:
        film: Decoded to what is :data:`~pipelines.overlay.picture.ENOUGH`, or finer.
        data: The report.

    Returns:
        The artefact under its name. None if it cannot be drawn: a reading is worth more.
    """
    out = io.BytesIO()
    try:
        draw(film, {"data": data}).save(out, "JPEG", quality=_QUALITY)
    except Exception as error:  # noqa: BLE001 - whatever it is, the reading stands
        _log.warning("no overlay: %s", type(error).__name__)
        return {}
    return {OVERLAY: Artefact(out.getvalue(), "image/jpeg")}
