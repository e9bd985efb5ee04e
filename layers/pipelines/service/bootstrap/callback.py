"""The messenger, put together."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from service.adapters.aws import client
from service.adapters.clients import DynamoClientStore
from service.adapters.clock import SystemClock
from service.bootstrap.parts import Parts
from service.deliver import Deliver
from service.settings.callback import CallbackSettings
from service.signatures import Signer
from service.webhook_secrets import WebhookSecrets

if TYPE_CHECKING:
    from service.make_trial import MakeTrial

_TRIAL_S = 10.0  # a receiver's time in a trial; with a cold start it must fit the gateway's 29 s


def build_deliver(environment: Mapping[str, str] = os.environ) -> Deliver:
    """What makes an attempt to deliver a callback."""
    from service.adapters.webhook import RequestsCourier

    settings = CallbackSettings.load(environment)
    parts = Parts(settings)
    return Deliver(
        tasks=parts.tasks,
        films=parts.films,
        results=parts.results,
        courier=RequestsCourier(
            settings.addresses, settings.callback_answer_seconds.total_seconds()
        ),
        signer=_signer(settings),
        clock=parts.clock,
        schedule=settings.callback_schedule,
    )


def build_trial(environment: Mapping[str, str] = os.environ) -> "MakeTrial":
    """What makes a trial."""
    from service.adapters.webhook import RequestsCourier
    from service.make_trial import MakeTrial

    settings = CallbackSettings.load(environment)
    courier = RequestsCourier(settings.addresses, _TRIAL_S)
    return MakeTrial(courier, _signer(settings), SystemClock())


def _signer(settings: CallbackSettings) -> Signer:
    dynamodb: Any = client("dynamodb")
    return Signer(DynamoClientStore(dynamodb, settings.webhook_secret_table, WebhookSecrets))
