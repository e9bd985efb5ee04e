"""Where films and hostile files for development lie, if they are here; never committed."""

import os
from pathlib import Path

from tests.template import ROOT


def _folder(variable: str, name: str) -> Path:
    named = os.environ.get(variable)
    return Path(named) if named else ROOT.parent / "shared" / name


def data() -> Path:
    """Real radiographs with annotations; ``$XRAY_DATA`` names another place."""
    return _folder("XRAY_DATA", "data")


def hostile() -> Path:
    """Input that must do no harm; ``$XRAY_HOSTILE`` names another place."""
    return _folder("XRAY_HOSTILE", "hostile")
