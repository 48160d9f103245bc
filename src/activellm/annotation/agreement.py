"""How far annotators agree: kappas and alpha, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from activellm.annotation.coefficients import (
    SAME,
    Distances,
    Floats,
    Votes,
    alpha_by_label,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
)
from activellm.annotation.contract import Annotation
from activellm.annotation.votes import standing
from activellm.task import Answer, Task
from activellm.wilson import wilson

DRAWS = 200
NONE_SHARED = "No text has answers of two people yet."
ONE_ANSWER = (
    "Everybody gave the same answer to every shared text: there is no chance to compare with."
)
NEVER_OR_ALWAYS = "No shared text has it, or all have: there is no chance to compare with."


@dataclass(frozen=True, slots=True)
class Value:
    """A coefficient: 1 is perfect, 0 is chance.

    Attributes:
        value: None where it is not defined.
        low, high: 95 % interval: percentile bootstrap over texts. Where no draw has another
            disagreement, as where all agree, it knows nothing, and Wilson's interval of the
            disagreement stands in. None likewise.
        why: Why it is not defined; empty if it is.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two annotators: Cohen's kappa over the texts that both labelled."""

    a: str
    b: str
    kappa: Value
    texts: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far all annotators of a project agree.

    Two answers are the same or not; sets of labels are near or far (MASI distance).

    Attributes:
        alpha: Krippendorff's.
        fleiss: Fleiss' kappa.
        classes: alpha of each label against all others.
        pairs: Every two annotators who share a text.
        texts: Texts with two answers or more.
        annotators: People who labelled any of them.
    """

    alpha: Value
    fleiss: Value
    classes: Mapping[str, Value]
    pairs: tuple[Pair, ...]
    texts: int
    annotators: int

    def as_json(self) -> dict[str, Any]:
        """For the API and the report."""
        return {
            "alpha": asdict(self.alpha),
            "fleiss": asdict(self.fleiss),
            "classes": [
                {"label": name, "alpha": one.value} | _rest(one)
                for name, one in self.classes.items()
            ],
            "pairs": [
                {"a": one.a, "b": one.b, "kappa": one.kappa.value, "texts": one.texts}
                | _rest(one.kappa)
                for one in self.pairs
            ],
            "texts": self.texts,
            "annotators": self.annotators,
        }


def agreement(
    events: Sequence[Annotation], task: Task, *, seed: int = 0, draws: int = DRAWS
) -> Agreement:
    """Measure agreement on all texts that two people or more labelled. Skips are no answers.

    Sources: Cohen (Educational and Psychological Measurement 20, 1960) for a pair; Fleiss
    (Psychological Bulletin 76, 1971), with Gwet's form where texts have different numbers of
    answers (Handbook of Inter-Rater Reliability, 4th edition, 2014, chapter 2); Krippendorff,
    Content Analysis (2nd edition, 2004), chapter 11; Passonneau, Measuring Agreement on Set-valued
    Items (LREC 2006), for MASI, by which Cohen's is weighted (Psychological Bulletin 70, 1968).

    Args:
        events: In the order in which they arrived.
        task: Whose labels they are. In a multi-label task an answer is a set of labels.
        seed: Decides the bootstrap.
        draws: Of the bootstrap.
    """
    shared = _shared(events)
    labels = task.label_names
    if not shared:
        none = Value(None, why=NONE_SHARED)
        return Agreement(none, none, dict.fromkeys(labels, none), (), 0, 0)
    votes = Votes.of(shared, () if task.multi else [(name,) for name in labels])
    distances = Distances(votes.kinds, labels if task.multi else None)
    weights = votes.drawn(np.random.default_rng(seed), draws)
    return Agreement(
        alpha=_value(*krippendorff_alpha(votes, distances, weights), votes.texts),
        fleiss=_value(*fleiss_kappa(votes, distances, weights), votes.texts),
        classes=_classes(votes, labels, weights),
        pairs=tuple(_pairs(votes, distances, weights)),
        texts=votes.texts,
        annotators=len(votes.names),
    )


def _shared(events: Sequence[Annotation]) -> list[dict[str, Answer]]:
    """The answers to each text that has two or more, by annotator."""
    labels = (
        {name: one.labels for name, one in by.items() if one.action == "label"}
        for by in standing(events).values()
    )
    return [by for by in labels if len(by) > 1]


def _classes(votes: Votes, labels: Sequence[str], weights: Floats) -> dict[str, Value]:
    held = np.array([[float(name in kind) for name in labels] for kind in votes.kinds])
    observed, expected = alpha_by_label(votes, held, weights)
    return {
        name: _value(observed[:, at], expected[:, at], votes.texts, NEVER_OR_ALWAYS)
        for at, name in enumerate(labels)
    }


def _pairs(votes: Votes, distances: Distances, weights: Floats) -> list[Pair]:
    """Every two people who share a text, in the order of their names."""
    first, second = votes.couples()
    code = votes.person[first] * len(votes.names) + votes.person[second]
    order = np.argsort(code, kind="stable")
    codes, starts = np.unique(code[order], return_index=True)
    found = []
    for both, rows in zip(codes, np.split(order, starts[1:]), strict=True):
        one, other = first[rows], second[rows]
        drawn = weights[:, votes.pattern[one]]
        texts = int(drawn[0].sum())
        parts = cohen_kappa(votes.kind[one], votes.kind[other], distances, drawn)
        a, b = divmod(int(both), len(votes.names))
        found.append(Pair(votes.names[a], votes.names[b], _value(*parts, texts), texts))
    return found


def _value(observed: Floats, expected: Floats, texts: int, why: str = ONE_ANSWER) -> Value:
    """From mean disagreements, 0 to 1: first the observed ones, then those of the bootstrap.

    A draw in which all answers are the same is one of perfect agreement.
    """
    if expected[0] < SAME:
        return Value(None, why=why)
    value = float(1 - observed[0] / expected[0])
    if np.ptp(observed) < SAME:
        best, worst = wilson(float(observed[0]), texts)
        low, high = 1 - worst / expected[0], 1 - best / expected[0]
    else:
        share = np.zeros_like(observed)
        np.divide(observed, expected, out=share, where=expected > SAME)
        low, high = np.percentile(1 - share[1:], [2.5, 97.5])
    return Value(value, min(value, float(low)), max(value, float(high)))


def _rest(one: Value) -> dict[str, Any]:
    return {"low": one.low, "high": one.high, "why": one.why}
