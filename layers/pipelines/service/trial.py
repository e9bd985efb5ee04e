"""A trial: one signed callback, sent at once, so that a client can see how its receiver fares.

The function that faces clients neither reads secrets nor calls their addresses: it asks the
callback function, which does both, and waits for what came of it. Nothing is recorded or repeated.
"""

import uuid
from typing import NamedTuple

from msgspec import Struct

from service.addresses import AddressPolicy
from service.admission import Admission
from service.answers.tasks import TrialOutcome, as_shown
from service.caller import Caller
from service.ports import Trials
from service.request_bodies import Address
from service.trial_order import TrialOrder


class TrialRequest(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The body of ``POST /callbacks/test``."""

    callback_url: Address


class AskForTrial(NamedTuple):
    """The use case of the function that faces clients, with what it needs."""

    admission: Admission
    addresses: AddressPolicy
    trials: Trials

    def __call__(self, caller: Caller, callback_url: str) -> TrialOutcome:
        """Have a trial made.

        Args:
            caller: Whose secret signs.
            callback_url: Where it goes.

        Raises:
            AddressNotAllowed: It is no address that may be called.
            TooManyRequests: It was one too many.
            Unavailable: It could not be made.
        """
        self.addresses.check_url(callback_url)
        self.admission.trial(caller)
        order = TrialOrder(
            client=caller.client, task_id=str(uuid.uuid4()), callback_url=callback_url
        )
        attempt = self.trials.make(order)
        return TrialOutcome(
            task_id=order.task_id, delivered=attempt.error is None, **as_shown(attempt)
        )
