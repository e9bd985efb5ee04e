"""What the cases of a fault come to."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from xray.faults.plan import Case

ZEROES = ("lost", "conflicting", "unaccepted_callbacks")


@dataclass(frozen=True)
class Row:
    """One fault.

    Attributes:
        tasks: Accepted.
        struck: How many of them the fault met.
        lost: Not in a final state, or neither delivered nor visibly given up, when time was over.
        conflicting: Whose callbacks had two different bodies.
        unaccepted_callbacks: Callbacks about tasks that were never answered 202.
        posts_per_task: Callbacks, failed ones too.
        inferences_per_task: How often a reader fetched the film, where that can be seen.
        recovery_p50_s: From the fault to the last callback.
        recovery_p95_s: Likewise.
        errors: Tasks whose callback told of an error.
        poison: Tasks whose film cannot be read.
        poison_told: The share of them whose callback said so.
        skipped: Why it was not tried.
        peer: Which service this is, if it is not ours.
    """

    tasks: int = 0
    struck: int = 0
    lost: int = 0
    conflicting: int = 0
    unaccepted_callbacks: int = 0
    posts_per_task: float = 0.0
    inferences_per_task: float | None = None
    recovery_p50_s: float | None = None
    recovery_p95_s: float | None = None
    errors: int = 0
    poison: int = 0
    poison_told: float | None = None
    skipped: str | None = None
    peer: str | None = None

    @property
    def holds(self) -> bool:
        """Whether what must be zero is."""
        return not any(getattr(self, name) for name in ZEROES)

    def as_dict(self) -> dict[str, Any]:
        """As the file has it."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def row_of(cases: Sequence[Case], lost: int) -> Row:
    """Count.

    Args:
        cases: Of one fault.
        lost: How many of them are.
    """
    accepted = [case for case in cases if case.accepted_at is not None]
    tasks = max(1, len(accepted))
    poison = [case for case in accepted if case.poison]
    told = sum(any(post.error for post in case.posts) for case in poison)
    # Until the last callback: where the messenger died after its POST, the second is the cure.
    recoveries = sorted(
        case.posts[-1].at - case.struck_at
        for case in accepted
        if case.struck_at and case.delivered_at and case.posts[-1].at > case.struck_at
    )
    return Row(
        tasks=len(accepted),
        struck=sum(case.struck_at is not None for case in accepted),
        lost=lost,
        conflicting=sum(len({post.digest for post in case.posts}) > 1 for case in cases),
        unaccepted_callbacks=sum(len(case.posts) for case in cases if case.accepted_at is None),
        posts_per_task=round(sum(len(case.posts) for case in accepted) / tasks, 2),
        inferences_per_task=round(sum(case.reads for case in accepted) / tasks, 2),
        recovery_p50_s=quantile(recoveries, 0.5),
        recovery_p95_s=quantile(recoveries, 0.95),
        errors=sum(any(post.error for post in case.posts) for case in accepted),
        poison=len(poison),
        poison_told=round(told / len(poison), 3) if poison else None,
    )


def quantile(values: Sequence[float], share: float) -> float | None:
    """The nearest rank.

    Args:
        values: Sorted.
        share: 0.5 for the median.
    """
    return round(values[math.ceil(share * len(values)) - 1], 2) if values else None


def print_table(rows: Mapping[str, Row]) -> None:
    """Show all rows, on standard output."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("fault", min_width=24)
    heads = ("tasks", "struck", "lost", "conflicting", "unaccepted", "posts", "reads")
    for head in (*heads, "p50 s", "p95 s", "errors"):
        table.add_column(head, justify="right")
    for name, row in rows.items():
        if row.skipped:
            table.add_row(f"{name}: skipped, {row.skipped}")
            continue
        numbers = (row.tasks, row.struck, row.lost, row.conflicting, row.unaccepted_callbacks)
        rates = (
            row.posts_per_task,
            row.inferences_per_task,
            row.recovery_p50_s,
            row.recovery_p95_s,
        )
        shown = ["–" if value is None else str(value) for value in (*numbers, *rates, row.errors)]
        table.add_row(name, *shown)
    Console(width=140).print(table)
    for name, row in rows.items():
        if row.poison_told is not None:
            share = f"{row.poison_told:.0%} of {row.poison}"
            print(f"\n{name}: {share} ended in an error callback")
