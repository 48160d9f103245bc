"""A query model that says again what a judge once said of certain texts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from activellm.bench.given import Opinion
from activellm.errors import QueryModelError
from activellm.llm import Completion, Messages, Scores
from activellm.pool import Example
from activellm.progress import Progress, silent
from activellm.selection.judging import judging_prompts
from activellm.task import Task

LEAST = 1e-12
"""Stored probabilities below this, such as a rounded 0, are taken for it."""


class StoredJudge:
    """Scores the labels of texts that were judged before; it knows nothing else.

    A text is known by the whole prompt that asks about it, so that no text is taken for another
    that it holds.

    Args:
        name: What users call it ("judged/1.5B").
        task: What was decided.
        examples: The texts.
        opinion: Their label probabilities, by id.
    """

    context_length: int | None = None
    runs_here = True
    can_score = True
    parallel = 1

    def __init__(
        self, name: str, task: Task, examples: Sequence[Example], opinion: Opinion
    ) -> None:
        self.name = name
        self._task, self._examples, self._opinion = task, examples, opinion

    def identity(self) -> Mapping[str, str]:
        """The SHA-256 of its opinion."""
        content = json.dumps({id_: dict(row) for id_, row in self._opinion.items()})
        return {"runtime": "stored", "model": hashlib.sha256(content.encode()).hexdigest()}

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """Nothing: it has no words.

        Raises:
            QueryModelError: Always.
        """
        raise QueryModelError(
            "Stored judgements hold label probabilities; they cannot be asked for words.",
            where=self.name,
            remedy="Use a strategy that judges, such as coverage, or another query model.",
        )

    def score(
        self,
        prompts: Sequence[Messages],
        continuations: Sequence[str],
        *,
        progress: Progress = silent,
    ) -> Scores:
        """The stored log-probabilities of label names.

        Raises:
            QueryModelError: If it is asked about another text, or something else than labels.
        """
        rows = [self._known.get(messages) for messages in prompts]
        if unknown := sum(row is None or not row.keys() >= {*continuations} for row in rows):
            raise QueryModelError(
                f"There are no stored judgements of {unknown} of {len(rows)} texts.",
                where=self.name,
                remedy="They are known for the candidates only: use another query model.",
            )
        values = [[row[label] for label in continuations] for row in rows if row is not None]
        table = np.log(np.maximum(np.array(values, dtype=np.float64), LEAST))
        return Scores(table.reshape(len(rows), -1), np.ones(len(continuations), dtype=np.int64))

    def count_tokens(self, text: str) -> int:
        """0: it reads nothing, so no text is too long for it."""
        return 0

    @cached_property
    def _known(self) -> dict[Messages, Mapping[str, float]]:
        """The stored opinion by question, the first where orders masked in two make them one."""
        known: dict[Messages, Mapping[str, float]] = {}
        prompts = judging_prompts(self, self._task, self._examples)
        for example, messages in zip(self._examples, prompts, strict=True):
            known.setdefault(messages, self._opinion[example.id])
        return known
