"""The settings of the messenger."""

from datetime import timedelta

from service.settings import Gaps
from service.settings.calling import CallingSettings


class CallbackSettings(CallingSettings, frozen=True, kw_only=True):
    """For the delivery of callbacks."""

    callback_schedule: Gaps
    callback_answer_seconds: timedelta = timedelta(seconds=30)
    webhook_secret_table: str
