"""Faces: landmarks sampled from the statistics of real ones."""

import json
from pathlib import Path

import numpy as np

from pipelines.ceph.landmarks import ABBREVIATIONS
from pipelines.ceph.synthetic.sheet import Curve

_LIMIT = 2.0  # standard deviations of a mode: rarer faces are often impossible ones


def sample(chance: np.random.Generator) -> dict[str, Curve]:
    """Sample a face.

    Args:
        chance: Source of chance.

    Returns:
        Abbreviation → point ``(2,)`` in mm, origin Sella, x towards Nasion, y down.
    """
    path = Path(__file__).with_name("shape.json")
    statistics = json.loads(path.read_text(encoding="utf-8"))
    deviations = np.sqrt(np.array(statistics["variances_mm2"]))
    weights = np.clip(chance.standard_normal(len(deviations)), -_LIMIT, _LIMIT) * deviations
    points = np.array(statistics["mean_mm"]) + (weights @ np.array(statistics["modes"])).reshape(
        -1, 2
    )
    return dict(zip(ABBREVIATIONS, points, strict=True))
