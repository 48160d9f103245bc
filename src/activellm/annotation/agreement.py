"""How far annotators agree: kappas and alpha, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from activellm.annotation.contract import Annotation
from activellm.annotation.votes import standing
from activellm.task import Answer, Task

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DRAWS = 200
NONE_SHARED = "No text has answers of two people yet."
ONE_ANSWER = (
    "Everybody gave the same answer to every shared text: there is no chance to compare with."
)


@dataclass(frozen=True, slots=True)
class Value:
    """A coefficient: 1 is perfect, 0 is chance.

    Attributes:
        value: None where it is not defined.
        low, high: 95 % interval: percentile bootstrap over texts; None likewise.
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

    Attributes:
        alpha: Krippendorff's: nominal for one label a text; by MASI distance for sets of labels.
        fleiss: Fleiss' kappa, over the texts with the most common number of answers.
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
                {"label": name, "alpha": one.value, "low": one.low, "high": one.high}
                for name, one in self.classes.items()
            ],
            "pairs": [
                {
                    "a": one.a,
                    "b": one.b,
                    "kappa": one.kappa.value,
                    "low": one.kappa.low,
                    "high": one.kappa.high,
                    "texts": one.texts,
                }
                for one in self.pairs
            ],
            "texts": self.texts,
            "annotators": self.annotators,
        }


def agreement(
    events: Sequence[Annotation], task: Task, *, seed: int = 0, draws: int = DRAWS
) -> Agreement:
    """Measure agreement on all texts that two people or more labelled. Skips are no answers.

    Sources: Cohen (Educational and Psychological Measurement 20, 1960); Fleiss (Psychological
    Bulletin 76, 1971); Krippendorff, Content Analysis (2nd edition, 2004), chapter 11; Passonneau,
    Measuring Agreement on Set-valued Items (LREC 2006), for MASI.

    Args:
        events: In the order in which they arrived.
        task: Whose labels they are. In a multi-label task an answer is a set of labels; kappas
            take each different set for an answer of its own.
        seed: Decides the bootstrap.
        draws: Of the bootstrap.
    """
    shared = _shared(events)
    names = sorted({name for by in shared for name in by})
    kinds = {answer: number for number, answer in enumerate(_kinds(shared, task))}
    table = np.full((len(shared), len(names)), -1, dtype=np.int64)
    place = {name: column for column, name in enumerate(names)}
    for row, by in enumerate(shared):
        for name, answer in by.items():
            table[row, place[name]] = kinds[answer]
    rng = np.random.default_rng(seed)
    counts = _counts(table, len(kinds))
    distances = _masi(list(kinds)) if task.multi else 1 - np.eye(len(kinds))
    holds = [np.array([name in answer for answer in kinds]) for name in task.label_names]
    return Agreement(
        alpha=_alpha(counts, distances, rng, draws),
        fleiss=_fleiss(counts, rng, draws),
        classes={
            name: _alpha(_merged(counts, held), 1 - np.eye(2), rng, draws)
            for name, held in zip(task.label_names, holds, strict=True)
        },
        pairs=tuple(_pairs(table, names, len(kinds), rng, draws)),
        texts=len(shared),
        annotators=len(names),
    )


def _shared(events: Sequence[Annotation]) -> list[dict[str, Answer]]:
    """The answers to each text that has two or more, by annotator."""
    labels = (
        {name: one.labels for name, one in by.items() if one.action == "label"}
        for by in standing(events).values()
    )
    return [by for by in labels if len(by) > 1]


def _kinds(shared: Sequence[Mapping[str, Answer]], task: Task) -> list[Answer]:
    """All different answers; in a single-label task each label, given or not."""
    if not task.multi:
        return [(name,) for name in task.label_names]
    return sorted({answer for by in shared for answer in by.values()})


def _counts(table: Ints, kinds: int) -> Floats:
    """How often each text got each answer, shape (texts, kinds)."""
    rows, columns = np.nonzero(table >= 0)
    flat = np.bincount(rows * kinds + table[rows, columns], minlength=len(table) * kinds)
    return flat.reshape(len(table), kinds).astype(np.float64)


