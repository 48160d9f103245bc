"""How long work tells how far it is, without printing: the caller passes a callback."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called as work goes on: what is being done, units done so far, units in all if known."""

    def __call__(self, what: str, done: int, total: int | None, /) -> None:
        """Take note."""


def silent(what: str, done: int, total: int | None, /) -> None:
    """The progress callback that does nothing, the default everywhere."""


def part_of(progress: Progress, before: int, count: int, works: int) -> Progress:
    """The progress of several equal works, told by some of them that are done together.

    Args:
        progress: Told the units of all, scaled to those of one.
        before: Works that are done.
        count: Works that these are.
        works: Works in all.
    """

    def told(what: str, done: int, total: int | None, /) -> None:
        progress(what, done if total is None else (before * total + count * done) // works, total)

    return told
