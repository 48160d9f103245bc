"""How fast one server may be asked: requests and tokens a minute, and pauses that it asks for."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

MINUTE = 60.0


class Pace:
    """Lets callers on any number of threads through, no faster than a server wants.

    Args:
        requests: The most in any 60 seconds; None for no limit.
        tokens: The most prompt and answer tokens in any 60 seconds; None for no limit. A single
            call of more is let through alone.
        clock: For tests.
    """

    def __init__(
        self,
        requests: int | None = None,
        tokens: int | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._requests, self._tokens, self._clock = requests, tokens, clock
        self._sent: deque[tuple[float, int]] = deque()
        self._closed_until = 0.0
        self._lock = threading.Lock()

    def enter(self, tokens: int) -> float:
        """Take a place for a call, or say how long to wait before asking again.

        Args:
            tokens: That the call may take.

        Returns:
            0.0 if the call may be made now; else seconds.
        """
        with self._lock:
            now = self._clock()
            while self._sent and self._sent[0][0] <= now - MINUTE:
                self._sent.popleft()
            wait = max(self._closed_until - now, self._full_for(tokens, now))
            if wait <= 0:
                self._sent.append((now, tokens))
                return 0.0
            return wait

    def close(self, seconds: float) -> None:
        """Let nobody through for some seconds: the server has asked for a pause."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._clock() + seconds)

    def _full_for(self, tokens: int, now: float) -> float:
        """Seconds until there is a place again."""
        wait = 0.0
        if self._requests is not None and len(self._sent) >= self._requests:
            oldest = self._sent[len(self._sent) - self._requests][0]
            wait = oldest + MINUTE - now
        if self._tokens is not None:
            used = sum(taken for _, taken in self._sent)
            for at, taken in self._sent:
                if used + tokens <= self._tokens:
                    break
                wait = max(wait, at + MINUTE - now)
                used -= taken
        return wait
