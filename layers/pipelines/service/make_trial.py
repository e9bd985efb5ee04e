"""Makes a trial: one signed callback, sent at once; see :mod:`service.trial`."""

from typing import NamedTuple

from service.deliver import attempt_of
from service.payload import CallbackPayload
from service.ports import Clock, Courier
from service.signatures import Signer
from service.task import Attempt, TaskKey
from service.trial_order import TrialOrder


class MakeTrial(NamedTuple):
    """The use case of the callback function, with what it needs."""

    courier: Courier
    signer: Signer
    clock: Clock

    def __call__(self, order: TrialOrder) -> Attempt:
        """Make a trial.

        Raises:
            Unavailable: The secrets cannot be read.
        """
        at = self.clock.now()
        body = CallbackPayload(task_id=order.task_id, data={"test": True}).to_bytes()
        headers = self.signer.headers(TaskKey(order.client, order.task_id), at, body)
        return attempt_of(at, self.courier.post(order.callback_url, body, headers))
