"""What one film asks of AWS: the counts that ``xray cost`` multiplies."""

from collections import Counter

import pytest
from botocore.client import BaseClient

from pipelines.base import Pipeline, Report
from tests.fakes import FakeCourier
from tests.lambda_events import CONTEXT, event
from xray.cost import usage


class Plain(Pipeline):
    """A pipeline of no particular kind."""

    def setup(self, models) -> None:
        """It needs nothing."""

    def run(self, film, options) -> Report:
        return Report(data={}, models={})


@pytest.fixture
def calls(stack, monkeypatch) -> Counter[str]:
    """Operation → how often it was asked for."""
    counted: Counter[str] = Counter()
    original = BaseClient._make_api_call

    def counting(client, operation, arguments):
        counted[f"{client.meta.service_model.service_name}:{operation}"] += 1
        return original(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", counting)
    return counted


def test_a_film_costs_the_calls_that_are_paid_for(load, calls) -> None:
    load("submit").handler(event("submit/analyze"), CONTEXT)
    infer = load("infer")
    infer.reader()._loaded["ceph"] = Plain()
    infer.handler(event("infer/film"), CONTEXT)
    callback = load("callback")
    deliver = callback.deliver()._replace(courier=FakeCourier())
    callback.deliver = lambda: deliver
    callback.handler(event("callback/result"), CONTEXT)
    assert {
        "table writes": calls["dynamodb:PutItem"] + calls["dynamodb:UpdateItem"],
        "table reads": calls["dynamodb:GetItem"],
        "puts": calls["s3:PutObject"],
        "gets": calls["s3:GetObject"],
        # Lambda itself receives and deletes each of the two messages.
        "messages": calls["sqs:SendMessage"] + calls["sqs:GetQueueAttributes"] + 2 * 2,
    } == usage.CALLS
    paid = {"PutItem", "UpdateItem", "GetItem", "PutObject", "GetObject"}
    paid |= {"SendMessage", "GetQueueAttributes", "DeleteObject"}
    assert {name.partition(":")[2] for name in calls} <= paid
