"""Read one film under a lease, store what came of it, and say that a callback is due."""

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from aws_lambda_powertools import Logger

from service.conclude import Conclude
from service.errors import FailureCode, FetchFailed, FilmFailed, Unavailable
from service.film_source import FilmSource
from service.messages import ArtefactNote, CallbackPayload, InferenceJob
from service.outcomes import artefact_key, outcome_key, report_key
from service.pace import Pace
from service.ports import Clock, FilmStore, Queue, Reader, TaskQueues, TaskStore, VersionConflict
from service.task import Failure, Lease, LeaseLost, NothingToDo, StageTimes, Task, TransitionRefused

logger = Logger(child=True)

_FIRST_PAUSE = timedelta(minutes=1)  # after an outage; doubled with each one that follows


class OutOfTime(TransitionRefused):
    """The process has too little time left to begin a film: the message must come again."""


@dataclass(frozen=True)
class _Outcome:
    """The callback's body, the failure that it tells of, if any, and what it took."""

    body: bytes
    failure: Failure | None
    times: StageTimes

    @property
    def took(self) -> timedelta:
        return timedelta(milliseconds=(self.times.downloaded_ms or 0) + (self.times.read_ms or 0))


class _Watch:
    """Measures stages, those that fail too."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._times: dict[str, int] = {}

    @contextlib.contextmanager
    def over(self, stage: str) -> Iterator[None]:
        began = self._clock.now()
        try:
            yield
        finally:
            self._times[stage] = max(0, (self._clock.now() - began) // timedelta(milliseconds=1))

    @property
    def times(self) -> StageTimes:
        return StageTimes.model_validate(self._times)


@dataclass(frozen=True)
class Infer:
    """The use case with what it needs.

    Attributes:
        callback_max_bytes: A larger body becomes a link in the callback.
        api_url: Base address of the HTTP API, for such links.
    """

    tasks: TaskStore
    films: FilmStore
    source: FilmSource
    queues: TaskQueues
    results: Queue
    clock: Clock
    pace: Pace
    reader: Reader
    max_reads: int
    queue_patience: timedelta
    callback_max_bytes: int
    api_url: str

    def __call__(self, job: InferenceJob, time_left: timedelta) -> None:
        """Read the film of a task and record the outcome.

        Args:
            job: Which task.
            time_left: How long this process may still run; the lease lasts a little longer.

        Raises:
            LeaseHeld: Another live process is reading it; the message must come again.
            Unavailable: A part of the service did not answer; the message must come again.
        """
        self.tasks.beat(self.clock.now())
        task = self._claim(job, time_left)
        if task is None:
            return
        try:
            outcome = self._read(task, time_left)
            self._conclude(task, outcome.body, outcome.failure, outcome.times)
            if outcome.failure is None:
                self.pace.note(task.task_type, outcome.took)
        except LeaseLost as lost:
            logger.warning("outcome dropped: %s", lost)
            self._remove_if_ended(task)
        except FetchFailed as failed:
            logger.warning("film not fetched: %s", failed)
            self._fetch_later(task)
        except Unavailable:
            self._give_back(task)
            raise

    @property
    def _conclude(self) -> Conclude:
        return Conclude(self.tasks, self.films, self.results, self.clock, self.queue_patience)

    def _claim(self, job: InferenceJob, time_left: timedelta) -> Task | None:
        task = self.tasks.get(job.key)
        if task is None:
            logger.warning("no such task, or expired")
            return None
        now = self.clock.now()
        lease = Lease.for_process(str(uuid.uuid4()), time_left, now)
        try:
            return self.tasks.update(task, lambda t: t.claimed(lease, now))
        except NothingToDo as why:
            logger.info("nothing to read: %s", why)
            self._conclude.remove_film(task)  # its reader may have died before it could
            return None

    def _read(self, task: Task, time_left: timedelta) -> _Outcome:
        watch = _Watch(self.clock)
        failure = None
        try:
            body = self._body(task, self._reading(task, time_left, watch))
        except FilmFailed as failed:
            logger.error("film failed: %d %s", failed.code, failed.message)
            failure = Failure(code=failed.code, message=failed.message)
            body = CallbackPayload(task_id=task.task_id, error=failure).to_bytes()
        outcome = _Outcome(body, failure, watch.times)
        # Read by the metrics of template.yaml.
        told = {
            "inference_seconds": outcome.took.total_seconds(),
            "code": failure.code if failure else 0,
        }
        logger.info("read", extra=told | {"task_type": task.task_type})
        return outcome

    def _reading(self, task: Task, time_left: timedelta, watch: _Watch) -> CallbackPayload:
        if task.abandoned >= self.max_reads:
            raise FilmFailed(
                FailureCode.TIMED_OUT,
                f"took too long, or ended its reader, {task.abandoned} times",
            )
        with watch.over("downloaded_ms"):
            film = self.source(task, time_left)
        with watch.over("read_ms"):
            reading = self.reader.read(task.task_type, film, task.options)
        for name, artefact in reading.artefacts.items():
            key = artefact_key(outcome_key(task), name)
            self.films.put_outcome(key, artefact.content, artefact.media_type)
        return CallbackPayload(
            task_id=task.task_id,
            data=reading.data,
            models=reading.models,
            provider=reading.provider,
            artefacts=tuple(
                ArtefactNote(name=name, media_type=artefact.media_type)
                for name, artefact in reading.artefacts.items()
            ),
        )

    def _body(self, task: Task, payload: CallbackPayload) -> bytes:
        """What every attempt sends; decided here once, whatever the limit is by then."""
        body = payload.to_bytes()
        if len(body) <= self.callback_max_bytes:
            return body
        self.films.put_outcome(report_key(outcome_key(task)), body)
        url = f"{self.api_url.rstrip('/')}/api/v1/task/{task.task_id}/result"
        return payload.linked(url).to_bytes()

    def _give_back(self, task: Task) -> None:
        """Let go of a task in an outage, for longer each time; the lease runs out otherwise."""
        pause = min(_FIRST_PAUSE * 2 ** min(task.setbacks, 20), self.queue_patience)
        look_again_at = self.clock.now() + pause
        with contextlib.suppress(Unavailable, VersionConflict):
            self.tasks.update(task, lambda t: t.released(t.fence, look_again_at))

    def _fetch_later(self, task: Task) -> None:
        """Let go of a task until it is time to try again; no process waits for that."""
        pause = self.source.pause(task)
        look_again_at = self.clock.now() + pause + _FIRST_PAUSE
        self.tasks.update(task, lambda t: t.not_fetched(task.fence, look_again_at))
        try:
            self.queues[task.priority].send(InferenceJob.about(task.key), pause)
        except Unavailable:
            logger.warning("next try not sent; the sweeper will")

    def _remove_if_ended(self, task: Task) -> None:
        """A film that was fetched while its task was cancelled has nobody else to remove it."""
        stored = self.tasks.get(task.key)
        if stored is None or stored.status.final:
            self._conclude.remove_film(task)
