"""An engine for tests: transformers computes, a few of the questions that wait at each step."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from activellm.errors import QueryModelError
from activellm.llm.engine import Answer, Question
from activellm.llm.engine_model import EngineModel
from activellm.llm.torch_runtime import TorchRuntime


class TorchEngine:
    """Attributes say what was done; `context` is what it was started for.

    Args:
        runtime: The loaded model.
        context: As `EngineModel` gives it.
        at_once: Questions that a step computes.
        kill_after, fail_after: Answers after which it kills this process, or fails once.
    """

    def __init__(
        self,
        runtime: TorchRuntime,
        context: int,
        *,
        at_once: int = 4,
        kill_after: int | None = None,
        fail_after: int | None = None,
    ) -> None:
        self.context = context
        self.answered = 0
        self.added: list[Question] = []
        self.dropped: list[int] = []
        self.most_waiting = 0
        self.threads: set[int] = set()
        self._runtime, self._at_once = runtime, at_once
        self._kill_after, self._fail_after = kill_after, fail_after
        self._waiting: dict[int, Question] = {}

    @property
    def busy(self) -> bool:
        return bool(self._waiting)

    def add(self, number: int, question: Question) -> None:
        if question.max_tokens == 13:
            raise QueryModelError("It takes no 13 tokens.")
        self.threads.add(threading.get_ident())
        self.added.append(question)
        self._waiting[number] = question
        self.most_waiting = max(self.most_waiting, len(self._waiting))

    def step(self) -> Sequence[tuple[int, Answer]]:
        # The last ones first: answers come in another order than questions.
        numbers = list(self._waiting)[-self._at_once :]
        done = [(number, self._answer(self._waiting.pop(number))) for number in numbers]
        self.answered += len(done)
        if self._kill_after is not None and self.answered > self._kill_after:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._fail_after is not None and self.answered > self._fail_after:
            raise QueryModelError("The engine failed.")
        return done

    def drop(self, numbers: Sequence[int]) -> None:
        self.dropped += numbers
        for number in numbers:
            self._waiting.pop(number, None)

    def _answer(self, question: Question) -> Answer:
        if question.wanted:
            self._runtime.keep_prefix(())
            each = [(token,) for token in question.wanted]
            (row,) = self._runtime.score([question.prompt], each)
            return Answer(logprobs=dict(zip(question.wanted, row.tolist(), strict=True)))
        if question.read:
            return Answer(read=self._runtime.token_logprobs([question.prompt])[0])
        text, tokens, stopped = self._runtime.generate(
            question.prompt,
            question.max_tokens,
            question.temperature,
            question.seed,
            plain=question.plain,
        )
        return Answer(text, tokens, stopped)


class Started:
    """Starts test engines for a folder, and keeps them to be looked at."""

    def __init__(self, folder: Path, **options: int | None) -> None:
        self.folder, self.options = folder, options
        self.engines: list[TorchEngine] = []
        self._runtime: TorchRuntime | None = None

    def __call__(self, context: int) -> TorchEngine:
        self._runtime = self._runtime or TorchRuntime.load(str(self.folder), threads=1)
        self.engines.append(TorchEngine(self._runtime, context, **self.options))
        return self.engines[-1]

    def model(self, *, context: int = 8192) -> EngineModel:
        return EngineModel(
            str(self.folder), name="test", runtime="test", start=self, context=context
        )
