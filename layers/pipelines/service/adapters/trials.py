"""Trials by the callback function, which is invoked and waited for."""

from typing import Any

import msgspec

from service.adapters.aws import answering
from service.errors import Unavailable
from service.task import Attempt
from service.trial_order import TRIAL, TrialOrder


class LambdaTrials:
    """Asks one function; see :class:`service.ports.Trials`."""

    def __init__(self, client: Any, function: str) -> None:
        """Remember the function.

        Args:
            client: Of Lambda.
            function: Its name.
        """
        self._client = client
        self._function = function

    def make(self, order: TrialOrder) -> Attempt:
        """Have a trial made."""
        with answering("callback"):
            answer = self._client.invoke(
                FunctionName=self._function,
                Payload=msgspec.json.encode({TRIAL: order}),
            )
            body = answer["Payload"].read()
        if "FunctionError" in answer:
            raise Unavailable("callback: the trial could not be made")
        return msgspec.json.decode(body, type=Attempt)
