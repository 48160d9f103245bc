"""How long work tells how far it is, without printing: the caller passes a callback."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called as work goes on: what is being done, units done so far, units in all if known."""

    def __call__(self, what: str, done: int, total: int | None, /) -> None:
        """Take note."""


def silent(what: str, done: int, total: int | None, /) -> None:
    """The progress callback that does nothing, the default everywhere."""
