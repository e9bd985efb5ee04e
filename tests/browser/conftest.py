"""The page in a real browser: on the whole service, or beside answers that a test prepares.

Pictures of every state go to ``build/screenshots``: they are there to be looked at.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Playwright,
    Route,
    expect,
    sync_playwright,
)

from pipelines.ceph.synthetic import draw as draw_ceph
from pipelines.pano.synthetic import draw as draw_pano
from tests.template import ROOT
from xray.cloud import CloudSettings, LocalCloud
from xray.project import LOCAL_PARAMETERS
from xray.web import PageServer, PageSettings, page_of

PATIENCE_MS = 20_000  # on an idle machine everything takes less than one second
expect.set_options(timeout=PATIENCE_MS)

SCREENSHOTS = ROOT / "build/screenshots"
# Chromium as root, without a screen and without a word to the network.
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = os.environ.get("XRAY_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium, or name one in $XRAY_CHROMIUM")
    browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def served() -> Iterator[PageServer]:
    """The page of a whole service."""
    with LocalCloud(CloudSettings(ROOT, LOCAL_PARAMETERS, warm=3)) as cloud, page_of(cloud) as page:
        yield page


@pytest.fixture(scope="session")
def bare() -> Iterator[PageServer]:
    """The page without a service: a test answers for it, or nobody does."""
    with PageServer(PageSettings("http://127.0.0.1:9", "http://127.0.0.1:9/callback")) as page:
        yield page


class Desk:
    """A page in a browser, as a test drives it."""

    def __init__(self, page: Page, server: PageServer) -> None:
        self.page = page
        self.server = server
        self.complaints: list[str] = []
        self.allowed: tuple[str, ...] = ()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} {message.location}")

    def open(self, task_id: str | None = None, language: str = "en") -> Page:
        self.page.add_init_script(f"localStorage.language ??= '{language}'")
        self.page.goto(f"{self.server.url}/" + (f"#/film/{task_id}" if task_id else ""))
        self.page.wait_for_selector("body[data-ready]")
        return self.page

    def answer(self, tasks: list[dict[str, Any]]) -> None:
        """Answer for the service about these tasks, as they are when it is asked."""

        def answered(route: Route) -> None:
            path = route.request.url.partition("/api/v1/")[2].partition("?")[0]
            if path == "tasks":
                shown = ("taskId", "taskType", "status", "createdAt", "completedAt")
                listed = [{key: one[key] for key in shown} for one in tasks]
                return route.fulfill(json={"tasks": listed, "cursor": None})
            task = {one["taskId"]: one for one in tasks}.get(path.removeprefix("task/"))
            if task:
                return route.fulfill(json=task)
            problem = {"code": 10006, "message": "Not found", "detail": "taskId: no such task",
                       "requestId": "r-1"}  # fmt: skip
            return route.fulfill(status=404, json=problem)

        self.page.route("**/api/v1/**", answered)

    def keep(self, task_id: str, name: str, film: bytes) -> None:
        """Let the browser keep a film, as if it had been sent from there."""
        self.page.evaluate(
            """async ([taskId, name, bytes]) => {
                const { keep } = await import("/js/store.js");
                await keep({ taskId, name, film: new Blob([new Uint8Array(bytes)]), moved: {} });
            }""",
            [task_id, name, list(film)],
        )

    def picture(self, name: str, **options: Any) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(150)  # the film is drawn in the next frame
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", **options)


OpenDesk = Callable[..., Desk]


@pytest.fixture
def desk(browser: Browser) -> Iterator[OpenDesk]:
    """Opens desks; whatever the console complained of fails the test."""
    opened: list[Desk] = []

    def new(server: PageServer, **options: Any) -> Desk:
        options = {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB"} | options
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        opened.append(Desk(context.new_page(), server))
        return opened[-1]

    yield new
    for one in opened:
        one.page.context.close()
    complaints = [
        text for one in opened for text in one.complaints
        if not any(expected in text for expected in one.allowed)
    ]  # fmt: skip
    assert complaints == []


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Drawn films as files."""
    folder = tmp_path_factory.mktemp("films")
    drawn = {"ceph": draw_ceph(seed=1).jpeg(), "pano": draw_pano(seed=2).jpeg()}
    for name, content in drawn.items():
        (folder / f"{name}.jpg").write_bytes(content)
    (folder / "notes.jpg").write_text("not a film")
    return {path.stem: path for path in folder.iterdir()}


@pytest.fixture(scope="session")
def reports(films: dict[str, Path]) -> dict[str, dict[str, Any]]:
    """What the pipelines read on them, as ``data`` of a task."""
    from pipelines.registry import TASK_TYPES

    found = {}
    for name in ("ceph", "pano"):
        pipeline = TASK_TYPES[name].load()
        pipeline.setup(ROOT / "functions/infer/models")
        options = {"pixelSpacing": 0.1, "sex": "female"} if name == "ceph" else {}
        data = pipeline.run(films[name].read_bytes(), options).data
        found[name] = json.loads(json.dumps(data))
    return found