def _merged(counts: Floats, held: npt.NDArray[np.bool_]) -> Floats:
    """Only two answers: with a label, and without."""
    return np.column_stack([counts[:, held].sum(axis=1), counts[:, ~held].sum(axis=1)])


def _alpha(counts: Floats, distances: Floats, rng: np.random.Generator, draws: int) -> Value:
    if not len(counts):
        return Value(None, why=NONE_SHARED)
    patterns, weights = _patterns(counts, rng, draws)
    sizes = patterns.sum(axis=1)
    disagreeing = np.einsum("pc,ck,pk->p", patterns, distances, patterns) / (sizes - 1)
    observed = weights @ disagreeing
    totals = weights @ patterns
    n = totals.sum(axis=1)
    expected = np.einsum("dc,ck,dk->d", totals, distances, totals) / (n - 1)
    return _value(1 - _ratio(observed, expected))


def _fleiss(counts: Floats, rng: np.random.Generator, draws: int) -> Value:
    if not len(counts):
        return Value(None, why=NONE_SHARED)
    sizes = counts.sum(axis=1).astype(np.int64)
    size, _ = max(Counter(sizes.tolist()).items(), key=lambda one: (one[1], one[0]))
    patterns, weights = _patterns(counts[sizes == size], rng, draws)
    agreeing = ((patterns**2).sum(axis=1) - size) / (size * (size - 1))
    texts = weights.sum(axis=1)
    observed = weights @ agreeing / texts
    shares = weights @ patterns / (texts * size)[:, None]
    chance = (shares**2).sum(axis=1)
    return _value(1 - _ratio(1 - observed, 1 - chance))


def _pairs(
    table: Ints, names: Sequence[str], kinds: int, rng: np.random.Generator, draws: int
) -> list[Pair]:
    found = []
    for a, b in combinations(range(len(names)), 2):
        both = (table[:, a] >= 0) & (table[:, b] >= 0)
        texts = int(both.sum())
        if texts:
            cells = np.bincount(table[both, a] * kinds + table[both, b], minlength=kinds**2)
            draw = rng.multinomial(texts, cells / texts, size=draws)
            found.append(Pair(names[a], names[b], _cohen(np.vstack([cells, draw]), kinds), texts))
    return found


def _cohen(cells: Ints, kinds: int) -> Value:
    """Of contingency tables, the first of which is what was observed."""
    tables = cells.reshape(len(cells), kinds, kinds) / cells.sum(axis=1)[:, None, None]
    agreeing = np.einsum("dkk->d", tables)
    chance = np.einsum("dk,dk->d", tables.sum(axis=1), tables.sum(axis=2))
    return _value(1 - _ratio(1 - agreeing, 1 - chance))


def _patterns(counts: Floats, rng: np.random.Generator, draws: int) -> tuple[Floats, Floats]:
    """The different rows, and how often each is there: observed, then in bootstrap draws.

    Drawing n texts of n is drawing how many have each pattern: texts alike need no own draw.
    """
    patterns, often = np.unique(counts, axis=0, return_counts=True)
    drawn = rng.multinomial(len(counts), often / len(counts), size=draws)
    return patterns, np.vstack([often, drawn]).astype(np.float64)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """NaN where the whole is nothing."""
    nothing = np.full(len(part), np.nan)
    return np.asarray(np.divide(part, whole, out=nothing, where=whole > 1e-12))


def _value(values: Floats) -> Value:
    """From the observed value, then those of the bootstrap; undefined draws are left out."""
    if np.isnan(values[0]):
        return Value(None, why=ONE_ANSWER)
    drawn = values[1:][~np.isnan(values[1:])]
    if not len(drawn):
        return Value(float(values[0]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Value(float(values[0]), float(low), float(high))


def _masi(kinds: Sequence[Answer]) -> Floats:
    """Distances between sets of labels: 0 for the same, 1 for nothing in common."""
    sets = [frozenset(kind) for kind in kinds]
    return np.array([[_masi_distance(a, b) for b in sets] for a in sets]).reshape(
        len(sets), len(sets)
    )


def _masi_distance(a: frozenset[str], b: frozenset[str]) -> float:
    if a == b:
        return 0.0
    common = len(a & b)
    monotonic = 2 / 3 if a <= b or b <= a else 1 / 3
    return 1 - monotonic * common / len(a | b)
