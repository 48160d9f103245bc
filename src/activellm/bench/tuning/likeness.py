"""Which data sets are like a user's: by few things, each of which can be read off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from activellm.bench.datasets import DataSet
from activellm.pool import Content
from activellm.task import Answer, Task

CLASSES, WORDS = 2.0, 3.0
"""By which factor numbers of classes, and median lengths, may differ."""

LARGEST = 0.25
"""By how much the share of the most frequent label may differ."""

FEWEST = 5
"""Fewer data sets than these make no interval worth the name: then all of them count."""

SAMPLE = 2000
"""Texts that are looked at."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What can be said of a task and its texts without training anything.

    Attributes:
        name: The data set's.
        classes: Labels of the task.
        words: Median words a text (of a pair both together).
        largest: The share of the most frequent label, 0 to 1; None where no labels are known.
        pair: Whether a pair of texts is judged.
    """

    name: str
    classes: int
    words: float
    largest: float | None
    pair: bool


@dataclass(frozen=True, slots=True)
class Likeness:
    """Which data sets count.

    Attributes:
        yours: What they are compared with; None where nothing is known of it.
        others: All data sets.
        differs: Data set -> in what it differs too much; empty for one that is like yours.
        counted: The names of those that count.
        words: Why these, for people.
    """

    yours: Traits | None
    others: tuple[Traits, ...]
    differs: dict[str, tuple[str, ...]]
    counted: tuple[str, ...]
    words: str


def traits_of(
    name: str, task: Task, contents: Sequence[Content], answers: Sequence[Answer]
) -> Traits:
    """Read them off texts and labels; a sample will do."""
    lengths = [
        len((content if isinstance(content, str) else " ".join(content)).split())
        for content in contents[:SAMPLE]
    ]
    counts = Counter(name for answer in answers for name in answer)
    return Traits(
        name=name,
        classes=len(task.label_names),
        words=float(median(lengths)) if lengths else 0.0,
        largest=max(counts.values()) / len(answers) if counts else None,
        pair=task.pair,
    )


def traits_of_data(data: DataSet) -> Traits:
    """Those of a data set of an experiment."""
    examples = [example for batch in data.pool.batches() for example in batch][:SAMPLE]
    labels = data.pool.column("label", [example.id for example in examples])
    answers = [data.task.answer(label) for label in labels]
    return traits_of(data.name, data.task, [one.content for one in examples], answers)


def like(yours: Traits | None, others: Sequence[Traits]) -> Likeness:
    """The data sets that count: those like yours, or all where these are too few.

    What is compared was fixed before any result was seen, and no result plays a part.
    """
    if yours is None:
        names = tuple(one.name for one in others)
        words = "Nothing is known of your texts: all data sets count."
        return Likeness(None, tuple(others), dict.fromkeys(names, ()), names, words)
    differs = {one.name: _differences(yours, one) for one in others}
    close = tuple(name for name, reasons in differs.items() if not reasons)
    if len(close) >= FEWEST:
        words = f"{len(close)} of {len(others)} data sets are like yours; only these count."
        return Likeness(yours, tuple(others), differs, close, words)
    names = tuple(differs)
    words = (
        f"{len(close)} of {len(others)} data sets are like yours, and fewer than {FEWEST} tell "
        "nothing: all of them count."
    )
    return Likeness(yours, tuple(others), differs, names, words)


def _differences(yours: Traits, other: Traits) -> tuple[str, ...]:
    reasons = []
    if yours.pair != other.pair:
        reasons.append("pairs of texts" if other.pair else "single texts")
    if not _within(yours.classes, other.classes, CLASSES):
        reasons.append(f"{other.classes} classes")
    if not _within(yours.words, other.words, WORDS):
        reasons.append(f"{other.words:.0f} words a text")
    known = yours.largest is not None and other.largest is not None
    if known and abs(float(yours.largest or 0) - float(other.largest or 0)) > LARGEST:
        reasons.append(f"most frequent label {other.largest:.0%}")
    return tuple(reasons)


def _within(one: float, other: float, factor: float) -> bool:
    low, high = sorted((one, other))
    return high <= factor * max(low, 1.0)
