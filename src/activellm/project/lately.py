"""Values that take long to work out and are asked for often."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")

REST = 10.0
"""How many times as long as the work itself a value is given as it is: a tenth of one core."""

SHORT = 0.02
"""Seconds of work that need no rest."""


class Lately(Generic[Value]):
    """A value that is kept while nothing changed; and, where it took long, for a while after.

    Args:
        work: Works it out.
        rest: How many times as long as the work the value is kept although something changed.
        clock: Gives seconds that only go forward.
    """

    def __init__(
        self,
        work: Callable[[], Value],
        rest: float = REST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work = work
        self._rest = rest
        self._clock = clock
        self._kept: tuple[Any, Value] | None = None
        self._until = float("-inf")

    def get(self, state: Any) -> Value:
        """The value.

        Args:
            state: Differs when the value may have changed.
        """
        if self._kept is not None and (state == self._kept[0] or self._clock() < self._until):
            return self._kept[1]
        began = self._clock()
        value = self._work()
        ended = self._clock()
        took = ended - began
        self._until = ended + (self._rest * took if took > SHORT else 0.0)
        self._kept = (state, value)
        return value

    def peek(self) -> Value | None:
        """The value that is kept, however old; None before the first one. Takes no time."""
        return None if self._kept is None else self._kept[1]
