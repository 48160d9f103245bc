"""What is known after each round, and the contract of what advises to stop or to go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from activellm.task import Task

Probabilities: TypeAlias = npt.NDArray[np.float64]
"""Shape (texts, labels)."""

Says: TypeAlias = Literal["stop", "go on", "cannot say"]


class Measure(Protocol):
    """A measured number with its interval, such as `activellm.evaluation.Estimate`."""

    @property
    def value(self) -> float:
        """The number measured, 0 to 1."""
        ...

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        ...

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        ...

    @property
    def level(self) -> float:
        """How often such an interval holds the true value, between 0 and 1."""
        ...


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """What is known after one round. All that adds up is counted from the first round on.

    Attributes:
        number: The round's number, 1 is the first.
        labels: Texts that the round's classifier learned from.
        seconds: Work so far, people's and the machine's.
        cost: US dollars spent on query models so far; None where the prices are not known.
        tokens: Tokens that query models read and wrote so far.
        probabilities: The classifier's label probabilities for the stop set, shape (texts, labels):
            texts of the pool drawn at random once, the same in every round. None where it was not
            asked.
        macro_f1: Its macro-F1; None where it was not measured.
        accuracy: Its accuracy; None where it was not measured.
        measured_on: On which texts: "gold", "hold-out", "labelled"; empty where on none.
    """

    number: int
    labels: int
    seconds: float = 0.0
    cost: float | None = None
    tokens: int = 0
    probabilities: Probabilities | None = field(default=None, compare=False, repr=False)
    macro_f1: Measure | None = None
    accuracy: Measure | None = None
    measured_on: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """All rounds so far.

    Attributes:
        task: What is decided.
        rounds: In order; those without a trained classifier are left out.
        left: Texts of the pool that are not labelled yet.
        select: How many of them the next round would label, at least 1.
    """

    task: Task
    rounds: tuple[RoundFacts, ...]
    left: int
    select: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one criterion advises. It is advice: nothing stops by itself.

    Attributes:
        criterion: The criterion's name.
        says: "stop", "go on", or "cannot say" where what it needs is not there.
        value: The number that it looked at; None if it has none.
        threshold: What the number was compared with; None if with nothing.
        text: One or two plain sentences for those who label.
    """

    criterion: str
    says: Says
    value: float | None
    threshold: float | None
    text: str


NEEDS = {
    "cost": "what the query model cost",
    "measurements": "measurements of the classifiers",
    "predictions": "the classifiers' predictions for a fixed set of texts",
}
"""What a criterion may need of the rounds, in words."""


class StoppingCriterion(Protocol):
    """A way to tell when more labels are not worth their effort.

    Attributes:
        name: How the user asks for it.
        needs: What it looks at besides counts, of `NEEDS`.
        source: Where the method comes from: paper and section.
    """

    name: ClassVar[str]
    needs: ClassVar[frozenset[str]]
    source: ClassVar[str]

    def judge(self, history: History) -> Verdict:
        """Say whether to stop after the last round.

        The same history gives the same verdict; the history is not changed. Where something is
        missing, the verdict is "cannot say" with the reason, never an error.
        """
        ...
