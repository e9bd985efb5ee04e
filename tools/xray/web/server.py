"""A small server on the loopback address: the page's files, and the API beside them."""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from pipelines.ceph.analyses import definitions
from pipelines.pano import fdi
from xray.cloud.emulator import HOST
from xray.cloud.errors import CloudError
from xray.web.passing import MAX_BODY_BYTES, Answer, Request, belongs_to_api, pass_on, problem

STATIC = Path(__file__).parent / "static"
_MEDIA = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
# Names of this machine; any other Host is a foreign name that was made to point here.
_OWN_NAMES = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class PageSettings:
    """What the page is given.

    Attributes:
        api_url: Base address of the API.
        callback_url: What the page proposes as callbackUrl; empty for nothing.
        store_url: Origin of the presigned addresses that the API hands out.
        port: Port to listen on, or 0 for any.
    """

    api_url: str
    callback_url: str = ""
    store_url: str = ""
    port: int = 0


class PageServer:
    """Listens inside ``with``."""

    def __init__(self, settings: PageSettings) -> None:
        """Take the port.

        Args:
            settings: What the page is given.

        Raises:
            CloudError: The port is taken.
        """
        self._settings = settings
        self._documents = {
            "/config.json": {"callbackUrl": settings.callback_url},
            "/definitions.json": {"ceph": definitions(), "pano": _teeth()},
        }
        handler = type("_HandlerOfPage", (_Handler,), {"page": self})
        try:
            self._server = ThreadingHTTPServer((HOST, settings.port), handler)
        except OSError:
            raise CloudError(
                f"port {settings.port} is taken: name another with --page-port"
            ) from None
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self._server.server_port}"

    @property
    def callback_url(self) -> str:
        """What the page proposes as callbackUrl."""
        return self._settings.callback_url

    @property
    def origins(self) -> list[str]:
        """What a browser may call this server."""
        return [f"http://{name}:{self._server.server_port}" for name in _OWN_NAMES]

    def answer(self, request: Request) -> Answer:
        """Answer one request.

        Args:
            request: Complete, with its body.
        """
        path = unquote(urlsplit(request.target).path)
        if belongs_to_api(path):
            return pass_on(self._settings.api_url, request)
        if request.method not in ("GET", "HEAD"):
            return problem(405, 10001, "Invalid request", f"{request.method} is not served here")
        if path in self._documents:
            body = json.dumps(self._documents[path], ensure_ascii=False).encode()
            return self._file(_MEDIA[".json"], body)
        file = (STATIC / path.lstrip("/")).resolve() if path != "/" else STATIC / "index.html"
        if not file.is_relative_to(STATIC.resolve()) or file.suffix not in _MEDIA:
            return problem(404, 10006, "Not found", "path: no such path")
        if not file.is_file():
            return problem(404, 10006, "Not found", "path: no such path")
        return self._file(_MEDIA[file.suffix], file.read_bytes())

    def _file(self, media_type: str, body: bytes) -> Answer:
        store = self._settings.store_url
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; "
            f"img-src 'self' blob: data: {store}; connect-src 'self' blob: {store}; "
            "form-action 'none'; frame-ancestors 'none'"
        )
        return Answer(
            200,
            [
                ("Content-Type", media_type),
                ("Content-Security-Policy", policy),
                ("X-Content-Type-Options", "nosniff"),
                ("Referrer-Policy", "no-referrer"),
                ("Cache-Control", "no-cache"),
            ],
            body,
        )


def _teeth() -> dict[str, Any]:
    return {
        "teeth": [
            {"id": number, "name": fdi.name(number), "type": fdi.tooth_type(number)}
            for number in fdi.NUMBERS
        ]
    }


class _Handler(BaseHTTPRequestHandler):
    page: PageServer
    protocol_version = "HTTP/1.1"
    timeout = 60  # of a browser that keeps a connection open and says nothing

    def _serve(self) -> None:
        answer = self._refusal()
        if answer is None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = self.page.answer(
                Request(self.command, self.path, list(self.headers.items()), body)
            )
        else:
            self.close_connection = True  # what was sent stays unread
        self._say(answer)

    def _refusal(self) -> Answer | None:
        if urlsplit(f"//{self.headers.get('Host', '')}").hostname not in _OWN_NAMES:
            return problem(403, 10005, "Address not allowed", "Host: not of this machine")
        length = self.headers.get("Content-Length") or "0"
        if self.headers.get("Transfer-Encoding") or not length.isdecimal():
            return problem(411, 10001, "Invalid request", "Content-Length: needed")
        if int(length) > MAX_BODY_BYTES:
            return problem(
                413, 10004, "Image too large",
                "image: too large for one request; POST /api/v1/uploads takes it",
            )  # fmt: skip
        return None

    def _say(self, answer: Answer) -> None:
        try:
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
        except ConnectionError:
            self.close_connection = True  # the browser did not wait for the answer

    # The names under which the base class looks for them.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep the terminal quiet."""
