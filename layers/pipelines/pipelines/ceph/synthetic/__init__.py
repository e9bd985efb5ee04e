"""Synthetic lateral cephalograms whose landmarks are known exactly.

For tests and demonstrations without patients, and to help training. They are drawings: scores on
them say nothing about real films and are always reported apart.
"""

from pipelines.ceph.synthetic.film import SyntheticFilm, draw

__all__ = ["SyntheticFilm", "draw"]
