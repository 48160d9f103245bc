"""How many threads a local model gets, so that a busy machine is never slower than with one.

llama.cpp's threads meet after every matrix product. Where they wait by spinning and a core is
taken by somebody else, two threads are many times slower than one; where they wait asleep, they
are not. docs/design/query-models.md has the measurements.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from activellm.errors import UsageError
from activellm.threads import allowed_cores, available_cores

VARIABLE = "ACTIVELLM_THREADS"
_POLICY = "OMP_WAIT_POLICY"
_MOST = 8
"""More threads than this do not make a small model faster."""
_LOOK = 0.1
"""Seconds for which the load is looked at."""


@dataclass(frozen=True, slots=True)
class ThreadChoice:
    """How many threads, and why, in words for people."""

    count: int
    reason: str


def choose_threads(asked: int | None = None, *, sleeping: bool) -> ThreadChoice:
    """Choose the number of threads.

    Where waiting threads sleep, every core that may be used gets one: that was not slower than
    one thread under any load. Where they spin, only cores that are idle right now, less one.

    Args:
        asked: The user's own wish; else the environment variable ACTIVELLM_THREADS is looked at.
        sleeping: Whether waiting threads sleep.

    Raises:
        UsageError: If ACTIVELLM_THREADS is no number above 0.
    """
    if asked is not None:
        return ThreadChoice(asked, "asked for")
    if VARIABLE in os.environ:
        return ThreadChoice(_from_environment(), f"set by {VARIABLE}")
    cores = available_cores()
    if sleeping:
        return ThreadChoice(min(cores, _MOST), f"{cores} cores may be used")
    free = idle_cores()
    count = min(cores, _MOST, max(1, round(free) - 1))
    return ThreadChoice(count, f"{free:.1f} of {cores} cores were idle")


def _from_environment() -> int:
    value = os.environ[VARIABLE]
    if not value.isdecimal() or int(value) < 1:
        raise UsageError(f"{value!r} is no number of threads.", where=VARIABLE)
    return int(value)


def idle_cores() -> float:
    """How many of the available cores are idle, over a tenth of a second."""
    before = _idle_and_total()
    time.sleep(_LOOK)
    after = _idle_and_total()
    if before is None or after is None or after[1] <= before[1]:
        return float(available_cores())
    share = (after[0] - before[0]) / (after[1] - before[1])
    return share * len(allowed_cores())


def _idle_and_total() -> tuple[int, int] | None:
    """Ticks that the allowed cores were idle, and in all; None where nobody says."""
    names = {f"cpu{core}" for core in allowed_cores()}
    try:
        lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    rows = [line.split() for line in lines if line.split()[0] in names]
    ticks = [[int(value) for value in row[1:9]] for row in rows]
    return sum(row[3] + row[4] for row in ticks), sum(sum(row) for row in ticks)


@contextmanager
def sleeping_waiters() -> Iterator[bool]:
    """Make a GNU OpenMP runtime that is loaded inside this block let its threads sleep.

    Gives whether that works: not where the runtime is another one or loaded already, or where the
    user has set OMP_WAIT_POLICY, which is left as it is.
    """
    own = os.environ.get(_POLICY)
    possible = own is None and _openmp_not_loaded()
    if possible:
        os.environ[_POLICY] = "passive"
    try:
        yield possible or (own or "").lower() == "passive"
    finally:
        if possible:
            del os.environ[_POLICY]


def _openmp_not_loaded() -> bool:
    try:
        return "/libgomp.so.1" not in Path("/proc/self/maps").read_text(encoding="utf-8")
    except OSError:
        return False
