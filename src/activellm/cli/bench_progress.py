"""How far an experiment is: a bar on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activellm.cli.console import Screen

EVERY = 60.0
"""Seconds between two lines."""


class Watch:
    """Takes the progress of a run, and the time that is left of it.

    Args:
        screen: Where to show them.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._left: float | None = None
        self._told = time.monotonic()

    def progress(self, what: str, done: int, total: int | None, /) -> None:
        """See `Progress`."""
        self._screen.progress(what, done, total)
        self._screen.left(what, self._left)
        if sys.stderr.isatty() or time.monotonic() - self._told < EVERY:
            return
        self._told = time.monotonic()
        self._screen.say(line(done, total, self._left))

    def left(self, seconds: float | None) -> None:
        """The rest will take so long; None before that is known."""
        self._left = seconds


def line(done: int, total: int | None, left: float | None) -> str:
    """How far it is, in words."""
    from activellm.report.words import duration

    of = "" if total is None else f" of {total:,}"
    return f"{done:,}{of} measurements" + ("" if left is None else f", {duration(left)} left")
