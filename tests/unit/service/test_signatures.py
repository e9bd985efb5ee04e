"""Signatures, checked with the library that receivers use."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from service.signatures import Signer
from service.task import TaskKey
from service.webhook_secrets import WebhookSecrets, new_secret
from tests.fakes import MemoryClientStore

KEY = TaskKey("clinic", "3f0c5a52-6d0e-4b7e-9c1d-2f6a8b9e1c11")
BODY = '{"finding":"größer"}'.encode()
OLD, NEW = new_secret(), new_secret()


def headers(held: WebhookSecrets | None, at: datetime | None = None) -> dict[str, str]:
    signer = Signer(MemoryClientStore(held) if held else MemoryClientStore())
    return signer.headers(KEY, at or datetime.now(UTC), BODY)


@pytest.fixture
def held() -> WebhookSecrets:
    now = datetime.now(UTC)
    return WebhookSecrets(client="clinic").rotated(OLD, now, timedelta())


def test_a_receiver_verifies_a_callback(held: WebhookSecrets) -> None:
    sent = headers(held)
    assert Webhook(OLD).verify(BODY, sent) == {"finding": "größer"}
    assert (sent["webhook-id"], sent["Content-Type"]) == (KEY.task_id, "application/json")
    assert sent["User-Agent"].startswith("Xray-Inference-Service/")


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_while_a_secret_is_rotated_either_verifies(held: WebhookSecrets, secret: str) -> None:
    sent = headers(held.rotated(NEW, datetime.now(UTC), timedelta(hours=1)))
    assert len(sent["webhook-signature"].split(" ")) == 2
    Webhook(secret).verify(BODY, sent)


def test_after_the_overlap_only_the_new_one_does(held: WebhookSecrets) -> None:
    now = datetime.now(UTC)
    sent = headers(held.rotated(NEW, now - timedelta(hours=2), timedelta(hours=1)), now)
    Webhook(NEW).verify(BODY, sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(BODY, sent)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "3f0c5a52-6d0e-4b7e-9c1d-2f6a8b9e1c12"},
        {"webhook-timestamp": str(int(datetime.now(UTC).timestamp()) - 7)},
    ],
)
def test_a_changed_header_is_noticed(held: WebhookSecrets, change: dict[str, str]) -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(BODY, headers(held) | change)


def test_a_changed_body_is_noticed(held: WebhookSecrets) -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(BODY + b" ", headers(held))


def test_a_client_without_a_secret_gets_no_signature() -> None:
    assert "webhook-signature" not in headers(None)
