"""Reports drawn on their films, for people to look at."""

from pipelines.overlay.picture import render

__all__ = ["render"]
