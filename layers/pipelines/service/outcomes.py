"""Where the outcome of reading a film lies: the callback's body, and the files beside it."""

from service.task import Task


def outcome_key(task: Task) -> str:
    """The key under which this reader of the task stores its outcome.

    It holds the film's own name and the reader's number: neither a reader that lost its lease nor
    an earlier task under the same id can touch it.
    """
    film = task.film_key.rpartition("/")[2]
    return f"outcomes/{task.client}/{task.task_id}/{film}/{task.fence}.json"


def report_key(outcome: str) -> str:
    """The key of the whole body, where the callback under another key only links to it."""
    return f"{outcome.removesuffix('.json')}.report.json"


def artefact_key(outcome: str, name: str) -> str:
    """The key of a file that belongs to the outcome under another key."""
    return f"{outcome.removesuffix('.json')}/{name}"
