"""``events/`` holds what its program writes, and every event is used by a test."""

import importlib.util
import json
from pathlib import Path

from tests.template import ROOT


def test_the_events_are_what_their_program_writes() -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "events" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    written = {
        str(path.relative_to(ROOT / "events")): json.loads(path.read_text())
        for path in (ROOT / "events").rglob("*.json")
    }
    assert written == generate.events()


def test_every_event_is_used() -> None:
    tests = "".join(p.read_text() for p in Path(__file__).parent.glob("functions/test_*.py"))
    unused = [str(path) for path in (ROOT / "events").rglob("*.json") if path.stem not in tests]
    assert unused == []
