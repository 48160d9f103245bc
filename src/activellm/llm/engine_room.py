"""The thread that keeps an engine at work, for all threads that ask."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

from activellm.errors import ActiveLLMError, QueryModelError
from activellm.llm.engine import Answer, Engine, Question

MOST_UNDER_WAY = 1024
"""Questions of one caller that are with the engine, or answered and not yet taken: as many as a
large GPU computes at once, and the most that a killed process loses."""


_Outcome: TypeAlias = "tuple[int, Answer | BaseException]"


@dataclass(frozen=True)
class _Added:
    number: int
    question: Question
    answers: queue.SimpleQueue[_Outcome]


class EngineRoom:
    """Keeps an engine at work for all threads that ask.

    The engine is started by who asks first, and works in a thread of its own. Where it failed at
    work, the next question starts it anew; where it could not be started, everybody is told why.
    At the end of the process it stops after a step.

    Args:
        start: Starts the engine.
    """

    def __init__(self, start: Callable[[], Engine]) -> None:
        self._start = start
        self._engine: Engine | None = None
        self._broken: ActiveLLMError | None = None
        self._starting = threading.Lock()
        self._inbox: queue.SimpleQueue[_Added | Sequence[int]] = queue.SimpleQueue()
        self._asked: dict[int, _Added] = {}
        self._numbers = count()
        self._working = False
        self._changing = threading.Lock()

    def start(self) -> Engine:
        """Start the engine, if it does not run yet.

        Raises:
            ActiveLLMError: If it cannot be started.
        """
        with self._starting:
            if self._broken is not None:
                raise self._broken
            if self._engine is None:
                try:
                    self._engine = self._start()
                except ActiveLLMError as error:
                    self._broken = error
                    raise
            return self._engine

    def ask(self, questions: Sequence[Question]) -> Iterator[tuple[int, Answer]]:
        """The answers, each with the index of its question, in the order in which they come.

        Raises:
            ActiveLLMError: If the engine cannot be started, refuses a question, or failed.
        """
        self.start()
        answers: queue.SimpleQueue[_Outcome] = queue.SimpleQueue()
        waiting: dict[int, int] = {}
        following = iter(enumerate(questions))

        def add(most: int) -> None:
            for _, (index, question) in zip(range(most), following, strict=False):
                number = next(self._numbers)
                waiting[number] = index
                self._inbox.put(_Added(number, question, answers))
            self._wake()

        add(MOST_UNDER_WAY)
        try:
            while waiting:
                number, outcome = answers.get()
                index = waiting.pop(number)
                if isinstance(outcome, BaseException):
                    raise outcome
                add(1)
                yield index, outcome
        finally:
            if waiting and self._engine is not None:
                self._inbox.put(list(waiting))
                self._wake()

    def _wake(self) -> None:
        """Begin to work, if nobody does."""
        with self._changing:
            if self._working or self._inbox.empty():
                return
            self._working = True
        with suppress(RuntimeError):  # Python refuses threads when the process ends
            # Not a daemon as its parent may be: what is computed is waited for at the exit.
            threading.Thread(target=self._work, name="engine", daemon=False).start()

    def _work(self) -> None:
        """Work until everything is answered, or the process ends."""
        while threading.main_thread().is_alive():
            with self._changing:
                if self._inbox.empty() and not self._asked:
                    self._working = False
                    return
            try:
                engine = self.start()
                self._take(engine)
                for number, answer in engine.step() if engine.busy else ():
                    if added := self._asked.pop(number, None):
                        added.answers.put((number, answer))
                if self._asked and not engine.busy:
                    raise QueryModelError("The engine lost a question.")
            except BaseException as error:  # noqa: BLE001 - raised again by all who wait
                self._failed(error)

    def _take(self, engine: Engine) -> None:
        """Hand on what has come in, and forget what nobody waits for."""
        while not self._inbox.empty():
            one = self._inbox.get()
            if not isinstance(one, _Added):
                left = [number for number in one if self._asked.pop(number, None)]
                engine.drop(left)
                continue
            try:
                engine.add(one.number, one.question)
                self._asked[one.number] = one
            except ActiveLLMError as error:
                one.answers.put((one.number, error))

    def _failed(self, error: BaseException) -> None:
        self._engine = None
        while not self._inbox.empty():
            one = self._inbox.get()
            if isinstance(one, _Added):
                self._asked[one.number] = one
        for added in self._asked.values():
            added.answers.put((added.number, error))
        self._asked.clear()
