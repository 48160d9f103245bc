"""A data set of an experiment: a pool with known labels, and texts to measure on."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from activellm.bench.hub_data import read_hub
from activellm.bench.presets import HubPlace, Metric, Preset, preset
from activellm.errors import DataError, UsageError
from activellm.evaluation import LabelledTexts
from activellm.pool import Content, Pool, find_columns, open_source
from activellm.seeding import generator
from activellm.task import Answer, Task

Rows: TypeAlias = list[tuple[Content, str]]
"""Texts with their labels, as the data call them."""

_ADDED = re.compile(r"https?://\S+|@\w+|^RT\b")
_MARKS = re.compile(r"[\W_]+")
"""What two copies of one text may differ in: links, names addressed; marks and spaces."""


class DataEntry(BaseModel):
    """How an experiment names a data set: a preset, files, the Hub, or parts of each.

    Attributes:
        name: What results call it. Default: the preset's name, or the pool file's.
        preset: A named data set, for task, labels, pair format and metric.
        pool: A file of labelled texts; relative to the experiment file.
        test: A file to measure on; without one, pool texts are set aside.
        hub: Whether the preset's texts come from the Hub, or where else they are there.
        text, text_b, label: Columns of the files.
        description, labels: The task, where no preset gives it; without labels those of the data.
        multi: Whether a text may have several labels.
        metric: What results are read by first.
        test_size: The most texts to measure on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    preset: str = ""
    pool: str = ""
    test: str = ""
    hub: HubPlace | bool = False
    text: str | None = None
    text_b: str | None = None
    label: str = "label"
    description: str = ""
    labels: dict[str, str] | None = None
    multi: bool = False
    metric: Metric | None = None
    test_size: int = Field(default=1000, ge=1)

    @model_validator(mode="after")
    def _somewhere(self) -> DataEntry:
        if bool(self.pool) == bool(self.hub):
            raise ValueError("a data set comes from a pool file or from the Hub: name one of them")
        if not (self.preset or self.description):
            raise ValueError("a data set without a preset needs a description of the task")
        return self

    @property
    def called(self) -> str:
        """What results call it."""
        return self.name or self.preset or Path(self.pool).name.partition(".")[0]


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
            links, names addressed, capitals and marks.
    """

    name: str
    task: Task
    pool: Pool
    test: LabelledTexts
    metric: Metric
    leaked: int

    def fingerprint(self) -> str:
        """Changes with anything that could change a result on it."""
        ids = [example.id for batch in self.pool.batches() for example in batch]
        labels = self.pool.column("label", ids)
        content = [self.task.fingerprint, ids, labels, list(self.test.contents)]
        everything = json.dumps([*content, self.test.targets.tolist()])
        return hashlib.sha256(everything.encode()).hexdigest()

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
        DataError: If a file or a row cannot be used, or nothing is left to choose from.
        MissingExtraError: If the Hub is asked for and its library is not installed.
    """
    known = preset(entry.preset, where="preset") if entry.preset else None
    pool, test = _rows(entry, known, base)
    rng = generator(seed, "bench", "test", entry.called)
    if not test:
        order = rng.permutation(len(pool))
        size = min(entry.test_size, len(pool) // 2)
        test, pool = [pool[i] for i in order[:size]], [pool[i] for i in order[size:]]
    task = _task(entry, known, pool)
    held = {key for content, _ in test for key in _keys(content)}
    kept = [row for row in pool if held.isdisjoint(_keys(row[0]))]
    if not kept:
        raise DataError("All pool texts are test texts.", where=entry.called)
    test = [test[i] for i in rng.permutation(len(test))[: entry.test_size]]
    answers = [task.answer(_named(label, known), where=entry.called) for _, label in test]
    return DataSet(
        name=entry.called,
        task=task,
        pool=Pool.from_texts(
            cast(Sequence[str], [content for content, _ in kept]),  # all texts, or all pairs
            meta={"label": [_named(label, known) for _, label in kept]},
        ),
        test=LabelledTexts([content for content, _ in test], task.targets(answers)),
        metric=entry.metric or (known.metric if known else "macro-F1"),
        leaked=len(pool) - len(kept),
    )


def _rows(entry: DataEntry, known: Preset | None, base: Path) -> tuple[Rows, Rows]:
    """Pool and test; no test rows where they are to be set aside."""
    if entry.hub:
        place = known.hub if entry.hub is True and known else entry.hub
        if not isinstance(place, HubPlace):
            raise UsageError(
                "It is not known where the Hub has this data set.",
                where=entry.called,
                remedy='Name the place: hub = { path = "owner/name" }, or a pool file.',
            )
        return read_hub(place, place.pool), read_hub(place, place.test)
    pool = _from_file(base / entry.pool, entry, known)
    return pool, _from_file(base / entry.test, entry, known) if entry.test else []


def _from_file(path: Path, entry: DataEntry, known: Preset | None) -> Rows:
    pair = known.pair if known else None
    source = open_source(path)
    joined = pair is not None and entry.text_b is None and len(source.columns) < 3
    columns = find_columns(
        source,
        text=entry.text,
        text_b=entry.text_b,
        label=entry.label,
        pair=pair is not None and not joined,
    )
    rows: Rows = []
    for record in source.records():
        content: Content = columns.content(record.values)
        if joined and pair and isinstance(content, str):
            content = _parted(content, pair, f"{path}, row {record.row}")
        rows.append((content, record.values[entry.label].strip()))
    return rows


def _parted(text: str, names: tuple[str, str], where: str) -> tuple[str, str]:
    """The two texts of a pair that a file holds as one: two lines that begin with their names."""
    first, found, second = text.partition(f"\n {names[1]}: ")
    if not found or not first.startswith(f"{names[0]}: "):
        raise DataError(
            f"This is no pair of the form '{names[0]}: ... \\n {names[1]}: ...'.", where=where
        )
    return first.removeprefix(f"{names[0]}: ").strip(), second.strip()


def _task(entry: DataEntry, known: Preset | None, pool: Iterable[tuple[Content, str]]) -> Task:
    if known is not None:
        return known.task
    pool = list(pool)
    labels = entry.labels or {label: "" for label in sorted({label for _, label in pool}) if label}
    return Task.build(
        description=entry.description,
        labels=[{"name": name, "definition": text} for name, text in labels.items()],
        kind="multi" if entry.multi else "single",
        pair=isinstance(pool[0][0], tuple) if pool else False,
    )


def _named(label: str, known: Preset | None) -> str:
    return known.label(label) if known else label


def _keys(content: Content) -> set[str]:
    """What two contents share if one is the other, exactly or nearly."""
    text = content if isinstance(content, str) else "\x1f".join(content)
    bare = _MARKS.sub(" ", _ADDED.sub(" ", text)).casefold().strip()
    return {text, bare} if bare else {text}
