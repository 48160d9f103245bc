"""The query model that answers from a script: for tests, demonstrations and dry runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from activellm.errors import DataError, QueryModelError
from activellm.llm.protocol import Completion, Messages, Scores, Usage
from activellm.llm.scoring import check_continuations
from activellm.llm.tokens import estimate_tokens
from activellm.progress import Progress, silent

Answer: TypeAlias = str | Completion | Exception
"""What a script says to one question; an exception is raised."""


class Rule(BaseModel):
    """One line of a script file: what to say where the prompt holds certain words.

    Attributes:
        contains: The rule applies if the conversation's last turn holds this; empty always does.
        answer: What `complete` answers; None if the rule is for `score` only.
        finish: How that answer ends.
        error: Fail with this message in place of an answer.
        logprobs: What `score` answers: continuation -> natural log of its probability.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    contains: str = ""
    answer: str | None = None
    finish: Literal["stop", "length", "refusal"] = "stop"
    error: str = ""
    logprobs: Mapping[str, float] | None = None


class Script(BaseModel):
    """A script file: answers to be given in order, or rules of which the first that fits speaks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answers: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


class ScriptedModel:
    """A query model that says what it was told to say. It counts how often it was asked.

    Args:
        answers: The answers to `complete`, in order. When they are used up, it fails.
        respond: Gives the answer to a conversation; used where `answers` is not given.
        score: Gives the log-probability of one continuation as the reply to one prompt. Without
            it the model cannot score.
        name: What it is called.
        context_length: As in `QueryModel`.
        runs_here: As in `QueryModel`.
        parallel: As in `QueryModel`.
        version: Part of the identity: change it when the script changes.

    Attributes:
        asked: The conversations that `complete` was given, in order.
        calls: How often `complete` answered or failed, plus the prompts that `score` was given.
    """

    def __init__(
        self,
        answers: Sequence[Answer] | None = None,
        *,
        respond: Callable[[Messages], Answer] | None = None,
        score: Callable[[Messages, str], float] | None = None,
        name: str = "scripted",
        context_length: int | None = None,
        runs_here: bool = True,
        parallel: int = 1,
        version: str = "",
    ) -> None:
        self._answers: Iterator[Answer] | None = None if answers is None else iter(answers)
        self._respond = respond
        self._score = score
        self._version = version
        self.name = name
        self.context_length = context_length
        self.runs_here = runs_here
        self.parallel = parallel
        self.asked: list[Messages] = []
        self.calls = 0

    @classmethod
    def load(cls, path: Path, *, name: str = "") -> ScriptedModel:
        """Read a script file (JSON).

        Raises:
            DataError: If it cannot be read or is no script.
        """
        try:
            data = path.read_bytes()
            script = Script.model_validate_json(data)
        except OSError as error:
            raise DataError(f"Cannot read the script: {error.strerror}.", where=str(path)) from None
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(str(part) for part in problem["loc"])
            raise DataError(
                f"Not a script for a query model: {place or 'file'}: {problem['msg']}.",
                where=str(path),
            ) from None
        return cls(
            script.answers or None,
            respond=_responder(script.rules),
            score=_scorer(script.rules) if any(rule.logprobs for rule in script.rules) else None,
            name=name or f"scripted/{path}",
            version=hashlib.sha256(data).hexdigest(),
        )

    @property
    def can_score(self) -> bool:
        """Whether the script says how probable continuations are."""
        return self._score is not None

    def identity(self) -> Mapping[str, str]:
        """The script's version: the SHA-256 of its file, or what the constructor was given."""
        return {"runtime": "scripted", "model": self._version or self.name}

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """The next answer of the script, whole: it is never cut at `max_tokens`.

        Raises:
            QueryModelError: If the script has none.
        """
        self.calls += 1
        self.asked.append(messages)
        answer = self._next(messages)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, str):
            answer = Completion(answer)
        if answer.usage == Usage():
            answer = replace(answer, usage=self._usage(messages, answer.text))
        return answer

    def _next(self, messages: Messages) -> Answer:
        if self._answers is not None:
            used_up = f"The script has no answer to question {self.calls}."
            return next(self._answers, QueryModelError(used_up, where=self.name))
        if self._respond is not None:
            return self._respond(messages)
        return QueryModelError("The script has no answers.", where=self.name)

    def score(
        self,
        prompts: Sequence[Messages],
        continuations: Sequence[str],
        *,
        progress: Progress = silent,
    ) -> Scores:
        """The script's log-probabilities.

        Raises:
            QueryModelError: If it has none.
        """
        if self._score is None:
            raise QueryModelError("The script has no log-probabilities.", where=self.name)
        check_continuations(continuations)
        table = np.zeros((len(prompts), len(continuations)))
        usage = Usage()
        for row, prompt in enumerate(prompts):
            self.calls += 1
            table[row] = [self._score(prompt, text) for text in continuations]
            usage += self._usage(prompt, "")
            progress("scoring", row + 1, len(prompts))
        tokens = np.array([self.count_tokens(text) for text in continuations], dtype=np.int64)
        return Scores(table, tokens, usage)

    def count_tokens(self, text: str) -> int:
        """An estimate on the high side."""
        return estimate_tokens(text)

    def _usage(self, messages: Messages, answer: str) -> Usage:
        prompt_tokens = sum(self.count_tokens(message.content) for message in messages)
        return Usage(1, 0, prompt_tokens, self.count_tokens(answer))


def _responder(rules: Sequence[Rule]) -> Callable[[Messages], Answer]:
    def respond(messages: Messages) -> Answer:
        for rule in rules:
            if rule.contains not in messages[-1].content:
                continue
            if rule.error:
                return QueryModelError(rule.error)
            if rule.answer is not None:
                return Completion(rule.answer, rule.finish)
        return QueryModelError("No rule of the script fits the question.")

    return respond


def _scorer(rules: Sequence[Rule]) -> Callable[[Messages, str], float]:
    def score(messages: Messages, continuation: str) -> float:
        for rule in rules:
            known = rule.logprobs or {}
            if rule.contains in messages[-1].content and continuation in known:
                return known[continuation]
        raise QueryModelError(
            f"No rule of the script gives a log-probability for {continuation!r}."
        )

    return score
