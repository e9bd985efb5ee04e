"""The doorkeeper, put together."""

import os
from collections.abc import Mapping
from typing import Any

from service.adapters.aws import client
from service.adapters.clients import DynamoClientStore
from service.adapters.clock import SystemClock
from service.authorize import Authorize
from service.clients import Client
from service.settings.authorize import AuthorizeSettings


def build_authorize(environment: Mapping[str, str] = os.environ) -> Authorize:
    """What lets clients in."""
    settings = AuthorizeSettings.load(environment)
    dynamodb: Any = client("dynamodb")
    clients = DynamoClientStore(dynamodb, settings.client_table, Client)
    return Authorize(settings.auth_mode, clients, SystemClock())
