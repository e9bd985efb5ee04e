"""The list of a client's tasks."""

from datetime import timedelta

import pytest

from service.answers.tasks import TaskList
from service.errors import InvalidRequest
from service.listing import Listing, ListRequest
from service.task import TaskStatus
from service.validation import validated
from tests.builders import a_task
from tests.fakes import START, FakeClock, MemoryTaskStore


@pytest.fixture
def listing() -> Listing:
    listing = Listing(MemoryTaskStore(), FakeClock())
    for n in range(25):
        status = TaskStatus.FAILED if n % 5 == 0 else TaskStatus.COMPLETED
        listing.tasks.add(a_task(created_at=START + timedelta(minutes=n), status=status))
    listing.tasks.add(a_task(client="another"))
    return listing


def ids(answer: TaskList) -> list[str]:
    return [task.task_id for task in answer.tasks]


def pages(listing: Listing, **query: str) -> list[TaskList]:
    answers = [listing("local", validated(query, ListRequest, typed=False))]
    while cursor := answers[-1].cursor:
        following = validated(query | {"cursor": cursor}, ListRequest, typed=False)
        answers.append(listing("local", following))
    return answers


def test_every_task_is_listed_once_newest_first(listing: Listing) -> None:
    answers = pages(listing, limit="10")
    assert [len(answer.tasks) for answer in answers][:3] == [10, 10, 5]
    listed = [task for answer in answers for task in answer.tasks]
    times = [task.created_at for task in listed]
    assert times == sorted(times, reverse=True)
    assert len({task.task_id for task in listed}) == 25


def test_a_status_filters(listing: Listing) -> None:
    listed = [
        task for answer in pages(listing, status="failed", limit="2") for task in answer.tasks
    ]
    assert len(listed) == 5
    assert {task.status for task in listed} == {"failed"}


def test_what_has_expired_is_not_listed(listing: Listing) -> None:
    listing.clock.advance(days=31)
    assert ids(listing("local", ListRequest())) == []


def test_another_clients_cursor_leads_nowhere_else(listing: Listing) -> None:
    own = pages(listing, limit="10")
    theirs = listing("another", validated({"cursor": own[0].cursor}, ListRequest, typed=False))
    assert not set(ids(theirs)) & {i for answer in own for i in ids(answer)}


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "many"},
        {"status": "lost"},
        {"status": "null"},
        {"cursor": "!"},
        {"cursor": "WzFd"},
        {"cursor": "e30="},
        {"page": "2"},
    ],
)
def test_the_detail_names_what_is_wrong(listing: Listing, query: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        listing("local", validated(query, ListRequest, typed=False))
    assert refused.value.detail.startswith(next(iter(query)))
