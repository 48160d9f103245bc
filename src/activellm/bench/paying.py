"""One limit on what query models cost, for all processes that work in one folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from activellm.llm.guard import Guard

LOCK = "paying.lock"


@contextmanager
def paying(guard: Guard, folder: Path) -> Iterator[None]:
    """Let one process at a time spend, from what all of them have left.

    Its own calls may still be under way side by side: they share one budget.

    Args:
        guard: With a budget, and a log in which every process notes its calls.
        folder: What the processes share.
    """
    from filelock import FileLock

    from activellm.llm.prices import price_of

    with FileLock(folder / LOCK):
        if guard.budget is not None and guard.audit is not None:
            spent = guard.audit.spent(lambda name: price_of(name, guard.prices))
            guard.budget.go_on_from(spent)
        yield
