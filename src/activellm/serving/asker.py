"""Asks the classifier for many requests: one thread asks, small requests that wait go together."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from activellm.errors import ActiveLLMError
from activellm.pool.example import Content
from activellm.successors.contract import Classifier, Probabilities

TOGETHER = 256
"""Texts that are predicted together at most, unless one request has more."""

WAITING = 4096
"""Texts that may wait; with more, a request is turned away at once."""

_LOG = logging.getLogger("activellm.serving")


class BusyError(Exception):
    """So many texts wait that another request would wait too long."""


class FailedError(Exception):
    """The classifier failed; the message holds nothing of the texts."""


@dataclass(frozen=True)
class _Request:
    contents: Sequence[Content]
    answer: Future[Probabilities] = field(default_factory=Future)


class Asker:
    """A thread that asks a classifier; requests come from anywhere.

    Args:
        classifier: Asked by this thread only.
        together: Texts that are predicted together at most.
        waiting: Texts that may wait.
    """

    def __init__(
        self, classifier: Classifier, *, together: int = TOGETHER, waiting: int = WAITING
    ) -> None:
        self._classifier, self._together, self._most = classifier, together, waiting
        self._queue: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting = 0
        self._thread = threading.Thread(target=self._work, name="activellm-asker", daemon=True)
        self._thread.start()

    def ask(self, contents: Sequence[Content]) -> Future[Probabilities]:
        """Queue texts or pairs; gives their label probabilities later, shape (n, labels).

        Raises:
            BusyError: If too many wait already.
        """
        request = _Request(contents)
        with self._lock:
            if self._waiting and self._waiting + len(contents) > self._most:
                raise BusyError
            self._waiting += len(contents)
        self._queue.put(request)
        return request.answer

    def close(self) -> None:
        """Answer what was asked already, then stop."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        held: _Request | None = None
        while True:
            first = held if held is not None else self._queue.get()
            if first is None:
                return
            group, held, over = self._group(first)
            self._answer([one for one in group if one.answer.set_running_or_notify_cancel()])
            with self._lock:
                self._waiting -= sum(len(one.contents) for one in group)
            if over:
                return

    def _group(self, first: _Request) -> tuple[list[_Request], _Request | None, bool]:
        """What waits and fits together; the one that did not fit; whether to stop after it."""
        group, size = [first], len(first.contents)
        while size < self._together:
            try:
                request = self._queue.get_nowait()
            except queue.Empty:
                return group, None, False
            if request is None:
                return group, None, True
            if size + len(request.contents) > self._together:
                return group, request, False
            group.append(request)
            size += len(request.contents)
        return group, None, False

    def _answer(self, group: list[_Request]) -> None:
        contents = [content for request in group for content in request.contents]
        if not contents:
            return
        try:
            chances = self._classifier.predict_proba(contents)
        except Exception as error:  # noqa: BLE001  # the thread must go on for the others
            if len(group) > 1:  # one of them may be to blame; the others get their answers
                for request in group:
                    self._answer([request])
            else:
                group[0].answer.set_exception(_harmless(error))
            return
        start = 0
        for request in group:
            request.answer.set_result(chances[start : start + len(request.contents)])
            start += len(request.contents)


def _harmless(error: Exception) -> FailedError:
    """What can be told and logged: our own words, or the kind of error; never a text."""
    _LOG.error("A prediction failed: %s", type(error).__name__)
    said = error.what if isinstance(error, ActiveLLMError) else "The prediction failed."
    return FailedError(said)
