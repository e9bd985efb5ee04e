"""Films that face left: read as in a mirror, reported as they were submitted.

The network knows faces that look to the right. On a face that looks to the left it is lost, and
its heatmaps say so: on real held-out films their mean mass is 0.54–0.63 the right way round and
0.09–0.18 the wrong way. So a film is read as it is, and only one that the network is not sure of is
read again in the mirror; the surer reading counts.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np

from pipelines.canvas import Points
from pipelines.ceph.modules.landmarks.predictor import Prediction
from pipelines.film import Film


@dataclass(frozen=True)
class Reading:
    """Landmarks of a film, turned so that the face looks to the right.

    Attributes:
        film: The film, or its mirror image.
        prediction: With points in pixels of ``film``.
        mirrored: Whether ``film`` is the mirror image: the face looks to the left.
    """

    film: Film
    prediction: Prediction
    mirrored: bool

    def submitted_points(self) -> Points:
        """The points ``(19, 2)`` in pixels of the film as it was submitted."""
        points = self.prediction.points.copy()
        if self.mirrored:
            points[:, 0] = _columns(self.film) - 1 - points[:, 0]
        return points


def read_either_way(film: Film, sure: float) -> Generator[Film, Prediction, Reading]:
    """Read a film that faces right or left.

    Args:
        film: The film.
        sure: Mean mass from which the first reading is trusted without a second.

    Yields:
        What is to be read as a film that faces right; it is sent what was read.

    Returns:
        The surer reading.
    """
    straight = Reading(film, (yield film), mirrored=False)
    if straight.prediction.masses.mean() >= sure:
        return straight
    mirror = replace(film, pixels=np.ascontiguousarray(film.pixels[:, ::-1]))
    other = Reading(mirror, (yield mirror), mirrored=True)
    surer = other.prediction.masses.mean() > straight.prediction.masses.mean()
    return other if surer else straight


def _columns(film: Film) -> int:
    """The columns that the decoded pixels stand for.

    A film decoded at an eighth of its size is rounded up to whole pixels; in the mirror, what was
    rounded up lies on the left.
    """
    rows, columns = film.pixels.shape
    return int(columns * max(1, round(film.height / rows)))
