"""The contract of a query strategy, and the frozen result that it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from activellm.errors import UsageError
from activellm.llm.protocol import QueryModel, Usage
from activellm.pool.example import Content, Example
from activellm.progress import Progress, silent
from activellm.task import Answer, Task

Vectors: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Labelled:
    """An example with the answer that people gave."""

    example: Example
    answer: Answer


@dataclass(frozen=True)
class SelectionContext:
    """All that a query strategy may look at. What costs something is made on first use.

    Attributes:
        task: What is to be decided.
        candidates: The unlabelled examples to choose from, distinct ids.
        rng: The only source of randomness.
        labelled: What is labelled so far.
        open_model: Gives the query model; None where none is configured.
        embed: Gives one unit-length vector a text, shape (n, d); None where there is no encoder.
        progress: Told how far long work is.
    """

    task: Task
    candidates: tuple[Example, ...]
    rng: np.random.Generator
    labelled: tuple[Labelled, ...] = ()
    open_model: Callable[[], QueryModel] | None = None
    embed: Callable[[Sequence[Content]], Vectors] | None = None
    progress: Progress = silent

    @cached_property
    def model(self) -> QueryModel:
        """The query model.

        Raises:
            UsageError: If none is configured.
        """
        if self.open_model is None:
            raise UsageError(
                "This query strategy asks an LLM, and none is configured.",
                where="--llm",
                remedy="Name one with --llm, or choose the strategy kmeans or random.",
            )
        return self.open_model()

    @cached_property
    def vectors(self) -> Vectors:
        """The candidates' embeddings, shape (candidates, d), rows of length 1, in their order.

        Raises:
            UsageError: If there is no encoder.
        """
        if self.embed is None:
            raise UsageError(
                "This query strategy needs text embeddings, and no encoder is configured.",
                where="--encoder",
            )
        return self.embed([example.content for example in self.candidates])


@dataclass(frozen=True, slots=True)
class Pick:
    """One chosen example: which, why, and how strongly (its meaning is the strategy's)."""

    id: str
    reason: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something in an LLM's answer that is no valid pick."""

    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Health:
    """How sound a selection is: what was repaired on the way to exactly n valid picks.

    Attributes:
        dropped: What the LLM answered that is no valid pick.
        asked_again: How many further questions it took.
        filled: Ids that were drawn at random because the LLM did not name enough.
        positions: Where in the prompt each pick stood: id -> place, 1 is the first.
        shown: How many candidates the prompt showed (0: no list was shown).
        position_p: p-value of the picks being spread evenly over the prompt; None if untested.
        warnings: What a careful reader should know, as sentences.
    """

    dropped: tuple[Dropped, ...] = ()
    asked_again: int = 0
    filled: tuple[str, ...] = ()
    positions: Mapping[str, int] = field(default_factory=dict)
    shown: int = 0
    position_p: float | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The query model's label probabilities for one example, in the task's label order."""

    id: str
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """What a query strategy chose.

    Attributes:
        strategy: The strategy that was asked for ("auto").
        picks: Exactly n, distinct, in the order in which they should be labelled.
        used: The strategy that did the choosing ("kmeans"), if another than asked for.
        explanation: Why it chose as it did, in a sentence or two for people.
        health: What was repaired.
        judgements: The query model's calibrated opinion of the candidates, where it was asked.
        usage: What it cost.
        recordings: Keys of the recorded LLM calls.
    """

    strategy: str
    picks: tuple[Pick, ...]
    used: str = ""
    explanation: str = ""
    health: Health = Health()
    judgements: tuple[Judgement, ...] = ()
    usage: Usage = field(default_factory=Usage)
    recordings: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The picked ids, in order."""
        return tuple(pick.id for pick in self.picks)


class QueryStrategy(Protocol):
    """A way to choose which candidates people should label.

    Attributes:
        name: How the user asks for it.
        needs: What it takes from the context: "model", "embeddings".
        source: Where the method comes from: paper and section.
    """

    name: ClassVar[str]
    needs: ClassVar[frozenset[str]]
    source: ClassVar[str]

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose exactly `n` of the candidates.

        The same context with an equally seeded generator gives the same selection; neither the
        context nor what it holds is changed.

        Raises:
            UsageError: If n is below 1 or above the number of candidates, or a need is not met.
            QueryModelError: If the query model failed.
        """
        ...


def check_request(context: SelectionContext, n: int) -> None:
    """Refuse a number of picks that the candidates cannot give.

    Raises:
        UsageError: With both numbers.
    """
    available = len(context.candidates)
    if not 1 <= n <= available:
        raise UsageError(
            f"{n} picks were asked for, and there are {available} candidates.",
            where="--select",
            remedy="Ask for fewer picks, or give a larger pool.",
        )
