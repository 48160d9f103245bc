"""A query model in a GGUF file, run by llama.cpp on this machine's CPU."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from activellm.errors import QueryModelError
from activellm.files import sha256_of
from activellm.llm import chat
from activellm.llm.gguf_header import Header, read_header
from activellm.llm.llama_server import LlamaServer
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
from activellm.progress import Progress, silent
from activellm.weights import Carried

LONGEST_CONTEXT = 8192
"""Tokens for which memory is taken, where the user says nothing and the model could hold more."""

_SAMPLING = {"top_k": 40, "top_p": 0.95, "min_p": 0.05, "repeat_penalty": 1.0}
_WHOLE = {"top_k": 0, "top_p": 1.0, "min_p": 0.0, "repeat_penalty": 1.0, "ignore_eos": True}
"""Draws from the whole distribution, and does not end."""


class GgufModel:
    """A GGUF file as a query model. The weights are loaded at the first question.

    Args:
        source: The file, or the weights that a package carries.
        name: How the user names it.
        context: Tokens that prompt and answer may have together; never more than the model knows.
        threads: None to choose by what is free (`activellm.llm.threads`).
    """

    runs_here = True
    can_score = True
    parallel = 1

    def __init__(
        self,
        source: Path | Carried,
        *,
        name: str = "",
        context: int = LONGEST_CONTEXT,
        threads: int | None = None,
    ) -> None:
        self.name = name or (str(source) if isinstance(source, Path) else source.file)
        self._source = source
        self._context = context
        self._threads = threads
        self._loading = threading.Lock()

    @cached_property
    def path(self) -> Path:
        """Where the file is; carried weights are checked first."""
        return self._source if isinstance(self._source, Path) else self._source.path()

    @cached_property
    def header(self) -> Header:
        """What the file says of itself."""
        return read_header(self.path)

    @cached_property
    def context_length(self) -> int:
        """Tokens that prompt and answer may have together."""
        if not isinstance(self._source, Path):
            return self._context  # whoever names carried weights knows what they hold
        return min(self._context, self.header.context_length)

    @cached_property
    def sha256(self) -> str:
        """The file's SHA-256."""
        return sha256_of(self._source) if isinstance(self._source, Path) else self._source.sha256

    def identity(self) -> Mapping[str, str]:
        """The file's SHA-256, the runtime, and the version of our chat formats."""
        return {"runtime": "llama.cpp", "sha256": self.sha256, "chat": chat.VERSION}

    @property
    def server(self) -> LlamaServer:
        """The loaded model.

        Raises:
            QueryModelError: If it cannot be loaded.
            MissingExtraError: If xllamacpp is not installed.
        """
        with self._loading:
            return self._server

    @cached_property
    def _server(self) -> LlamaServer:
        return LlamaServer(self.path, self.context_length, self._threads)

    def count_tokens(self, text: str) -> int:
        """The exact number of tokens."""
        return len(self.server.tokens(text))

    def _written(self, messages: Messages) -> Tokens:
        """The conversation in the model's chat format, as tokens."""
        parts = chat.find_format(self.header.chat_template, where=self.name).write(messages)
        tokens: list[int] = []
        for index, part in enumerate(parts):
            tokens += self.server.tokens(part.text, control=part.control, first=index == 0)
        return tuple(tokens)

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """Ask for an answer in words; a JSON schema is enforced while it is written.

        Raises:
            QueryModelError: If the prompt does not fit, or the answer is empty.
        """
        prompt = self._written(messages)
        check_length(len(prompt), max_tokens, self.context_length, where=self.name)
        settings: dict[str, Any] = {
            "max_tokens": max_tokens,
            "temperature": temperature,
            "seed": seed,
        }
        if json_schema is not None:
            settings["json_schema"] = dict(json_schema)
        started = time.monotonic()
        text, why, tokens = self.server.generate(prompt, {**_SAMPLING, **settings})
        finish: Literal["stop", "length"] = "length" if why == "length" else "stop"
        if json_schema is not None and finish == "stop":
            self._check_json(text)
        usage = Usage(1, 0, len(prompt), tokens, time.monotonic() - started)
        return Completion(
            answered(text, limited=finish == "length", where=self.name), finish, usage
        )

    def _check_json(self, text: str) -> None:
        """Refuse what is no JSON: llama.cpp passes over a schema that it cannot read in silence."""
        try:
            json.loads(text)
        except ValueError:
            raise QueryModelError(
                "llama.cpp did not keep to the JSON schema; it may not know a part of it.",
                where=self.name,
            ) from None

    def score(
        self,
        prompts: Sequence[Messages],
        continuations: Sequence[str],
        *,
        progress: Progress = silent,
    ) -> Scores:
        """How probable each continuation is as the reply to each prompt.

        Each token's probability is that of the full softmax. What prompts have in common at their
        beginning is computed once. The same call gives the same numbers; a prompt scored beside
        others may differ by about 0.01, for llama.cpp rounds differently when it computes
        other pieces at a time.

        Raises:
            QueryModelError: If a prompt does not fit.
        """
        shape = (len(prompts), len(continuations))
        return gather(self.score_rows(prompts, continuations), shape, progress)

    def score_rows(
        self, prompts: Sequence[Messages], continuations: Sequence[str]
    ) -> Iterator[Row]:
        """Each prompt's scores as soon as they are there; similar prompts follow each other."""
        check_continuations(continuations)
        sequences = [self.server.tokens(text) for text in continuations]
        following = branches(sequences)
        longest = max(len(sequence) for sequence in sequences)
        written = [self._written(prompt) for prompt in prompts]
        for prompt in written:
            check_length(len(prompt), longest, self.context_length, where=self.name)
        lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
        order = sorted(range(len(written)), key=written.__getitem__)
        for place, index in enumerate(order):
            started = time.monotonic()
            table = {
                prefix: self.server.next_logprobs(
                    written[index] + prefix, wanted, reuse=place > 0 or bool(prefix)
                )
                for prefix, wanted in following.items()
            }
            usage = Usage(1, 0, len(written[index]), 0, time.monotonic() - started)
            yield Row(index, totals(sequences, table), lengths, usage)

    def token_logprobs(
        self, texts: Sequence[str], *, progress: Progress = silent
    ) -> list[FloatArray]:
        """As in `TokenScores`: one request a token, for llama.cpp tells of the next token only.

        Raises:
            QueryModelError: If a text does not fit.
        """
        written = [self.server.tokens(text, first=True) for text in texts]
        for tokens in written:
            check_length(len(tokens), 1, self.context_length, where=self.name)
        found = []
        for tokens in written:
            found.append(np.array(self.server.each_logprob(tokens), dtype=np.float64))
            progress("reading texts", len(found), len(written))
        return found

    def continue_text(self, text: str, *, tokens: int, temperature: float, seed: int) -> str:
        """As in `TokenScores`.

        Raises:
            QueryModelError: If it does not fit.
        """
        prompt = self.server.tokens(text, first=True)
        check_length(len(prompt), tokens, self.context_length, where=self.name)
        settings = {"max_tokens": tokens, "temperature": temperature, "seed": seed}
        return self.server.generate(prompt, {**_WHOLE, **settings})[0]
