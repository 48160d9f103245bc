"""The machine's cores, and work on one thread where more would only wait for each other."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path


def one_thread() -> AbstractContextManager[object]:
    """Limit the numerical libraries (BLAS, OpenMP) to one thread within a `with` block."""
    from threadpoolctl import threadpool_limits

    limited: AbstractContextManager[object] = threadpool_limits(limits=1)
    return limited


def available_cores() -> int:
    """The cores that this process may use: by affinity, and by a container's share of time."""
    cores = len(allowed_cores())
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):
        return cores


def share_cores(workers: int) -> None:
    """In a worker process: give numerical libraries and models their part of the cores.

    What the user has set stays.

    Args:
        workers: How many share the machine.
    """
    from threadpoolctl import threadpool_limits

    part = max(1, available_cores() // workers)
    for name in ("ACTIVELLM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, str(part))
    threadpool_limits(limits=part)  # for those that are loaded already


def allowed_cores() -> set[int]:
    """The numbers of the cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))
