"""Other projects' crash tests: each ends in one clean outcome, fast and within memory."""

import csv
import subprocess
import sys

import pytest

from pipelines.film import MIN_SIDE_PX
from tests.shared import hostile

_READ_ALL = """
import pathlib, resource, sys, time
from pipelines.errors import FilmUnreadable
from pipelines.film import read_film
# Not getrusage: its peak begins at that of the process that started this one.
status = pathlib.Path("/proc/self/status")
resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))
for name in sys.stdin.read().splitlines():
    content = pathlib.Path(name).read_bytes()
    started = time.monotonic()
    try:
        film = read_film(content)
        outcome = f"read {film.width} {film.height}"
    except FilmUnreadable as error:
        outcome = f"refused {error}"
    peak = int(status.read_text().partition("VmHWM:")[2].split()[0]) // 1024
    print(name, round(time.monotonic() - started, 3), peak, outcome, sep="|")
"""


def test_every_hostile_film_ends_in_one_clean_outcome():
    folder = hostile()
    if not folder.is_dir():
        pytest.skip(f"the hostile films are not here: {folder}")
    with (folder / "MANIFEST.csv").open() as lines:
        rows = {str(folder / "images" / row["file"]): row for row in csv.DictReader(lines)}
    process = subprocess.run(
        [sys.executable, "-c", _READ_ALL],
        input="\n".join(rows),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    outcomes = [line.split("|") for line in process.stdout.splitlines()]

    assert [name for name, *_ in outcomes] == list(rows)
    assert "ZZPHI" not in process.stdout + process.stderr
    for name, seconds, peak_mb, outcome in outcomes:
        assert float(seconds) < 5, name
        assert int(peak_mb) < 512, name
        too_small = f"smaller than {MIN_SIDE_PX}" in outcome
        match rows[name]["must"]:
            case "reject":
                assert outcome.startswith("refused"), name
            case "accept":
                assert outcome.startswith("read") or too_small, f"{name}: {outcome}"
