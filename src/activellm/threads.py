"""Small numerical work on one thread: more only wait for each other, on a busy machine for long."""

from __future__ import annotations

from contextlib import AbstractContextManager


def one_thread() -> AbstractContextManager[object]:
    """Limit the numerical libraries (BLAS, OpenMP) to one thread within a `with` block."""
    from threadpoolctl import threadpool_limits

    limited: AbstractContextManager[object] = threadpool_limits(limits=1)
    return limited
