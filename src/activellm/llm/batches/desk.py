"""Where questions that are asked side by side wait for each other, and then for their batch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from activellm.errors import ActiveLLMError, QueryModelError
from activellm.llm.batches.asked import Asked
from activellm.llm.batches.contract import Line

Fetch: TypeAlias = Callable[[Mapping[str, Asked]], Iterator[tuple[str, Line | QueryModelError]]]

_STOPPED = QueryModelError("Waiting for the batch was stopped; the next run goes on with it.")
_STOPPED.unpaid = True  # its batch is noted as owed


class _Waiting:
    """One caller."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.ready = threading.Event()
        self.outcome: Line | ActiveLLMError = _STOPPED


class Desk:
    """Gathers the questions of all threads; who came first carries them all.

    Args:
        fetch: Gives what became of each question (`Courier.fetch`).
        gather: Seconds without a further question after which those that wait are carried.
        most: So many are carried at once.
    """

    def __init__(self, fetch: Fetch, gather: float, most: int) -> None:
        self._fetch, self._gather, self._most = fetch, gather, most
        self._waiting: list[_Waiting] = []
        self._changed = threading.Condition()

    def ask(self, asked: Asked) -> Line:
        """Wait for what becomes of a question.

        Raises:
            QueryModelError: If it could not be handed in, or its batch was refused.
        """
        one = _Waiting(asked)
        with self._changed:
            self._waiting.append(one)
            first = len(self._waiting) == 1
            self._changed.notify_all()
        if first:
            self._carry(self._gathered())
        one.ready.wait()
        if isinstance(one.outcome, Line):
            return one.outcome
        raise one.outcome

    def _gathered(self) -> Sequence[_Waiting]:
        """Those who wait, once no further one comes."""
        try:
            return self._once_quiet()
        except BaseException:
            with self._changed:
                for one in self._waiting:
                    one.ready.set()
                self._waiting = []
            raise

    def _once_quiet(self) -> Sequence[_Waiting]:
        with self._changed:
            there, since = 0, time.monotonic()
            while len(self._waiting) < self._most:
                if len(self._waiting) > there:
                    there, since = len(self._waiting), time.monotonic()
                left = since + self._gather - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            taken, self._waiting = self._waiting, []
            return taken

    def _carry(self, group: Sequence[_Waiting]) -> None:
        waiting: dict[str, list[_Waiting]] = {}
        for one in group:
            waiting.setdefault(one.asked.key, []).append(one)
        try:
            for key, outcome in self._fetch({key: ones[0].asked for key, ones in waiting.items()}):
                for one in waiting.pop(key):
                    _tell(one, outcome)
        except ActiveLLMError as error:
            for ones in waiting.values():
                for one in ones:
                    _tell(one, error)
        finally:
            for one in group:
                one.ready.set()


def _tell(one: _Waiting, outcome: Line | ActiveLLMError) -> None:
    one.outcome = outcome
    one.ready.set()
