"""What the function that faces clients asks of the callback function; see :mod:`service.trial`."""

from msgspec import Struct

TRIAL = "trial"  # the key by which the function knows an order from messages of its queue


class TrialOrder(Struct, frozen=True, kw_only=True):
    """A callback to be sent for a trial."""

    client: str
    task_id: str
    callback_url: str
