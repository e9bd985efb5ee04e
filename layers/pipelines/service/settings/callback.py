"""The settings of the messenger."""

from datetime import timedelta

from service.settings import CallingSettings, Gaps, Seconds


class CallbackSettings(CallingSettings):
    """For the delivery of callbacks."""

    callback_schedule: Gaps
    callback_answer_seconds: Seconds = timedelta(seconds=30)
    webhook_secret_table: str
