"""Log-probabilities of continuations: what the models that can score have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from activellm.errors import QueryModelError, UsageError
from activellm.llm.protocol import FloatArray, Messages, QueryModel, Scores, Usage
from activellm.progress import Progress, silent

Tokens: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """The scores of one prompt.

    Attributes:
        index: Which of the prompts.
        logprobs: Shape (continuations,).
        tokens: Shape (continuations,): in how many tokens each was scored.
        usage: What this prompt cost.
    """

    index: int
    logprobs: FloatArray
    tokens: npt.NDArray[np.int64]
    usage: Usage


@runtime_checkable
class ScoresByRow(Protocol):
    """A model that gives each prompt's scores as soon as it has them, in any order."""

    def score_rows(
        self, prompts: Sequence[Messages], continuations: Sequence[str]
    ) -> Iterator[Row]:
        """The rows."""
        ...


@runtime_checkable
class TokenScores(Protocol):
    """A model that reads and goes on with plain text, as it did in its training: no chat format."""

    def token_logprobs(
        self, texts: Sequence[str], *, progress: Progress = silent
    ) -> list[FloatArray]:
        """Natural log of the probability of each token of a text, given those before it.

        Args:
            texts: What to read, none of them empty.
            progress: Told after every text or batch.

        Returns:
            For each text an array of shape (tokens - 1,): the first token has none before it, but
            where the model's tokeniser puts its own mark there, that mark is the first token.

        Raises:
            QueryModelError: If a text does not fit into the context.
        """
        ...

    def continue_text(self, text: str, *, tokens: int, temperature: float, seed: int) -> str:
        """Go on with a text, for exactly so many tokens: the end of the text is not allowed.

        Args:
            text: The beginning.
            tokens: How many tokens to write.
            temperature: 0.0 for the likeliest; 1.0 draws from the whole distribution.
            seed: For drawing.

        Raises:
            QueryModelError: If it does not fit into the context.
        """
        ...


def token_scores(model: QueryModel) -> TokenScores | None:
    """The model inside all wrappers as one that reads plain text; None if it cannot.

    Wrappers are left out on purpose: such models run here, so that nothing is paid or sent.
    """
    inside: object = model
    while not isinstance(inside, TokenScores):
        if not hasattr(inside, "model"):
            return None
        inside = inside.model
    return inside


def score_rows(
    model: QueryModel, prompts: Sequence[Messages], continuations: Sequence[str]
) -> Iterator[Row]:
    """Each prompt's scores as soon as the model has them, in any order."""
    if isinstance(model, ScoresByRow):
        yield from model.score_rows(prompts, continuations)
        return
    for index, prompt in enumerate(prompts):
        scores = model.score([prompt], continuations)
        yield Row(index, scores.logprobs[0], scores.tokens, scores.usage)


def check_continuations(continuations: Sequence[str]) -> None:
    """Refuse what cannot be scored.

    Raises:
        UsageError: If there are no continuations, or one is empty.
    """
    if not continuations or not all(continuations):
        raise UsageError("Nothing to score: there must be continuations, and none may be empty.")


def gather(
    rows: Iterator[Row], shape: tuple[int, int], progress: Progress, *, keys: Mapping[int, str] = {}
) -> Scores:
    """All rows as one result, in the prompts' order.

    Args:
        rows: One for each prompt.
        shape: (prompts, continuations).
        progress: Told after every row.
        keys: Recording keys by prompt, if there are any.
    """
    table = np.zeros(shape)
    tokens = np.ones(shape[1], dtype=np.int64)
    usage = Usage()
    for done, row in enumerate(rows, start=1):
        table[row.index], tokens = row.logprobs, row.tokens
        usage += row.usage
        progress("scoring", done, shape[0])
    return Scores(table, tokens, usage, tuple(keys[index] for index in sorted(keys)))


def branches(sequences: Sequence[Tokens]) -> dict[Tokens, tuple[int, ...]]:
    """The trie of token sequences: prefix -> the tokens that follow it, prefixes in order."""
    following: dict[Tokens, set[int]] = {}
    for sequence in sequences:
        for length, token in enumerate(sequence):
            following.setdefault(sequence[:length], set()).add(token)
    return {prefix: tuple(sorted(following[prefix])) for prefix in sorted(following)}


def totals(sequences: Sequence[Tokens], table: Mapping[Tokens, Mapping[int, float]]) -> FloatArray:
    """The log-probability of each sequence: the sum over its tokens, each after its prefix."""
    return np.array(
        [
            sum(table[sequence[:length]][token] for length, token in enumerate(sequence))
            for sequence in sequences
        ]
    )


def shared_prefix(sequences: Sequence[Tokens]) -> int:
    """How many leading tokens all sequences have in common."""
    first, last = min(sequences), max(sequences)
    for length, (one, other) in enumerate(zip(first, last, strict=False)):
        if one != other:
            return length
    return min(len(first), len(last))


def check_length(prompt: int, answer: int, context: int, *, where: str) -> None:
    """Refuse a prompt that does not fit, before anything is computed.

    Args:
        prompt: The prompt's tokens.
        answer: The tokens that the answer may need.
        context: How many the model can hold.
        where: The model's name.

    Raises:
        QueryModelError: With both counts.
    """
    if prompt + answer > context:
        raise QueryModelError(
            f"The prompt has {prompt:,} tokens and its answer may need {answer:,}; the model "
            f"holds {context:,} in all.",
            where=where,
            remedy="Show fewer or shorter texts, or choose a model with a longer context.",
        )


def answered(text: str, *, limited: bool, where: str) -> str:
    """Refuse an empty answer. It is not asked for again: that would be paid for once more.

    Args:
        text: The answer.
        limited: Whether the model was cut off.
        where: The model's name.

    Raises:
        QueryModelError: If the answer is empty.
    """
    if text.strip():
        return text
    why = " within the tokens that it was allowed" if limited else ""
    raise QueryModelError(
        f"The model answered nothing{why}.",
        where=where,
        remedy="Word the task otherwise, or try another model.",
    )
