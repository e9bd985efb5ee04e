"""Read films, each under a lease of its own, store what came of it, and say that a callback is due.

Films of one type are read together where their pipeline can. They are begun together then, and a
process that one of them ends is lost to all of them. So a film that a process was lost over is
read by itself from then on, after all others, and what one film does counts against another once.
"""

import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from aws_lambda_powertools import Logger

from service.conclude import Conclude
from service.errors import FailureCode, FetchFailed, FilmFailed, Unavailable
from service.film_source import FilmSource
from service.messages import InferenceJob
from service.outcomes import artefact_key, outcome_key, report_key
from service.pace import Pace
from service.payload import ArtefactNote, CallbackPayload
from service.ports import (
    Clock,
    FilmStore,
    FilmToRead,
    Queue,
    Reader,
    Reading,
    TaskQueues,
    TaskStore,
    VersionConflict,
)
from service.task import (
    Failure,
    Lease,
    LeaseLost,
    NothingToDo,
    StageTimes,
    Task,
    TaskKey,
    TransitionRefused,
)

logger = Logger(child=True)

_FIRST_PAUSE = timedelta(minutes=1)  # after an outage; doubled with each one that follows


class OutOfTime(TransitionRefused):
    """The process has too little time left to begin a film: the message must come again."""


TimeLeft = Callable[[], timedelta]  # how long the process may still run


def _told_of(**keys: object) -> AbstractContextManager[None]:
    """Every line of the log within says what it is about; keys belong to the parent of loggers."""
    return Logger().append_context_keys(**keys)


