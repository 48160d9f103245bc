"""A query model around another one: what a wrapper does not change, it passes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from activellm.llm.protocol import Completion, Messages, QueryModel, Scores
from activellm.llm.scoring import Row, check_continuations, gather, score_rows
from activellm.progress import Progress, silent


class WrappedModel:
    """Passes everything on to the model inside. Inherit, and change what the wrapper is for.

    Args:
        model: The model inside.
    """

    def __init__(self, model: QueryModel) -> None:
        self.model = model

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def context_length(self) -> int | None:
        """The model's context length."""
        return self.model.context_length

    @property
    def runs_here(self) -> bool:
        """Whether the model runs on this machine."""
        return self.model.runs_here

    @property
    def can_score(self) -> bool:
        """Whether the model can score."""
        return self.model.can_score

    @property
    def parallel(self) -> int:
        """How many questions the model takes at once."""
        return self.model.parallel

    def identity(self) -> Mapping[str, str]:
        """The model's identity: a wrapper changes no answer."""
        return self.model.identity()

    def count_tokens(self, text: str) -> int:
        """The model's count."""
        return self.model.count_tokens(text)

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """The model's answer."""
        return self.model.complete(
            messages,
            max_tokens=max_tokens,
            temperature=temperature,
            seed=seed,
            json_schema=json_schema,
        )

    def score(
        self,
        prompts: Sequence[Messages],
        continuations: Sequence[str],
        *,
        progress: Progress = silent,
    ) -> Scores:
        """The model's scores, by way of `score_rows`."""
        check_continuations(continuations)
        rows = self.score_rows(prompts, continuations)
        return gather(rows, (len(prompts), len(continuations)), progress)

    def score_rows(
        self, prompts: Sequence[Messages], continuations: Sequence[str]
    ) -> Iterator[Row]:
        """Each prompt's scores as soon as the model has them."""
        yield from score_rows(self.model, prompts, continuations)


def innermost(model: QueryModel) -> QueryModel:
    """The model inside all wrappers."""
    while isinstance(model, WrappedModel):
        model = model.model
    return model


def waits_for_batches(model: QueryModel) -> bool:
    """Whether a model's questions are handed in by batches."""
    return bool(getattr(innermost(model), "batched", False))


@contextmanager
def telling(models: Iterable[QueryModel], progress: Progress) -> Iterator[None]:
    """Have models tell, inside a `with` block, how long they wait for batches."""
    inside: list[Any] = [innermost(model) for model in models if waits_for_batches(model)]
    for model in inside:
        model.courier.progress = progress
    try:
        yield
    finally:
        for model in inside:
            model.courier.progress = silent
