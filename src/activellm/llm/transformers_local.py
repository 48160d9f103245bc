"""A query model run by transformers: a hub model, a folder or a GGUF file, on CPU or GPU."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from activellm.files import sha256_of
from activellm.llm import chat
from activellm.llm.gguf_header import read_header
from activellm.llm.protocol import Completion, FloatArray, Messages, Scores, Usage
from activellm.llm.scoring import (
    Row,
    Tokens,
    answered,
    check_continuations,
    check_length,
    gather,
    shared_prefix,
)
from activellm.llm.torch_runtime import TorchRuntime
from activellm.progress import Progress, silent

_WEIGHTS = ("config.json", "tokenizer.json", "*.safetensors")
_PLACES = 1024
"""Tokens whose logits are held at once: 200 MB for a vocabulary of 50,000."""


class TransformersModel:
    """A causal language model as a query model. It is loaded at the first question.

    Args:
        source: A folder with a config.json, a GGUF file, or a hub id.
        name: How the user names it.
        context: Tokens that prompt and answer may have together; never more than the model knows.
        threads: For the CPU; None to choose by what is free.
    """

    runs_here = True
    can_score = True
    parallel = 1

    def __init__(
        self, source: str, *, name: str = "", context: int = 8192, threads: int | None = None
    ) -> None:
        self.name = name or f"transformers/{source}"
        self._source = source
        self._context = context
        self._threads = threads
        self._loading = threading.Lock()

    @property
    def runtime(self) -> TorchRuntime:
        """The loaded model.

        Raises:
            QueryModelError: If it cannot be loaded.
            MissingExtraError: If torch or transformers is not installed.
        """
        with self._loading:
            return self._runtime

    @cached_property
    def _runtime(self) -> TorchRuntime:
        return TorchRuntime.load(self._source, threads=self._threads)

    @cached_property
    def context_length(self) -> int:
        """Tokens that prompt and answer may have together. A hub model is loaded for it."""
        return min(self._context, known_context(self._source) or self.runtime.context_length)

    @cached_property
    def _content(self) -> str:
        return content_of_source(self._source)

    def identity(self) -> Mapping[str, str]:
        """The files' SHA-256 or the hub id, the runtime, and the version of our chat formats."""
        return {"runtime": "transformers", "model": self._content, "chat": chat.VERSION}

    def count_tokens(self, text: str) -> int:
        """The exact number of tokens."""
        return len(self.runtime.tokens(text))

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """Ask for an answer in words. A JSON schema is not enforced: only the prompt asks for it.

        Raises:
            QueryModelError: If the prompt does not fit, or the answer is empty.
        """
        prompt = self.runtime.written(messages)
        check_length(len(prompt), max_tokens, self.context_length, where=self.name)
        started = time.monotonic()
        text, tokens, stopped = self.runtime.generate(prompt, max_tokens, temperature, seed)
        usage = Usage(1, 0, len(prompt), tokens, time.monotonic() - started)
        finish: Literal["stop", "length"] = "stop" if stopped else "length"
        return Completion(answered(text, limited=not stopped, where=self.name), finish, usage)

    def score(
        self,
        prompts: Sequence[Messages],
        continuations: Sequence[str],
        *,
        progress: Progress = silent,
    ) -> Scores:
        """How probable each continuation is as the reply to each prompt.

        Prompts are computed in batches; what all have in common at their beginning once.

        Raises:
            QueryModelError: If a prompt does not fit.
        """
        shape = (len(prompts), len(continuations))
        return gather(self.score_rows(prompts, continuations), shape, progress)

    def score_rows(
        self, prompts: Sequence[Messages], continuations: Sequence[str]
    ) -> Iterator[Row]:
        """Each prompt's scores, batch by batch; prompts of like length are computed together."""
        check_continuations(continuations)
        sequences = [self.runtime.tokens(text) for text in continuations]
        lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
        written = [self.runtime.written(prompt) for prompt in prompts]
        for prompt in written:
            check_length(len(prompt), int(lengths.max()), self.context_length, where=self.name)
        for batch in self._batches(written):
            started = time.monotonic()
            table = self.runtime.score([written[index] for index in batch], sequences)
            seconds = (time.monotonic() - started) / len(batch)
            for index, logprobs in zip(batch, table, strict=True):
                usage = Usage(1, 0, len(written[index]), 0, seconds)
                yield Row(index, logprobs, lengths, usage)

    def token_logprobs(
        self, texts: Sequence[str], *, progress: Progress = silent
    ) -> list[FloatArray]:
        """As in `TokenScores`: one pass of the model for a batch of texts of like length.

        Raises:
            QueryModelError: If a text does not fit.
        """
        written = [self.runtime.tokens(text, first=True) for text in texts]
        for tokens in written:
            check_length(len(tokens), 0, self.context_length, where=self.name)
        found: dict[int, FloatArray] = {}
        order = sorted(range(len(written)), key=lambda index: len(written[index]))
        while order:
            # The longest are last; the logits of every place are held at once.
            size = max(1, min(self.runtime.batch_size, _PLACES // len(written[order[-1]])))
            batch, order = order[-size:], order[:-size]
            rows = self.runtime.token_logprobs([written[index] for index in batch])
            found |= zip(batch, rows, strict=True)
            progress("reading texts", len(found), len(written))
        return [found[index] for index in range(len(written))]

    def continue_text(self, text: str, *, tokens: int, temperature: float, seed: int) -> str:
        """As in `TokenScores`.

        Raises:
            QueryModelError: If it does not fit.
        """
        prompt = self.runtime.tokens(text, first=True)
        check_length(len(prompt), tokens, self.context_length, where=self.name)
        return self.runtime.generate(prompt, tokens, temperature, seed, plain=True)[0]

    def _batches(self, written: Sequence[Tokens]) -> Iterator[list[int]]:
        """Prompts by length, cut into batches; the common beginning is kept for all of them."""
        if not written:
            return
        shared = min(shared_prefix(written), min(map(len, written)) - 1)
        self.runtime.keep_prefix(written[0][:shared])
        order = sorted(range(len(written)), key=lambda index: len(written[index]))
        size = self.runtime.batch_size
        for start in range(0, len(order), size):
            yield order[start : start + size]


def content_of_source(source: str) -> str:
    """What decides a model's answers: hashes of the files, or the hub id."""
    path = Path(source)
    if path.is_file():
        return sha256_of(path)
    if not path.is_dir():
        return source
    files = sorted(file for pattern in _WEIGHTS for file in path.glob(pattern))
    return " ".join(sha256_of(file)[:16] for file in files)


def known_context(source: str) -> int | None:
    """Tokens that a model holds, as its GGUF header or config.json says; None if neither does.

    Raises:
        DataError: If a GGUF file is damaged.
    """
    path = Path(source)
    if path.is_file():
        return read_header(path).context_length
    try:
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        return int(config["max_position_embeddings"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
