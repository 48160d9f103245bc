"""The contract of a query strategy, and the frozen result that it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from activellm.llm.protocol import Usage
from activellm.selection.context import SelectionContext


@dataclass(frozen=True, slots=True)
class Pick:
    """One chosen example.

    Attributes:
        id: Which.
        reason: Why, for people.
        score: How strongly; its meaning is the strategy's.
        votes: How many of the ballots that could name it did, where several were cast.
    """

    id: str
    reason: str
    score: float | None = None
    votes: int | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something in an LLM's answer that is no valid pick."""

    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Ballot:
    """One list that a query model was shown, and what it chose from it.

    Attributes:
        model: The model's name.
        shown: Example ids in the order of the prompt; number 1 is the first. Labelled examples
            that a recap shows among them are there too, and can never be named.
        named: The valid picks, in the order in which the model named them.
        wanted: How many were asked for.
        heat: Which stage of a selection in heats, 1 is the first; 0 where there are no heats.
        reasons: id -> the model's own words, where it gave some.
        dropped: What it answered that is no valid pick.
        rule: How the answer was read (`selection.answer.Reading.rule`).
        asked_again: How many further questions it took.
        flaw: Why the answer is no choice ("exactly the first 32 of the list"); empty if it may
            be one.
        warnings: What a careful reader should know, as sentences.
        usage: What it cost.
        recordings: Keys of the recorded calls.
    """

    model: str
    shown: tuple[str, ...]
    named: tuple[str, ...]
    wanted: int
    heat: int = 0
    reasons: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[Dropped, ...] = ()
    rule: str = ""
    asked_again: int = 0
    flaw: str = ""
    warnings: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    recordings: tuple[str, ...] = ()

    @property
    def places(self) -> tuple[int, ...]:
        """Where in the prompt each named example stood, 1 is the first."""
        place = {id: number for number, id in enumerate(self.shown, start=1)}
        return tuple(place[id] for id in self.named)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far ballots on the same candidates agree.

    Attributes:
        ballots: How many were compared, at least 2.
        jaccard: Mean over all pairs: share of what both named in what either named, 0 to 1.
        expected_jaccard: What picks drawn at random would give in the mean.
        rank_correlation: Mean Spearman correlation over all pairs of the order in which examples
            were named (unnamed ones share the last place); None where it is not defined.
        places_correlation: The same between the picks' places in one prompt and in the other:
            near 1 where a model answers by place, whatever stands there. None if undefined.
    """

    ballots: int
    jaccard: float
    expected_jaccard: float
    rank_correlation: float | None = None
    places_correlation: float | None = None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A candidate whose text looks as if it gave orders to a query model.

    Attributes:
        id: Which.
        why: What was found, for people.
        excerpt: The words in question; untrusted text.
    """

    id: str
    why: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """How sound a selection is: what was repaired on the way to exactly n valid picks.

    Attributes:
        dropped: What the LLM answered that is no valid pick.
        asked_again: How many further questions it took.
        filled: Ids that were drawn at random because the LLM did not name enough.
        positions: Where in the prompt each pick stood: id -> place, 1 is the first. Of the last
            ballot that named it.
        shown: How many candidates that prompt showed (0: no list was shown).
        position_p: p-value of the picks being spread evenly over the prompts; None if untested.
        quarters: Of all that was named in all ballots: how many stood in each quarter of its
            prompt; empty where no list was shown.
        ballots: Every list that was shown and counted, in order.
        set_aside: Ballots that were no choice and were asked again in another order.
        agreement: How far the ballots on all candidates agree; None with fewer than two.
        suspicious: Candidates whose text gives orders; they were shown with these masked.
        tied: Candidates, picked or not, of the same score as the last pick, where not all of them
            could be picked: the seed decided among these.
        warnings: What a careful reader should know, as sentences.
    """

    dropped: tuple[Dropped, ...] = ()
    asked_again: int = 0
    filled: tuple[str, ...] = ()
    positions: Mapping[str, int] = field(default_factory=dict)
    shown: int = 0
    position_p: float | None = None
    quarters: tuple[int, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    set_aside: tuple[Ballot, ...] = ()
    agreement: Agreement | None = None
    suspicious: tuple[Suspicion, ...] = ()
    tied: tuple[str, ...] = ()
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


NEEDS = {
    "model": "a query model (LLM)",
    "embeddings": "text embeddings",
    "labels": "labels that people gave",
    "successor": "a classifier trained on the labels so far",
    "samples": "a classifier that knows how open its weights are",
    "features": "what the classifier's last layer reads",
    "surprisals": "a language model's surprise at each token",
}
"""What a query strategy may need of the context, in words."""


class QueryStrategy(Protocol):
    """A way to choose which candidates people should label.

    Attributes:
        name: How the user asks for it.
        needs: What it takes from the context, of `NEEDS`.
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
