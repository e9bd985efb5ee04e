"""Whatever a decoder does to its process, the film ends in one error and the next one is read."""

import contextlib
import io
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.decoding.child import MEMORY_BYTES
from pipelines.decoding.sandbox import Sandbox, SandboxPool
from pipelines.errors import FilmUnreadable, PipelineError, TookTooLong
from pipelines.film import MAX_PIXELS
from tests.unit.pipelines.test_dicom import dataset, written

# The shipped program with decoders that do harm, chosen by the film's content.
PROGRAM = """
import ctypes, os, signal, sys, tempfile, time
import numpy as np
from pipelines.decoding import child

def eat():
    kept = []
    while True:
        kept.append(np.empty(2**24, np.uint8))  # not touched: to fill it may take the second it has

def recurse():
    return recurse()

def hang():
    while True:
        pass

def deaf():
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    hang()

def talk():
    print("ZZPHI^MARKER", flush=True)
    os.write(2, b"ZZPHI^MARKER")
    raise FloatingPointError("ZZPHI^MARKER")

HARM = {
    b"eat": eat, b"recurse": recurse, b"hang": hang, b"deaf": deaf, b"talk": talk,
    b"sleep": lambda: time.sleep(999),
    b"crash": lambda: ctypes.string_at(0),
    b"exit": lambda: sys.exit(0),
    b"quit": lambda: os._exit(0),
    b"killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    b"parricide": lambda: os.kill(os.getppid(), signal.SIGKILL),
    b"write": lambda: tempfile.TemporaryFile(buffering=0).write(b"x"),
    b"secrets": lambda: [name for name in os.environ if "AWS" in name] or hang(),
}
decode, send_film, lie = child.decode, child.send_film, b""

def harmful(content, enough):
    global lie
    if content in HARM:
        HARM[content]()
    if content.startswith(b"lie"):
        lie = content[3:]
        content = good
    return decode(content, enough)

def send(channel, film):
    channel.sendall(lie) if lie else send_film(channel, film)

child.decode, child.send_film, child.CPU_S, child.WALL_S = harmful, send, 1, 4
good = bytes.fromhex(sys.argv[1])
child.main()
"""


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


GOOD = encoded(np.full((64, 80), 7, np.uint8))


@pytest.fixture(scope="module")
def harmed():
    with Sandbox(("-c", PROGRAM, GOOD.hex())) as sandbox:
        yield sandbox


ENDED, LONG = (FilmUnreadable, "ended what decodes it"), (TookTooLong, "takes too long")


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        pytest.param(b"eat", ENDED, id="eats memory, in small bites too"),
        pytest.param(b"recurse", ENDED, id="recurses"),
        pytest.param(b"hang", LONG, id="computes for ever"),
        pytest.param(b"deaf", ENDED, id="computes for ever and ignores signals"),
        pytest.param(b"sleep", LONG, id="waits for ever"),
        pytest.param(b"crash", ENDED, id="crashes"),
        pytest.param(b"exit", ENDED, id="raises SystemExit"),
        pytest.param(b"quit", ENDED, id="ends as if all were well"),
        pytest.param(b"killed", ENDED, id="is killed, as for want of memory"),
        pytest.param(b"parricide", ENDED, id="kills what started it"),
        pytest.param(b"write", ENDED, id="writes a file"),
        pytest.param(b"talk", ENDED, id="prints what it found"),
        pytest.param(b"lie" + b"\xff" * 200, ENDED, id="replies nonsense"),
        pytest.param(b"lie" + b"f4" + b"\x01" * 10, ENDED, id="replies half"),
    ],
)
def test_harm_is_one_error_and_the_next_film_is_read(harmed, content, outcome, capfd):
    with pytest.raises(PipelineError) as caught:
        harmed.decode(content)

    error, words = outcome
    assert type(caught.value) is error
    assert words in str(caught.value)
    assert (harmed.decode(GOOD).pixels == 7).all()
    assert harmed.last_cost.peak_bytes < MEMORY_BYTES + 200 * 2**20
    assert "ZZPHI" not in "".join(capfd.readouterr())


def test_no_credential_reaches_a_decoder(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with Sandbox(("-c", PROGRAM, GOOD.hex())) as sandbox, pytest.raises(TookTooLong):
        sandbox.decode(b"secrets")  # it hangs where it finds none


def test_a_film_that_takes_long_keeps_no_other_waiting():
    made = []

    def make():
        made.append(Sandbox(("-c", PROGRAM, GOOD.hex())))
        return made[-1]

    pool = SandboxPool(make)
    with ThreadPoolExecutor(1) as threads, contextlib.closing(pool):
        for _ in range(2):  # what one film took up, the next one uses
            pool.decode(GOOD)
        assert len(made) == 1
        slow = threads.submit(pool.decode, b"sleep")
        while pool._idle:
            time.sleep(0.01)
        assert (pool.decode(GOOD).pixels == 7).all()
        with pytest.raises(TookTooLong):
            slow.result()
        assert len(made) == 2


def test_a_decoder_that_cannot_be_started_is_no_fault_of_the_film():
    with Sandbox(("-c", "raise SystemExit(1)")) as sandbox, pytest.raises(RuntimeError):
        sandbox.decode(GOOD)


def test_a_decoder_that_was_killed_while_idle_costs_no_film():
    with Sandbox() as sandbox:
        sandbox.decode(GOOD)
        sandbox._forker._process.kill()
        assert (sandbox.decode(GOOD).pixels == 7).all()


def test_a_fork_of_this_process_decodes_on_its_own():
    script = (
        "import os, sys\n"
        "from pipelines.film import read_film\n"
        "good = bytes.fromhex(sys.argv[1])\n"
        "read_film(good)\n"
        "pid = os.fork()\n"
        "for _ in range(20): read_film(good)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if pid else 0)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, GOOD.hex()], timeout=60, check=True, capture_output=True
    )
    assert (ended.stdout, ended.stderr) == (b"", b"")


SIDE = int(MAX_PIXELS**0.5)


def _largest_dicom() -> bytes:
    noise = np.random.default_rng(1).integers(0, 65535, (SIDE, SIDE), np.uint16)
    return written(
        dataset(
            Rows=SIDE,
            Columns=SIDE,
            BitsStored=16,
            HighBit=15,
            PixelData=noise.tobytes(),
            PhotometricInterpretation="MONOCHROME1",
            PixelPaddingValue=5,
        )
    )


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is bounded on Linux")
def test_the_largest_dicom_stays_within_bounds():
    content = _largest_dicom()
    with Sandbox() as sandbox:
        sandbox.decode(GOOD)
        before = sandbox.last_cost.peak_bytes
        whole = sandbox.decode(content)
        assert sandbox.last_cost.peak_bytes - before < MEMORY_BYTES
        assert whole.pixels.shape == (whole.height, whole.width) == (SIDE, SIDE)
        del whole
        film = sandbox.decode(content, enough=(768, 640))
        assert sandbox.last_cost.peak_bytes - before < 0.7 * MEMORY_BYTES
    assert film.pixels.shape == (-(-SIDE // 8), -(-SIDE // 8))
