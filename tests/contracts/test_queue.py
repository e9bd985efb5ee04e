"""What every Queue does."""

from datetime import timedelta

from service.messages import InferenceJob
from service.ports import Depth, Queue


def test_what_is_sent_waits(queue: Queue) -> None:
    assert queue.depth() == Depth(waiting=0, in_flight=0)
    queue.send(InferenceJob(client="local", task_id="1"))
    queue.send(InferenceJob(client="local", task_id="2"))
    assert queue.depth() == Depth(waiting=2, in_flight=0)


def test_what_is_delayed_does_not_wait_yet(queue: Queue) -> None:
    queue.send(InferenceJob(client="local", task_id="1"), timedelta(minutes=15))
    assert queue.depth() == Depth(waiting=0, in_flight=0)
