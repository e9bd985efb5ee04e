"""The settings of the messenger."""

from datetime import timedelta

from service.settings import Gaps, Seconds
from service.settings.calling import CallingSettings


class CallbackSettings(CallingSettings):
    """For the delivery of callbacks."""

    callback_schedule: Gaps
    callback_answer_seconds: Seconds = timedelta(seconds=30)
    webhook_secret_table: str
