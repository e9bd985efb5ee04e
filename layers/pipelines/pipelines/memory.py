"""Memory that one film was read in is kept for the next one.

A film is read in dozens of blocks of megabytes. The C library gives what is free back to the system
beyond a bound that it learns from the largest block, and the system clears each page anew before
the next film gets it. Cephalograms suffer from it where no panoramic, with larger blocks, has
raised the bound.
"""

import ctypes
import sys

# Of <malloc.h> of the GNU C library.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_BLOCK_BYTES = 32 * 2**20  # the most that it takes; larger blocks are given back
_KEPT_BYTES = 2**30  # a process that reads films is made for nothing else


def keep_freed_memory() -> None:
    """Tell the C library to keep what is freed, where it is the GNU one; elsewhere do nothing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _BLOCK_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
