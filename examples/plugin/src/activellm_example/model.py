"""A query model that runs here: it scores an answer by the words that it shares with the prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from activellm.errors import QueryModelError, UsageError
from activellm.llm import Completion, Messages, ModelOptions, Scores
from activellm.progress import Progress, silent
from activellm_example.words import words


def open_overlap(rest: str, options: ModelOptions) -> Overlap:
    """No LLM: an answer is the likelier the more of its words the prompt's end holds.

    Raises:
        UsageError: If no number follows "overlap/".
    """
    if not rest.isdigit() or rest == "0":
        raise UsageError("How many words of the prompt's end count?", remedy="Write overlap/200.")
    return Overlap(int(rest))


class Overlap:
    """See `activellm.llm.QueryModel`.

    Args:
        reads: How many of the prompt's last words it reads.
    """

    context_length = None
    runs_here = True
    can_score = True
    parallel = 1

    def __init__(self, reads: int) -> None:
        self.reads = reads
        self.name = f"overlap/{reads}"

    def identity(self) -> Mapping[str, str]:
        """What decides its answers; a recording is kept under this."""
        return {"model": self.name, "version": "1"}

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """It cannot answer in words.

        Raises:
            QueryModelError: Always.
        """
        raise QueryModelError("It can only score answers.", where=self.name)

    def score(
        self,
        prompts: Sequence[Messages],
        continuations: Sequence[str],
        *,
        progress: Progress = silent,
    ) -> Scores:
        """One point for each word of the answer that stands among the prompt's last words."""
        table = np.zeros((len(prompts), len(continuations)))
        for row, messages in enumerate(prompts):
            read = words(messages[-1].content)[-self.reads :]
            for column, continuation in enumerate(continuations):
                table[row, column] = sum(read.count(word) for word in words(continuation))
            progress("Judging", row + 1, len(prompts))
        logits = table - np.logaddexp.reduce(table, axis=1, keepdims=True)
        return Scores(logits, np.ones(len(continuations), dtype=np.int64))

    def count_tokens(self, text: str) -> int:
        """A word is a token."""
        return len(words(text))
