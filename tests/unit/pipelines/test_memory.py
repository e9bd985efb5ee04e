"""What one film was read in is not cleared anew for the next."""

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
from pipelines.memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
def touched():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = [b"x" * (16 * 2**20) for _ in range(4)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print([touched() for _ in range(3)][-1])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="speaks to the GNU C library alone")
def test_a_block_that_was_freed_is_used_again():
    kept, given_back = (
        int(subprocess.check_output([sys.executable, "-c", FAULTS, how], timeout=60))
        for how in ("kept", "given back")
    )
    assert kept < 100 < given_back  # pages; a block has 4096
