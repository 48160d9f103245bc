"""A data set of an experiment: a pool with known labels, and texts to measure on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from activellm.bench.entry import DataEntry
from activellm.bench.given import Given
from activellm.bench.given_texts import read_given
from activellm.bench.leaks import without
from activellm.bench.presets import Metric, Preset, preset
from activellm.bench.rows import Rows, read_pool, read_test
from activellm.errors import DataError
from activellm.evaluation import LabelledTexts
from activellm.pool import Content, Pool
from activellm.seeding import generator
from activellm.selection import Labelled
from activellm.task import Answer, Task

if TYPE_CHECKING:
    from activellm.bench.grid import Cell

__all__ = ["DataEntry", "DataSet", "open_data"]


@dataclass(frozen=True)
class DataSet:
    """A data set, ready for simulation.

    Attributes:
        name: What results call it.
        task: What is decided.
        pool: Its texts, each with its label in the column "label".
        test: Texts to measure on, none of them in the pool.
        metric: What results are read by first.
        leaked: Pool texts that were left out because the test texts hold them, exactly or but for
            links, names addressed, capitals and marks. Where candidate sets are given, test texts
            that were left out because the sets hold them.
        given: Its candidate sets, where they are given and not drawn from the pool.
    """

    name: str
    task: Task
    pool: Pool
    test: LabelledTexts
    metric: Metric
    leaked: int
    given: Given | None = None

    def fingerprint(self) -> str:
        """Changes with anything that could change a result on it, but for given sets."""
        ids: list[str] = []
        if self.given is None:
            ids = [example.id for batch in self.pool.batches() for example in batch]
        labels = self.pool.column("label", ids)
        content = [self.task.fingerprint, ids, labels, list(self.test.contents)]
        everything = json.dumps([*content, self.test.targets.tolist()])
        return hashlib.sha256(everything.encode()).hexdigest()

    def content_of(self, cell: Cell) -> list[Any]:
        """What else decides a cell's selection where its candidates are given; else nothing."""
        if self.given is None:
            return []
        ids = [id_ for shown in self.given.courses[cell.draw] for id_ in shown]
        return [self.given.content_of(cell), self.pool.column("label", ids)]

    def told(self) -> tuple[str, ...]:
        """What a user should know of it, as sentences."""
        texts = f"{len(self.pool)} texts, {len(self.test)} to test"
        if self.given is None:
            leaked = f"; {self.leaked} left out: test texts hold them" if self.leaked else ""
            return (f"{self.name}: {texts}{leaked}",)
        held = f"; {self.leaked} test texts left out: these sets hold them" if self.leaked else ""
        sets = f"{len(self.given.courses)} given candidate sets of {texts}{held}"
        return (f"{self.name}: {sets}", *(f"{self.name}: {one}" for one in self.given.left_out))

    def labelled(self, ids: Sequence[str]) -> list[Labelled]:
        """Pool texts with their known labels."""
        labels = self.pool.column("label", ids)
        return [
            Labelled(one, self.task.answer(label, where=one.id))
            for one, label in zip(self.pool.examples(ids), labels, strict=True)
        ]

    def answer(self, id_: str) -> Answer:
        """The known label of a pool text."""
        return self.task.answer(self.pool.column("label", [id_])[0], where=id_)


def open_data(entry: DataEntry, base: Path, seed: int = 0) -> DataSet:
    """Read a data set, check it for leaks, and set texts aside to measure on.

    Args:
        entry: What the experiment says of it.
        base: What its paths are relative to.
        seed: Decides which texts are set aside or, where there are more than `test_size`, used.

    Raises:
        DataError: If a file or a row cannot be used, or nothing is left to choose from or to
            measure on.
        MissingExtraError: If the Hub is asked for and its library is not installed.
    """
    known = preset(entry.preset, where="preset") if entry.preset else None
    rng = generator(seed, "bench", "test", entry.called)
    test = read_test(entry, known, base)
    if entry.gives_sets:
        return _with_given_sets(entry, known, base, test, rng.permutation(len(test)).tolist())
    pool = read_pool(entry, known, base)
    if not test:
        order = rng.permutation(len(pool))
        size = min(entry.test_size, len(pool) // 2)
        test, pool = [pool[i] for i in order[:size]], [pool[i] for i in order[size:]]
    task = _task(entry, known, pool, sorted({label for _, label in pool}))
    kept = without(pool, test)
    if not kept:
        raise DataError("All pool texts are test texts.", where=entry.called)
    test = [test[i] for i in rng.permutation(len(test))[: entry.test_size]]
    return _data_set(entry, known, task, kept, test, leaked=len(pool) - len(kept))


def _with_given_sets(
    entry: DataEntry, known: Preset | None, base: Path, test: Rows, order: Sequence[int]
) -> DataSet:
    """The data set whose candidates a file gives; test texts that these hold are left out."""
    texts = read_given(entry, known, base)
    labels = texts.labels
    if entry.sessions:  # they may show no text of some label
        labels = tuple(sorted({*labels, *(_named(label, known) for _, label in test)}))
    task = _task(entry, known, texts.rows, labels)
    if entry.judgements and set(labels) != set(task.label_names):
        raise DataError(
            f"The judgements know the labels {', '.join(labels)}; the task has "
            f"{', '.join(task.label_names)}.",
            where=entry.called,
        )
    kept = without([test[i] for i in order], texts.rows)
    if not kept:
        raise DataError("The given sets hold all test texts.", where=entry.called)
    return _data_set(
        entry,
        known,
        task,
        texts.rows,
        kept[: entry.test_size],
        leaked=len(test) - len(kept),
        given=texts.given,
    )


def _data_set(
    entry: DataEntry,
    known: Preset | None,
    task: Task,
    pool: Rows,
    test: Rows,
    *,
    leaked: int,
    given: Given | None = None,
) -> DataSet:
    answers = [task.answer(_named(label, known), where=entry.called) for _, label in test]
    return DataSet(
        name=entry.called,
        task=task,
        pool=Pool.from_texts(
            cast(Sequence[str], [content for content, _ in pool]),  # all texts, or all pairs
            meta={"label": [_named(label, known) for _, label in pool]},
        ),
        test=LabelledTexts([content for content, _ in test], task.targets(answers)),
        metric=entry.metric or (known.metric if known else "macro-F1"),
        leaked=leaked,
        given=given,
    )


def _task(
    entry: DataEntry,
    known: Preset | None,
    pool: Iterable[tuple[Content, str]],
    found: Iterable[str],
) -> Task:
    """The preset's, or the one that the entry describes; without labels there, those found."""
    if known is not None:
        return known.task.model_copy(update={"guidelines": entry.guidelines})
    pool = list(pool)
    labels = entry.labels or {label: "" for label in found if label}
    return Task.build(
        description=entry.description,
        labels=[{"name": name, "definition": text} for name, text in labels.items()],
        kind="multi" if entry.multi else "single",
        pair=isinstance(pool[0][0], tuple) if pool else False,
        guidelines=entry.guidelines,
    )


def _named(label: str, known: Preset | None) -> str:
    return known.label(label) if known else label
