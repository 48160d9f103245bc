"""One call a question: whoever asks what is being asked already waits for that answer."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class InFlight:
    """The questions under way, by key, for all threads that share this object."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._changed = threading.Condition()

    @contextmanager
    def claim(self, keys: Iterable[str]) -> Iterator[frozenset[str]]:
        """Take those of the keys that nobody else has; wait while others have all of them.

        Nobody waits while having keys, so none can wait for each other.

        Args:
            keys: At least one.
        """
        wanted = frozenset(keys)
        with self._changed:
            while not (mine := wanted - self._keys):
                self._changed.wait()
            self._keys |= mine
        try:
            yield mine
        finally:
            with self._changed:
                self._keys -= mine
                self._changed.notify_all()
