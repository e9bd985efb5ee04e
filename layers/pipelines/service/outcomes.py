"""Where the outcome of reading a film lies: the callback's body, and the files beside it."""

from service.task import Task


def outcome_key(task: Task) -> str:
    """The key under which this reader of the task stores its outcome.

    It holds the reader's own number: one that lost its lease cannot touch its successor's.
    """
    return f"outcomes/{task.client}/{task.task_id}/{task.fence}.json"


def artefact_key(outcome: str, name: str) -> str:
    """The key of a file that belongs to the outcome under another key."""
    return f"{outcome.removesuffix('.json')}/{name}"
