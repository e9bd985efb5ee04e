"""Synthetic panoramics: no patient's, with exact outlines; numpy and Pillow only."""

from pipelines.pano.synthetic.film import SyntheticPano, draw

__all__ = ["SyntheticPano", "draw"]
