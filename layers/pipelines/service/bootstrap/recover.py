"""The sweeper and the settler of dead letters, put together."""

import os
from collections.abc import Mapping

from service.bootstrap.parts import Parts
from service.conclude import Conclude
from service.dead_letters import Undelivered, Unread
from service.recover import Recover
from service.settings.films import FilmSettings
from service.settings.recover import RecoverSettings


def build_recover(environment: Mapping[str, str] = os.environ) -> Recover:
    """The sweeper."""
    settings = FilmSettings.load(environment)
    parts = Parts(settings)
    return Recover(
        tasks=parts.tasks,
        queues=parts.queues,
        results=parts.results,
        clock=parts.clock,
        queue_patience=settings.queue_patience_seconds,
    )


def build_dead_letters(
    environment: Mapping[str, str] = os.environ,
) -> Mapping[str, Unread | Undelivered]:
    """What becomes of dead letters, by the ARN of their queue."""
    settings = RecoverSettings.load(environment)
    parts = Parts(settings)
    conclude = Conclude(
        parts.tasks, parts.films, parts.results, parts.clock, settings.queue_patience_seconds
    )
    unread = Unread(parts.tasks, parts.clock, conclude, settings.max_reads)
    return {
        settings.task_letters_arn: unread,
        settings.high_task_letters_arn: unread,
        settings.result_letters_arn: Undelivered(
            parts.tasks, parts.clock, settings.callback_schedule
        ),
    }
