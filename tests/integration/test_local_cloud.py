"""What the local cloud does as AWS does, and that nothing outlives it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests

from xray.cloud import CloudError, CloudSettings, LocalCloud


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_parameters_reach_a_zip_function(cloud: LocalCloud) -> None:
    assert cloud.invoke("Zipped", {"a": 1}) == {"event": {"a": 1}, "word": "given"}


def test_a_container_function_runs_warm_with_its_variables(cloud: LocalCloud) -> None:
    answer = cloud.invoke("Contained", {})

    assert answer["pid"] in cloud.worker_pids
    assert answer["warm"]
    assert (answer["word"], answer["more"]) == ("given", "yes")
    assert 0 < answer["left_ms"] <= 2000


def test_a_queue_feeds_a_container_function(cloud: LocalCloud, tmp_path: Path) -> None:
    marks = [tmp_path / str(i) for i in range(5)]
    for mark in marks:
        cloud.client("sqs").send_message(QueueUrl=cloud.outputs["Work"], MessageBody=str(mark))

    assert eventually(lambda: all(mark.exists() for mark in marks))


def test_an_error_is_answered_as_lambda_does_and_the_process_lives(cloud: LocalCloud) -> None:
    before = cloud.worker_pids

    with pytest.raises(CloudError, match="KeyError.*nothing there"):
        cloud.invoke("Contained", {"do": "raise"})

    assert cloud.worker_pids == before


def test_a_function_may_do_only_what_its_role_grants(cloud: LocalCloud) -> None:
    with pytest.raises(CloudError, match="AccessDenied"):
        cloud.invoke("Contained", {"do": "overstep"})


def test_a_process_that_ends_is_replaced(cloud: LocalCloud) -> None:
    before = set(cloud.worker_pids)

    with pytest.raises(CloudError, match=r"Runtime\.ExitError"):
        cloud.invoke("Contained", {"do": "exit"})

    assert eventually(lambda: len(cloud.worker_pids) == 2 and set(cloud.worker_pids) != before)
    assert cloud.invoke("Contained", {})["pid"] in cloud.worker_pids


def test_an_idle_process_that_is_killed_is_replaced(cloud: LocalCloud) -> None:
    before = cloud.worker_pids
    for pid in before:
        os.kill(pid, signal.SIGKILL)

    assert eventually(lambda: len(cloud.worker_pids) == 2 and not {*before} & {*cloud.worker_pids})
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: cloud.invoke("Contained", {}), range(4)))
    assert {answer["pid"] for answer in answers} <= set(cloud.worker_pids)


def test_the_deadline_kills_a_process_with_its_children(cloud: LocalCloud, tmp_path: Path) -> None:
    note = tmp_path / "pids"
    began = time.monotonic()

    with pytest.raises(CloudError, match="timed out"):
        cloud.invoke("Contained", {"do": "hang", "note": str(note)})

    assert time.monotonic() - began < 4
    pids = [int(pid) for pid in note.read_text().split()]
    assert eventually(lambda: not any(alive(pid) for pid in pids))
    assert eventually(lambda: len(cloud.worker_pids) == 2)


def test_what_a_handler_prints_is_in_its_log(cloud: LocalCloud) -> None:
    cloud.invoke("Contained", {"word": "printed"})

    assert "seen {'word': 'printed'}" in (cloud.log / "Contained.log").read_text()


def test_the_gateway_refuses_in_the_templates_words(cloud: LocalCloud) -> None:
    door = f"{cloud.endpoint_url}/_aws/execute-api/{cloud.outputs['Door']}/stage/"

    answer = requests.delete(door, timeout=10)

    assert answer.status_code == 403
    assert answer.json() == {"own": "words"}


def test_an_unknown_parameter_is_refused(project: Path) -> None:
    cloud = LocalCloud(CloudSettings(project, parameters={"Wort": "x"}))

    with pytest.raises(CloudError, match="no parameter Wort"):
        cloud.start()


def test_a_handler_that_cannot_be_loaded_is_told_with_its_log(
    project: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    (broken / "functions/contained").mkdir(parents=True)
    (broken / "functions/zipped").symlink_to(project / "functions/zipped")
    (broken / "template.yaml").symlink_to(project / "template.yaml")
    (broken / "functions/contained/app.py").write_text("import missing_module")

    with pytest.raises(CloudError, match="No module named 'missing_module'"):
        LocalCloud(CloudSettings(broken)).start()


OWNER = """
import sys, time
from pathlib import Path
from xray.cloud import CloudSettings, LocalCloud

with LocalCloud(CloudSettings(Path(sys.argv[1]))) as cloud:
    cloud.invoke("Zipped", {})
    print("ready", flush=True)
    if sys.argv[2] == "busy":
        cloud.invoke("Contained", {"do": "hang", "note": sys.argv[3]})
    sys.stdin.read()
"""


@pytest.mark.parametrize("end", ["in order", "interrupted", "killed", "killed while busy"])
def test_nothing_outlives_the_cloud(project: Path, tmp_path: Path, end: str) -> None:
    note = tmp_path / "note"
    occupation = "busy" if end == "killed while busy" else "idle"
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(project), occupation, str(note)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with owner:
        assert owner.stdout
        assert owner.stdin
        assert owner.stdout.readline() == "ready\n"
        if occupation == "busy":
            assert eventually(lambda: note.exists() and " " in note.read_text())
        family = psutil.Process(owner.pid).children(recursive=True)
        assert len(family) >= 5  # guard, emulator, a zip function, two workers
        if end == "interrupted":
            owner.send_signal(signal.SIGINT)
        elif end.startswith("killed"):
            owner.kill()
        owner.stdin.close()
        owner.wait(20)

    assert eventually(lambda: not any(alive(process.pid) for process in family))
    runs = (project / "build/local-cloud").glob(f"*-{owner.pid}-*")
    assert eventually(lambda: not any((run / "tmp").exists() for run in runs))
