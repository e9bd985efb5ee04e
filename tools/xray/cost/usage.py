"""What one film uses, and what the service uses when no film comes.

Counts are those of the code: tests/unit/functions/test_calls.py takes them from the handlers. Sizes
and times are measured where the comment says how, and assumed where it says so.
"""

from dataclasses import dataclass

# Calls that are paid for, per film that is read and delivered at the first attempt. Removing the
# film costs nothing.
CALLS = {"table writes": 10, "table reads": 4, "puts": 2, "gets": 2, "messages": 8}

# Assumed: a record of one to two kilobytes, and on most writes an entry in one or two indexes.
WRITE_UNITS = 4
READ_UNITS = 1

# Assumed for AWS: the sums of the calls' latencies that `make bench` assumes too, and a client
# that answers within a fifth of a second.
SUBMIT_S = 0.2
CALLBACK_S = 0.4
AUTHORIZE_S = 0.05  # and as if the gateway remembered no token
READER_CALLS_S = 0.4

LOG_KB = 12.0  # assumed: some twenty lines of JSON, Lambda's own among them

HOURS_PER_MONTH = 730
MINUTES_PER_MONTH = HOURS_PER_MONTH * 60
SECONDS_PER_MONTH = MINUTES_PER_MONTH * 60

# When no film comes: Lambda's pollers ask every queue, five at a time, each for up to 20 s.
POLLS_PER_QUEUE = SECONDS_PER_MONTH / 20 * 5
SWEEP_S = 0.1  # assumed: one query that finds nothing

# What an instance with a GPU and four processors does with one film: assumed for the cheapest. With
# an H200 and four cores, `xray.bench --only batches` found 0.13 s of a cephalogram and 0.20 s of a
# panoramic in batches of eight, nearly all of it on the processors.
GPU_READ_S = 0.25
# Assumed: starting an instance, and how long it stays when nothing comes.
GPU_AWAKE_PER_VISIT_H = 0.25


@dataclass(frozen=True)
class Film:
    """A kind of film.

    Attributes:
        megabytes: The mean of the annotated sets that the models were measured on.
        report_kilobytes: The mean report of eight of them.
        read_s: The slowest that ``xray analyze`` printed on two idle cores, which is what the infer
            function's memory buys.
    """

    megabytes: float
    report_kilobytes: float
    read_s: float


FILMS = {
    "ceph": Film(megabytes=0.24, report_kilobytes=7.4, read_s=0.5),
    "pano": Film(megabytes=0.44, report_kilobytes=47.1, read_s=1.8),
}
