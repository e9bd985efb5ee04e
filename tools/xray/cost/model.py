"""Four ways to run the same service, and what each part of them costs in a month."""

import math
from dataclasses import dataclass

from xray.cost import usage
from xray.cost.prices import usd
from xray.cost.usage import HOURS_PER_MONTH, Film

Parts = dict[str, float]

_DISK_GB = 100  # assumed: system, CUDA and the image
_SUBMIT_GB = 1.0  # the functions' memory in template.yaml; a test compares
_READER_GB = 3008 / 1024
_SMALL_GB = 0.5


@dataclass(frozen=True)
class Load:
    """What comes in a month.

    Attributes:
        films: How many.
        film: Of which kind.
        busy_hours: Hours of the month in which they come, evenly.
        queues: Queues that have a trigger.
        alarms: Alarms of the stack.
        metrics: Metrics of its own.
    """

    films: int
    film: Film
    busy_hours: float
    queues: int
    alarms: int
    metrics: int


def designs(load: Load) -> dict[str, Parts]:
    """Design → part → dollars a month."""
    common = _door(load) | _keeping(load) | _delivery(load) | _watching(load)
    queues = {"queues": usd("message", load.films * usage.CALLS["messages"]) + _polling(load)}
    awake = _gpu_hours(load)
    return {
        "cpu": common | queues | {"reading": _on_lambda(load)},
        "gpu, scaled to zero": common | queues | {"reading": _on_managed_instances(awake)},
        "gpu, always on": _always_on(load),
        # It has a queue of its own, and tells of results by SNS: only the results' queue remains.
        "sagemaker async": common
        | {"queues": usd("message", load.films * 3) + _polling(load) / load.queues * 2}
        | {"reading": usd("sagemaker hour", awake) + usd("put", load.films)},
    }


def per_thousand(parts: Parts, films: int) -> dict[str, float]:
    """Part → dollars per thousand films."""
    return {part: dollars / films * 1000 for part, dollars in parts.items()}


def _seconds(memory_gb: float, seconds: float) -> float:
    return usd("function request") + usd("function second", memory_gb * seconds)


def _door(load: Load) -> Parts:
    asked = _seconds(_SMALL_GB, usage.AUTHORIZE_S) + usd("read unit", 2)
    one = usd("api request") + asked + _seconds(_SUBMIT_GB, usage.SUBMIT_S)
    return {"door": load.films * one}


def _keeping(load: Load) -> Parts:
    calls = usage.CALLS
    one = (
        usd("put", calls["puts"])
        + usd("get", calls["gets"])
        + usd("write unit", calls["table writes"] * usage.WRITE_UNITS)
        + usd("read unit", calls["table reads"] * usage.READ_UNITS)
        # A report stays a month, a film minutes.
        + usd("storage", load.film.report_kilobytes / 1e6)
    )
    # Without the bucket's and the queues' reuse of keys, each call would ask for one.
    return {"keeping": load.films * one + usd("key") + usd("key request", load.films)}


def _delivery(load: Load) -> Parts:
    one = _seconds(_SMALL_GB, usage.CALLBACK_S)
    traffic = usd("traffic out", load.films * load.film.report_kilobytes / 1e6)
    return {"delivery": load.films * one + traffic}


def _watching(load: Load) -> Parts:
    sweeps = usage.MINUTES_PER_MONTH * _seconds(_SMALL_GB, usage.SWEEP_S)
    fixed = sweeps + usd("alarm", load.alarms) + usd("metric", load.metrics)
    one = usd("log", usage.LOG_KB / 1e6) + usd("trace")
    return {"watching": fixed + load.films * one}


def _polling(load: Load) -> float:
    return usd("message", usage.POLLS_PER_QUEUE * load.queues)


def _on_lambda(load: Load) -> float:
    return load.films * _seconds(_READER_GB, load.film.read_s + usage.READER_CALLS_S)


def _gpu_hours(load: Load) -> float:
    """Hours in which an instance is awake: while films come, or for each film if few do."""
    working = load.films * usage.GPU_READ_S / 3600
    visits = load.films * usage.GPU_AWAKE_PER_VISIT_H
    return max(working, min(load.busy_hours, visits))


def _on_managed_instances(awake_h: float) -> float:
    instance = usd("gpu hour", awake_h) * (1 + usd("managed instances"))
    return instance + usd("gateway hour", HOURS_PER_MONTH)  # the way from their subnets


def _always_on(load: Load) -> Parts:
    """One instance with FastAPI, Redis and Celery on it, as many times as the load asks for."""
    instances = math.ceil(load.films * usage.GPU_READ_S / (load.busy_hours * 3600))
    return {
        "reading": usd("gpu hour", HOURS_PER_MONTH * instances),
        "keeping": usd("disk", _DISK_GB * instances),
        "delivery": usd("traffic out", load.films * load.film.report_kilobytes / 1e6),
    }
