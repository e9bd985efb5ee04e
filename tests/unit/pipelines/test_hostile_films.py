"""Other projects' crash tests: each ends in one clean outcome, fast and within memory."""

import csv

import pytest

from pipelines.decoding.child import MEMORY_BYTES
from pipelines.decoding.sandbox import Sandbox
from pipelines.errors import PipelineError
from pipelines.film import MIN_SIDE_PX
from tests.shared import hostile


def test_every_hostile_film_ends_in_one_clean_outcome(capfd):
    folder = hostile()
    if not folder.is_dir():
        pytest.skip(f"the hostile films are not here: {folder}")
    with (folder / "MANIFEST.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    messages = []
    with Sandbox() as sandbox:
        with pytest.raises(PipelineError):
            sandbox.decode(b"")
        before = sandbox.last_cost.peak_bytes
        for row in rows:
            name, message = row["file"], None
            content = (folder / "images" / name).read_bytes()
            try:
                sandbox.decode(content)
            except PipelineError as error:
                message = str(error)
                messages.append(message)
            assert sandbox.last_cost.cpu_s < 5, name
            assert sandbox.last_cost.peak_bytes - before < MEMORY_BYTES, name
            match row["must"]:
                case "reject":
                    assert message, name
                case "accept":
                    too_small = f"smaller than {MIN_SIDE_PX}" in (message or "")
                    assert message is None or too_small, f"{name}: {message}"
    assert "ZZPHI" not in "".join((*messages, *capfd.readouterr()))
