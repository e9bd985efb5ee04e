"""Accept a film: store it, record the task, send the message — in the order that loses nothing.

The record is the acceptance. Before it is written, any fault is answered 503 and nothing was
accepted; after it, the answer is 202 whatever happens, since the sweeper sends what was not sent.
"""

import contextlib
import uuid
from datetime import timedelta
from typing import NamedTuple

from aws_lambda_powertools import Logger

from service.addresses import AddressPolicy
from service.errors import InvalidRequest, TaskExists, Unavailable
from service.media import HEAD_BYTES, accepted_media_type
from service.messages import InferenceJob
from service.ports import Clock, FilmStore, TaskQueues, TaskStore, TaskTypes
from service.request_bodies import AnalyzeRequest
from service.task import Delivery, Step, Task

logger = Logger(child=True)


class Submit(NamedTuple):
    """The use case with what it needs."""

    tasks: TaskStore
    films: FilmStore
    queues: TaskQueues
    clock: Clock
    task_types: TaskTypes
    addresses: AddressPolicy
    task_ttl: timedelta
    unsent_grace: timedelta
    queue_patience: timedelta

    def __call__(self, client: str, request: AnalyzeRequest, film: bytes | None = None) -> Task:
        """Accept a film.

        Args:
            client: Whose task it becomes.
            request: The validated fields.
            film: The file as it came; ``None`` for one that was uploaded or is to be fetched.

        Returns:
            The accepted task; that of the first post, if this one repeats its idempotency key.

        Raises:
            UnsupportedImage: The content is no format that the task type reads.
            InvalidRequest: Not one film; or nothing has been uploaded under this uploadId.
            TaskExists: The client has used this taskId before.
            Unavailable: Nothing was accepted.
        """
        _one_way_in(request, film)
        task = self._new_task(client, request)
        self._keep(task, request, film)
        try:
            self.tasks.add(task)
        except TaskExists:
            with contextlib.suppress(Unavailable):  # the bucket's lifecycle removes it otherwise
                self.films.delete_film(task.film_key)
            first = self.tasks.get(task.key)
            if first and task.idempotency_key and first.idempotency_key == task.idempotency_key:
                return first
            raise
        except Unavailable:
            if not self._recorded(task):
                raise
        logger.info("accepted", extra={"task_id": task.task_id, "task_type": task.task_type})
        self._send(task)
        return task

    def _keep(self, task: Task, request: AnalyzeRequest, film: bytes | None) -> None:
        """Store the film, if it is here; what is to be fetched is fetched by its reader."""
        accepted = self.task_types[task.task_type].media
        if film is not None:
            self.films.put_film(task.film_key, film, accepted_media_type(film, accepted))
        elif request.upload_id is not None:
            from service.uploads import upload_key

            upload = upload_key(task.client, request.upload_id)
            head = self.films.get_head(upload, HEAD_BYTES)
            if head is None:
                raise InvalidRequest("uploadId: nothing has been uploaded under it")
            accepted_media_type(head, accepted)
            # Copied, so that each task has a film of its own, to be removed once it is read.
            self.films.copy_film(upload, task.film_key)

    def _new_task(self, client: str, request: AnalyzeRequest) -> Task:
        now = self.clock.now()
        return Task(
            client=client,
            task_id=request.task_id,
            task_type=request.task_type,
            film_key=f"films/{client}/{request.task_id}/{uuid.uuid4()}",
            image_url=request.image_url,
            priority=request.priority,
            options=request.options,
            idempotency_key=request.idempotency_key,
            created_at=now,
            expires_at=now + self.task_ttl,
            delivery=Delivery(url=request.callback_url),
            due_at=now + self.unsent_grace,
        )

    def _recorded(self, task: Task) -> bool:
        """Whether a write whose answer was lost has been done; if so, the film is accepted."""
        try:
            stored = self.tasks.get(task.key)
        except Unavailable:
            return False  # nobody can know; should it have been done, the film is read all the same
        return stored is not None and stored.film_key == task.film_key

    def _send(self, task: Task) -> None:
        try:
            self.queues[task.priority].send(InferenceJob.about(task.key))
            now = self.clock.now()
            self.tasks.note(task, lambda t: t.sent(Step.READ, now, now + self.queue_patience))
        except Unavailable:
            logger.warning("task not sent; the sweeper will", extra={"task_id": task.task_id})


def _one_way_in(request: AnalyzeRequest, film: bytes | None) -> None:
    ways = {"image": film, "imageUrl": request.image_url, "uploadId": request.upload_id}
    given = [name for name, value in ways.items() if value is not None]
    if not given:
        raise InvalidRequest("uploadId: field required, or imageUrl; an image comes as a form")
    if len(given) > 1:
        raise InvalidRequest(f"{given[1]}: goes without {given[0]}")
