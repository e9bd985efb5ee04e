"""Posting films, and remembering which were accepted."""

import io
import threading
import time
from collections.abc import Callable

import requests
from PIL import Image

from pipelines.ceph.synthetic import draw
from xray.faults.plan import Case

_BROKEN = b"\xff\xd8\xff\xe0 begins like a JPEG and is none"
_TIMEOUT_S = 60
_PATIENCE_S = 60  # with a service that says 429


class Poster:
    """A client that posts films; for several threads."""

    def __init__(self, url: str, callback_url: Callable[[str], str], film: bytes) -> None:
        """Make a client.

        Args:
            url: Where films are posted.
            callback_url: Where the callbacks of a task go.
            film: What is posted.
        """
        self._url = url
        self._callback_url = callback_url
        self._film = film
        self._local = threading.local()

    def __call__(self, case: Case) -> None:
        """Post the film of a case; afterwards it is accepted or refused."""
        end = time.monotonic() + _PATIENCE_S
        answer = self.once(case)
        while answer is not None and answer.status_code == 429 and time.monotonic() < end:
            time.sleep(float(answer.headers.get("Retry-After", 1)))
            answer = self.once(case)
        case.refused = case.accepted_at is None

    def once(self, case: Case) -> requests.Response | None:
        """Post it a single time; ``None`` if there is no answer."""
        film = _BROKEN if case.fault.poison(case.index) == "breaks" else self._film
        fields = {
            "taskId": case.task_id,
            "taskType": "ceph",
            "callbackUrl": self._callback_url(case.task_id),
        }
        try:
            answer = self._session.post(
                self._url, data=fields, files={"image": film}, timeout=_TIMEOUT_S
            )
        except requests.RequestException:
            return None
        if answer.ok:
            case.accepted_at = time.monotonic()
        return answer

    def get(self, url: str) -> requests.Response | None:
        """Ask something else; ``None`` if there is no answer."""
        try:
            return self._session.get(url, timeout=_TIMEOUT_S)
        except requests.RequestException:
            return None

    @property
    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        session: requests.Session = self._local.session
        return session


def small_film(seed: int) -> bytes:
    """A drawn film of two kilobytes: its way is measured, not its reading.

    Args:
        seed: Of the drawing.
    """
    drawn = Image.open(io.BytesIO(draw(seed=seed).jpeg())).resize((96, 120))
    out = io.BytesIO()
    drawn.save(out, "JPEG")
    return out.getvalue()
