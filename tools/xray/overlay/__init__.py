"""Reports drawn on their films, for people to look at."""

from xray.overlay.picture import render

__all__ = ["render"]
