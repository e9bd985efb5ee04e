"""What the AWS adapters share: how a client is made, and what its errors mean."""

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from service.errors import Unavailable

# With LogLevel DEBUG the runtime lets every library speak, and these quote what they send: films,
# addresses, records.
for _talkative in ("botocore", "urllib3"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)

# Short enough that a film is stored and recorded, or refused with 503, before the gateway's 29 s
# are over, even if every part lets us wait.
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 2},
    # TLS guards what is sent; checksums beside it would make every upload chunked, and slower.
    request_checksum_calculation="when_required",
    signature_version="v4",
)


def client(service: str, **more: Any) -> BaseClient:
    """Make a client for an AWS service, at whatever endpoint the environment names.

    Args:
        service: Its name in botocore.
        more: Configuration other than what is usual here.
    """
    made: BaseClient = _session().create_client(service, config=_CONFIG.merge(Config(**more)))
    return made


@functools.cache
def _session() -> Session:
    # Not boto3's: what boto3 puts around botocore, resources and transfers of files, is not used
    # here, and every start would pay for it.
    return Session()


@contextmanager
def answering(part: str) -> Iterator[None]:
    """Turn AWS's errors into the one that callers know.

    Args:
        part: The name of the part that is asked, as the error and health say it.

    Raises:
        Unavailable: AWS did not answer, or answered with an error that nobody expected.
    """
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        raise Unavailable(f"{part}: {code}") from error
    except BotoCoreError as error:
        raise Unavailable(f"{part}: {type(error).__name__}") from error
