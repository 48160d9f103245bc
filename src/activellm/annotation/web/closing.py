"""When the page has done its work and the server may stop."""

from __future__ import annotations

import time
from collections.abc import Callable


class Closing:
    """A countdown that begins when nothing waits any more, and that the annotator can hold.

    Args:
        grace: Seconds between the last answer and the end, for second thoughts.
        clock: Gives seconds that only go forward.
    """

    def __init__(self, grace: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._grace = grace
        self._clock = clock
        self._deadline: float | None = None

    def ready(self) -> None:
        """Nothing waits: begin the countdown, unless it runs already."""
        if self._deadline is None:
            self._deadline = self._clock() + self._grace

    def hold(self) -> None:
        """Something waits again, or the annotator looks back: stop the countdown."""
        self._deadline = None

    def finish(self) -> None:
        """The annotator wants to go on now."""
        self._deadline = self._clock()

    @property
    def left(self) -> float | None:
        """Seconds until the end; None while there is no countdown."""
        return None if self._deadline is None else max(0.0, self._deadline - self._clock())

    @property
    def over(self) -> bool:
        """Whether the server may stop."""
        return self.left == 0.0
