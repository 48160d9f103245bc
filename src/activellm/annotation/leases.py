"""Who has which text before them now: leases that end by themselves when nobody renews them."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 60.0
"""How long a lease lasts unless it is renewed; the page renews every 20 seconds."""


class Leases:
    """Texts that annotators hold.

    Args:
        seconds: How long a lease lasts.
        clock: Gives seconds that only go forward.
    """

    def __init__(
        self, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._ends: dict[str, dict[str, float]] = {}
        self._held: dict[str, dict[str, None]] = {}

    def take(self, example_id: str, annotator: str) -> None:
        """Begin a lease, or renew it."""
        self._ends.setdefault(example_id, {})[annotator] = self._clock() + self._seconds
        self._held.setdefault(annotator, {})[example_id] = None

    def drop(self, example_id: str, annotator: str) -> None:
        """End a lease, if there is one."""
        self._ends.get(example_id, {}).pop(annotator, None)
        self._held.get(annotator, {}).pop(example_id, None)

    def renew(self, annotator: str) -> None:
        """Renew all that an annotator still holds."""
        for example_id in self.held(annotator):
            self.take(example_id, annotator)

    def release(self, annotator: str) -> None:
        """End all leases of an annotator."""
        for example_id in list(self._held.get(annotator, ())):
            self.drop(example_id, annotator)

    def held(self, annotator: str) -> list[str]:
        """The texts that an annotator holds, in the order in which they were taken."""
        return [id_ for id_ in self._held.get(annotator, ()) if annotator in self.holders(id_)]

    def holders(self, example_id: str) -> list[str]:
        """Who holds a text, the first one first. Leases that have ended are forgotten."""
        leases = self._ends.get(example_id, {})
        for annotator in [one for one, end in leases.items() if end <= self._clock()]:
            self.drop(example_id, annotator)
        return list(leases)

    def end(self, example_id: str) -> float:
        """When the first lease of a text ends, by the clock; infinity if nobody holds it."""
        self.holders(example_id)
        return min(self._ends.get(example_id, {}).values(), default=float("inf"))
