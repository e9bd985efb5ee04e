"""What differs between two sets of reports on the same films."""

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipelines.pano.findings import statuses
from xray.results import Result, measurements


def compare_results(first: Mapping[str, Result], second: Mapping[str, Result]) -> dict[str, Any]:
    """Compare two sets of results film by film.

    Args:
        first: Film → result.
        second: The same of the other set.

    Returns:
        JSON types: ``films``, how many are ``common``, and which are ``only_a``, ``only_b``;
        ``errors``, films that one of the sets could not read or both for different reasons;
        ``landmarks``, abbreviation → ``n``, ``mean_px``, ``max_px``, ``mean_mm``, ``max_mm`` (of
        films whose scale is known, else None) and the ``worst`` film; ``measurements``, name →
        ``n``, mean and ``sd`` of B − A, ``max_abs`` and the ``worst`` film; ``teeth``, changes of
        status by film, and ``changes``, how often each occurs; ``models``, what served either.
    """
    common = [name for name in first if name in second]
    pairs = [(name, first[name], second[name]) for name in common]
    read = [(name, a.data, b.data) for name, a, b in pairs if a.data and b.data]
    teeth = {name: changed for name, a, b in read if (changed := _status_changes(a, b))}
    return {
        "films": {
            "common": len(common),
            "only_a": [name for name in first if name not in second],
            "only_b": [name for name in second if name not in first],
        },
        "models": {"a": _models(first.values()), "b": _models(second.values())},
        "errors": {
            name: {"a": a.error, "b": b.error} for name, a, b in pairs if _code(a) != _code(b)
        },
        "landmarks": _landmarks(read),
        "measurements": _measurements(read),
        "teeth": teeth,
        "changes": dict(
            Counter(
                f"{one['a']} → {one['b']}" for film in teeth.values() for one in film
            ).most_common()
        ),
    }


_Read = Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any]]]


def _landmarks(read: _Read) -> dict[str, Any]:
    moved: dict[str, list[tuple[float, float | None, str]]] = {}
    for film, a, b in read:
        before, after = _points(a), _points(b)
        pitch_y, pitch_x = _spacing(a) or _spacing(b) or (math.nan, math.nan)
        for name in before.keys() & after.keys():
            dx, dy = after[name][0] - before[name][0], after[name][1] - before[name][1]
            mm = math.hypot(dx * pitch_x, dy * pitch_y)
            entry = (math.hypot(dx, dy), None if math.isnan(mm) else mm, film)
            moved.setdefault(name, []).append(entry)
    order = [name for _, a, _ in read[:1] for name in _points(a)]
    names = [name for name in dict.fromkeys([*order, *sorted(moved)]) if name in moved]
    return {name: _moves(moved[name]) for name in names}


def _moves(entries: Sequence[tuple[float, float | None, str]]) -> dict[str, Any]:
    px = [entry[0] for entry in entries]
    mm = [entry[1] for entry in entries if entry[1] is not None]
    return {
        "n": len(entries),
        "mean_px": round(statistics.fmean(px), 3),
        "max_px": round(max(px), 3),
        "mean_mm": round(statistics.fmean(mm), 3) if mm else None,
        "max_mm": round(max(mm), 3) if mm else None,
        "worst": max(entries, key=lambda entry: entry[0])[2] if any(px) else None,
    }


def _measurements(read: _Read) -> dict[str, Any]:
    differences: dict[str, list[tuple[float, str]]] = {}
    for film, a, b in read:
        before, after = measurements(a), measurements(b)
        for name, value in before.items():
            other = after.get(name)
            if value is not None and other is not None:
                differences.setdefault(name, []).append((other - value, film))
    return {name: _spread(entries) for name, entries in differences.items()}


def _spread(entries: Sequence[tuple[float, str]]) -> dict[str, Any]:
    values = [value for value, _ in entries]
    largest, film = max(entries, key=lambda entry: abs(entry[0]))
    return {
        "n": len(values),
        "mean": round(statistics.fmean(values), 4),
        "sd": round(statistics.stdev(values), 4) if len(values) > 1 else None,
        "max_abs": round(abs(largest), 4),
        "worst": film if largest else None,
    }


def _status_changes(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[dict[str, Any]]:
    before, after = statuses(a), statuses(b)
    return [
        {"tooth": tooth, "a": before.get(tooth), "b": after.get(tooth)}
        for tooth in sorted(before.keys() | after.keys())
        if before.get(tooth) != after.get(tooth)
    ]


def _points(data: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    return {one["abbreviation"]: (one["x"], one["y"]) for one in data.get("landmarks") or ()}


def _spacing(data: Mapping[str, Any]) -> tuple[float, float] | None:
    spacing = (data.get("image") or {}).get("pixelSpacing")
    return (spacing[0], spacing[1]) if spacing else None


def _models(results: Iterable[Result]) -> list[str]:
    return sorted({f"{name} {v}" for result in results for name, v in result.models.items()})


def _code(result: Result) -> int | None:
    return result.error["code"] if result.error else None
