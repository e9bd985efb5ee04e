"""The whole service on the embedded cloud, reached through a proxy that can kill its functions."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipelines.ceph.synthetic import draw
from service.authorize import LOCAL_CLIENT
from tests.kill_proxy import KillProxy
from tests.service import Service
from tests.template import ROOT
from xray.cloud import CloudSettings, LocalCloud
from xray.project import LOCAL_PARAMETERS
from xray.receiver import Receiver
from xray.registry import Registry

# Everything that a fault waits for, shortened: the tests wait for it too.
PARAMETERS = LOCAL_PARAMETERS | {
    "CallbackSchedule": "0,1,1",
    "CorsOrigins": "https://app.example,https://other.example",
    "CallbackTimeoutSeconds": "10",
    "CallbackVisibilitySeconds": "20",
    "FetchSchedule": "0,1,1",
    "InferTimeoutSeconds": "10",
    "TaskVisibilitySeconds": "20",
    "UnsentGraceSeconds": "2",
    "QueuePatienceSeconds": "30",
    "MaxReads": "2",
}


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """One deployed service for all end-to-end tests."""
    with KillProxy() as proxy, Receiver() as receiver:
        settings = CloudSettings(
            root=ROOT,
            parameters=PARAMETERS | {"EndpointUrl": proxy.url},
            variables={"AWS_ENDPOINT_URL": proxy.url},
        )
        cloud = LocalCloud(settings)
        proxy.lead_to(cloud.endpoint_url)
        with cloud:
            registry = Registry(cloud.client, cloud.outputs)
            secret = registry.rotate_secret(LOCAL_CLIENT, timedelta())
            yield Service(cloud, receiver, proxy, secret)


@pytest.fixture(scope="session")
def film() -> bytes:
    """A drawn cephalogram as a JPEG of 1340 × 1671 pixels."""
    return draw(seed=7).jpeg()
