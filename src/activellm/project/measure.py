"""How long a step takes and how much memory the process needed at most during it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Measure:
    """Filled in when the measured block ends."""

    seconds: float = 0.0
    peak_bytes: int = 0


@contextlib.contextmanager
def measured() -> Iterator[Measure]:
    """Measure a block: wall seconds, and the process's highest resident memory within it.

    Linux's high-water mark is reset first; elsewhere it is that of the process so far.
    """
    measure = Measure()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    start = time.perf_counter()
    try:
        yield measure
    finally:
        measure.seconds = time.perf_counter() - start
        measure.peak_bytes = _peak_bytes()


def _peak_bytes() -> int:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return _peak_of_process()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def _peak_of_process() -> int:
    try:
        import resource
    except ImportError:  # Windows has no such figure in the standard library
        return 0
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
