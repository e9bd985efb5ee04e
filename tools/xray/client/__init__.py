"""A client of the service for Python: HTTP and nothing else of this project.

::

    from xray.client import Client

    client = Client("https://api.example/prod", token="xray_…", callback_url="https://clinic.example/hook")
    report = client.analyze("film.jpg", type="ceph").wait()
    print(report["measurements"]["SNA"])

Needed are ``requests``, and ``standardwebhooks`` for :func:`verify`.
"""

from xray.client.callbacks import NotGenuine, verify
from xray.client.client import Client
from xray.client.errors import (
    AddressNotAllowed,
    ClientError,
    ImageTooLarge,
    InvalidRequest,
    NoAnswer,
    NotAllowed,
    NotFound,
    NotInThisState,
    Refused,
    TaskCancelled,
    TaskExists,
    TaskFailed,
    TooManyRequests,
    Unavailable,
    UnsupportedImage,
)
from xray.client.task import Task
from xray.client.transport import is_local

__all__ = [
    "AddressNotAllowed",
    "Client",
    "ClientError",
    "ImageTooLarge",
    "InvalidRequest",
    "NoAnswer",
    "NotAllowed",
    "NotFound",
    "NotGenuine",
    "NotInThisState",
    "Refused",
    "Task",
    "TaskCancelled",
    "TaskExists",
    "TaskFailed",
    "TooManyRequests",
    "Unavailable",
    "UnsupportedImage",
    "is_local",
    "verify",
]