class _Again(dict[TaskKey, Exception]):
    """The films of an invocation whose messages must come again, and why."""

    @contextlib.contextmanager
    def alone(self, key: TaskKey) -> Iterator[None]:
        """What goes wrong in here concerns one film and no other."""
        with _told_of(task_id=key.task_id):
            try:
                yield
            except Exception as error:  # noqa: BLE001 - raising means "again", whatever it is
                self[key] = error


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
            self.note(stage, self._clock.now() - began)

    def note(self, stage: str, took: timedelta) -> None:
        self._times[stage] = max(0, took // timedelta(milliseconds=1))

    @property
    def times(self) -> StageTimes:
        return StageTimes(**self._times)

    @property
    def sum(self) -> timedelta:
        return timedelta(milliseconds=sum(self._times.values()))


@dataclass(frozen=True)
class _Film:
    """A film that is there to be read, under its lease."""

    task: Task
    content: bytes
    watch: _Watch


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

    def __call__(self, jobs: Sequence[InferenceJob], time_left: TimeLeft) -> list[Exception | None]:
        """Read the films of some tasks and record the outcomes.

        Args:
            jobs: Which tasks.
            time_left: How long this process may still run; a lease lasts a little longer.

        Returns:
            For each job why its message must come again, or ``None`` if it need not. Among the
            reasons: another live process is reading the film (``LeaseHeld``), a part of the service
            did not answer (``Unavailable``), the other films left it no time (``OutOfTime``).

        Raises:
            Unavailable: A part of the service did not answer; every message must come again.
        """
        self.tasks.beat(self.clock.now())
        again = _Again()
        tasks = self._stored(jobs, again)
        share = max(time_left() / max(len(tasks), 1), timedelta.resolution)
        for number, batch in enumerate(self._batches(tasks)):
            # Begun too late, a film might end with the process, and that would count against it.
            most = int(time_left() / share) if number else len(batch)
            self._read_together(batch[:most], time_left, again)
            for task in batch[most:]:
                again[task.key] = OutOfTime("the films before it took its share of the time")
        return [again.get(job.key) for job in jobs]

    @property
    def _conclude(self) -> Conclude:
        return Conclude(self.tasks, self.films, self.results, self.clock, self.queue_patience)

    def _stored(self, jobs: Sequence[InferenceJob], again: _Again) -> list[Task]:
        """The tasks as they are stored, each once, however many messages tell of it."""
        tasks = []
        for key in dict.fromkeys(job.key for job in jobs):
            with again.alone(key):
                task = self.tasks.get(key)
                if task is None:
                    logger.warning("no such task, or expired")
                else:
                    tasks.append(task)
        return tasks

    def _batches(self, tasks: Sequence[Task]) -> Iterator[list[Task]]:
        """Which films are begun together, and in which order."""
        alone: list[Task] = []
        by_type: dict[str, list[Task]] = {}
        for task in tasks:
            # Under a lease it is being read, or its reader was lost. Where one lost reader is the
            # end of a film, none may be lost to another's.
            if task.abandoned or task.lease or self.max_reads == 1:
                alone.append(task)
            else:
                by_type.setdefault(task.task_type, []).append(task)
        for task_type, batch in by_type.items():
            if len(batch) > 1 and self.reader.reads_together(task_type):
                yield batch
            else:
                yield from ([task] for task in batch)
        yield from ([task] for task in sorted(alone, key=lambda task: task.abandoned))

    def _read_together(self, tasks: Sequence[Task], time_left: TimeLeft, again: _Again) -> None:
        films = []
        half = time_left() / 2  # is left for the reading
        for number, task in enumerate(tasks):
            with again.alone(task.key):
                share = (time_left() - half) / (len(tasks) - number)
                if number and share <= timedelta():
                    raise OutOfTime("to get the films before it took its share of the time")
                film = self._begin(task, time_left(), share)
                if film is not None:
                    films.append(film)
        for film, found in self._found(films, again):
            with again.alone(film.task.key), self._under_lease(film.task):
                self._end(film.task, found, film.watch)

    def _begin(self, stored: Task, time_left: timedelta, share: timedelta) -> _Film | None:
        """Claim a task and get its film; a film that is not to be had ends here.

        Args:
            stored: The task as it is stored.
            time_left: How long this process may still run.
            share: How long it may take to fetch the film.
        """
        task = self._claim(stored, time_left)
        if task is None:
            return None
        watch = _Watch(self.clock)
        with self._under_lease(task):
            try:
                if task.abandoned >= self.max_reads:
                    raise FilmFailed(
                        FailureCode.TIMED_OUT,
                        f"took too long, or ended its reader, {task.abandoned} times",
                    )
                with watch.over("downloaded_ms"):
                    return _Film(task, self.source(task, 2 * share), watch)
            except FilmFailed as failed:
                self._end(task, failed, watch)
        return None

    def _claim(self, task: Task, time_left: timedelta) -> Task | None:
        now = self.clock.now()
        lease = Lease.for_process(str(uuid.uuid4()), time_left, now)
        try:
            return self.tasks.update(task, lambda t: t.claimed(lease, now))
        except NothingToDo as why:
            logger.info("nothing to read: %s", why)
            self._conclude.remove_film(task)  # its reader may have died before it could
            return None

    @contextlib.contextmanager
    def _under_lease(self, task: Task) -> Iterator[None]:
        """What ends a reading without an outcome; a lease that is not given back runs out."""
        try:
            yield
        except LeaseLost as lost:
            logger.warning("outcome dropped: %s", lost)
            self._remove_if_ended(task)
        except FetchFailed as failed:
            logger.warning("film not fetched: %s", failed)
            self._fetch_later(task)
        except Unavailable:
            self._give_back(task)
            raise

    def _found(
        self, films: Sequence[_Film], again: _Again
    ) -> list[tuple[_Film, Reading | FilmFailed]]:
        """What the reader finds on films of one type, each with its part of the time it took."""
        if not films:
            return []
        began = self.clock.now()
        names = [film.task.task_id for film in films]
        keys = {"task_ids": names} if len(films) > 1 else {"task_id": names[0]}
        try:
            with _told_of(**keys):
                found = self.reader.read(
                    films[0].task.task_type,
                    [FilmToRead(film.content, film.task.options) for film in films],
                )
        except Exception:
            for film in films:
                with again.alone(film.task.key), self._under_lease(film.task):
                    raise
            return []
        took = self.clock.now() - began
        for film in films:
            film.watch.note("read_ms", took / len(films))
        return list(zip(films, found, strict=True))

    def _end(self, task: Task, found: Reading | FilmFailed, watch: _Watch) -> None:
        """Store and record what came of a film."""
        failure = None
        try:
            if isinstance(found, FilmFailed):
                raise found
            body = self._body(task, self._payload(task, found))
        except FilmFailed as failed:
            logger.error("film failed: %d %s", failed.code, failed.message)
            failure = Failure(code=failed.code, message=failed.message)
            body = CallbackPayload(task_id=task.task_id, error=failure).to_bytes()
        # Read by the metrics of template.yaml.
        told = {
            "inference_seconds": watch.sum.total_seconds(),
            "code": failure.code if failure else 0,
        }
        logger.info("read", extra=told | {"task_type": task.task_type})
        self._conclude(task, body, failure, watch.times)
        if failure is None:
            self.pace.note(task.task_type, watch.sum)

    def _payload(self, task: Task, reading: Reading) -> CallbackPayload:
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
