"""How far landmarks lie from the truth (ISBI 2015 challenge, Wang et al. 2016)."""

from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.ceph.landmarks import ABBREVIATIONS

THRESHOLDS_MM = (2.0, 2.5, 3.0, 4.0)


def summary(errors_mm: npt.NDArray[np.float64]) -> dict[str, Any]:
    """The challenge's figures.

    Args:
        errors_mm: Radial errors ``(films, 19)`` in mm: R = ‖prediction − truth‖ · mm/px.

    Returns:
        ``n_films``; ``mre_mm``, the mean of R; ``sd_mm``, its deviation with N − 1; ``sdr``, for
        each threshold z the percentage of R ≤ z; ``per_landmark`` the same by abbreviation. With
        no film, the figures are None.
    """
    return {
        "n_films": len(errors_mm),
        **_figures(errors_mm.ravel()),
        "per_landmark": {
            name: _figures(errors_mm[:, index]) for index, name in enumerate(ABBREVIATIONS)
        },
    }


def _figures(errors_mm: npt.NDArray[np.float64]) -> dict[str, Any]:
    known, spread = errors_mm.size > 0, errors_mm.size > 1
    return {
        "mre_mm": round(float(errors_mm.mean()), 4) if known else None,
        "sd_mm": round(float(errors_mm.std(ddof=1)), 4) if spread else None,
        "sdr": {
            str(limit): round(100 * float((errors_mm <= limit).mean()), 2) if known else None
            for limit in THRESHOLDS_MM
        },
    }
