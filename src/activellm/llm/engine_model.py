"""A query model run by an engine inside this process: thousands of questions at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np

from activellm.llm import chat
from activellm.llm.engine import Engine, Question
from activellm.llm.engine_room import EngineRoom
from activellm.llm.hub_tokens import HubTokens, hub_context
from activellm.llm.protocol import Completion, FloatArray, Messages, Scores, Usage
from activellm.llm.scoring import (
    Row,
    Tokens,
    answered,
    branches,
    check_continuations,
    check_length,
    gather,
    totals,
)
from activellm.llm.transformers_local import content_of_source, known_context
from activellm.progress import Progress, silent

PARALLEL = 256
"""Questions in words that are under way at once: as many as an engine usually computes together."""


class EngineModel:
    """A causal language model in an engine. It is loaded at the first question.

    Counting tokens loads the tokeniser alone.

    Args:
        source: A folder with a config.json and safetensors, or a hub id.
        name: How the user names it.
        runtime: What the engine is called in the model's identity.
        start: Starts the engine for a number of tokens that prompt and answer may have together.
        context: The most of these; never more than the model knows.
        parallel: Questions in words at a time.
    """

    runs_here = True
    can_score = True

    def __init__(
        self,
        source: str,
        *,
        name: str,
        runtime: str,
        start: Callable[[int], Engine],
        context: int = 8192,
        parallel: int | None = None,
    ) -> None:
        self.name = name
        self.parallel = parallel or PARALLEL
        self._source, self._runtime, self._context = source, runtime, context
        self._room = EngineRoom(lambda: start(self.context_length))
        self._loading = threading.Lock()

    @cached_property
    def context_length(self) -> int:
        """Tokens that prompt and answer may have together."""
        return min(self._context, known_context(self._source) or hub_context(self._source))

    @property
    def texts(self) -> HubTokens:
        """The tokeniser.

        Raises:
            QueryModelError: If it cannot be loaded.
            MissingExtraError: If transformers is not installed.
        """
        with self._loading:
            return self._texts

    @cached_property
    def _texts(self) -> HubTokens:
        return HubTokens.load(self._source)

    @cached_property
    def _content(self) -> str:
        return content_of_source(self._source)

    def identity(self) -> Mapping[str, str]:
        """The files' SHA-256 or the hub id, the engine, and the version of our chat formats."""
        return {"runtime": self._runtime, "model": self._content, "chat": chat.VERSION}

    def count_tokens(self, text: str) -> int:
        """The exact number of tokens."""
        return len(self.texts.tokens(text))

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """Ask for an answer in words; what many threads ask is computed together.

        Raises:
            QueryModelError: If the prompt does not fit, or the answer is empty.
        """
        prompt = self.texts.written(messages)
        check_length(len(prompt), max_tokens, self.context_length, where=self.name)
        self._room.start()
        started = time.monotonic()
        question = Question(prompt, max_tokens, temperature, seed, json_schema)
        ((_, answer),) = self._room.ask([question])
        usage = Usage(1, 0, len(prompt), answer.tokens, time.monotonic() - started)
        finish: Literal["stop", "length"] = "stop" if answer.stopped else "length"
        text = answered(answer.text, limited=not answer.stopped, where=self.name)
        return Completion(text, finish, usage)

    def score(
        self,
        prompts: Sequence[Messages],
        continuations: Sequence[str],
        *,
        progress: Progress = silent,
    ) -> Scores:
        """How probable each continuation is as the reply to each prompt.

        Raises:
            QueryModelError: If a prompt does not fit.
        """
        shape = (len(prompts), len(continuations))
        return gather(self.score_rows(prompts, continuations), shape, progress)

    def score_rows(
        self, prompts: Sequence[Messages], continuations: Sequence[str]
    ) -> Iterator[Row]:
        """Each prompt's scores as soon as they are computed, in any order.

        The continuations of a prompt form a trie, and each of its inner nodes is one question:
        how probable is each token that can follow?
        """
        check_continuations(continuations)
        sequences = [self.texts.tokens(text) for text in continuations]
        lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
        written = [self.texts.written(prompt) for prompt in prompts]
        for prompt in written:
            check_length(len(prompt), int(lengths.max()), self.context_length, where=self.name)
        if not written:
            return
        nodes = branches(sequences)
        asked = [(index, prefix) for index in range(len(written)) for prefix in nodes]
        questions = [
            Question(written[index] + prefix, wanted=nodes[prefix]) for index, prefix in asked
        ]
        self._room.start()
        found: dict[int, dict[Tokens, Mapping[int, float]]] = {}
        before = time.monotonic()
        for place, answer in self._room.ask(questions):
            index, prefix = asked[place]
            table = found.setdefault(index, {})
            table[prefix] = answer.logprobs
            if len(table) == len(nodes):
                now = time.monotonic()
                usage = Usage(1, 0, len(written[index]), 0, now - before)
                before = now
                yield Row(index, totals(sequences, found.pop(index)), lengths, usage)

    def token_logprobs(
        self, texts: Sequence[str], *, progress: Progress = silent
    ) -> list[FloatArray]:
        """As in `TokenScores`.

        Raises:
            QueryModelError: If a text does not fit.
        """
        written = [self.texts.tokens(text, first=True) for text in texts]
        for tokens in written:
            check_length(len(tokens), 1, self.context_length, where=self.name)
        found = {
            index: np.zeros(0, dtype=np.float64)
            for index, tokens in enumerate(written)
            if len(tokens) < 2  # nothing stands before a single token
        }
        places = [index for index in range(len(written)) if index not in found]
        questions = [Question(written[index], read=True) for index in places]
        for place, answer in self._room.ask(questions):
            found[places[place]] = answer.read
            progress("reading texts", len(found), len(written))
        return [found[index] for index in range(len(written))]

    def continue_text(self, text: str, *, tokens: int, temperature: float, seed: int) -> str:
        """As in `TokenScores`.

        Raises:
            QueryModelError: If it does not fit.
        """
        prompt = self.texts.tokens(text, first=True)
        check_length(len(prompt), tokens, self.context_length, where=self.name)
        question = Question(prompt, tokens, temperature, seed, plain=True)
        ((_, answer),) = self._room.ask([question])
        return answer.text
