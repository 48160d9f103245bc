"""The texts to choose from: stable ids, distinct contents, read from disk as needed."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from activellm.errors import DataError, UsageError
from activellm.pool import layout
from activellm.pool.columns import listing
from activellm.pool.example import Example
from activellm.pool.facts import PoolFacts
from activellm.pool.importer import ImportReport, import_pool
from activellm.pool.near_folds import NearFolds, distinct
from activellm.pool.sources.base import Source
from activellm.pool.sources.memory import MemorySource
from activellm.pool.sources.opening import open_source
from activellm.pool.sources.table import TableSource
from activellm.progress import Progress, silent

Positions = npt.NDArray[np.int64]
"""Shape (n,): where examples stand in the pool, from 0. Only for use within one pool."""


class Pool:
    """An imported pool, memory-mapped: opening it costs nothing, whatever its size.

    Iterating gives the examples in the source's order.

    Attributes:
        path: The pool's file.
        report: What became of the source's rows.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = _open(path)
        facts = layout.facts_of(self._reader.schema)
        if facts is None or facts.pop("version") != layout.VERSION:
            raise DataError("This is no pool that this version can read.", where=str(path))
        self.report = ImportReport.from_json(facts)

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a pool that `import_pool` wrote.

        Raises:
            DataError: If it is missing, damaged, or no pool.
        """
        return cls(Path(path))

    @classmethod
    def read(
        cls,
        path: str | Path,
        *,
        format: str | None = None,
        encoding: str | None = None,
        text: str | None = None,
        text_b: str | None = None,
        id: str | None = None,
        label: str | None = None,
        pair: bool = False,
        progress: Progress = silent,
    ) -> Self:
        """Import a file of texts as a temporary pool, which goes away with the object.

        Args:
            path: The file, or "-" for standard input.
            format: One of `FORMATS`; found by name and content if None.
            encoding: Of a text format; detected if None.
            text: The text column, of a pair the first; found if None.
            text_b: The second text column of a pair; found if None and `pair` is true.
            id: The column with ids; they are made from the content if None.
            label: The column with labels given already, if there is one.
            pair: Whether pairs are wanted.
            progress: Told how far it is.

        Raises:
            DataError: If the file or one of its rows cannot be used.
        """
        source = open_source(path, format, encoding=encoding)
        return cls._temporary(
            source, progress, text=text, text_b=text_b, id=id, label=label, pair=pair
        )

    @classmethod
    def from_texts(
        cls,
        texts: Sequence[str] | Sequence[tuple[str, str]],
        *,
        labels: Sequence[str | None] | None = None,
        ids: Sequence[str] | None = None,
        meta: Mapping[str, Sequence[str | None]] | None = None,
    ) -> Self:
        """Make a temporary pool of texts, or of pairs of texts. Duplicates fold here, too.

        Args:
            texts: n texts, or n pairs.
            labels: The labels given already, None where there is none.
            ids: Their ids; made from the content if None.
            meta: Further columns, each of length n.

        Raises:
            UsageError: If lengths differ, or something is no text.
            DataError: If no text is left, or an id is given to two contents.
        """
        columns: dict[str, Sequence[str | None]] = _text_columns(texts)
        columns |= {"label": labels} if labels is not None else {}
        columns |= {"id": ids} if ids is not None else {}
        roles = {name: name for name in columns}
        for name in meta or {}:
            if name in roles:
                raise UsageError(f"A column cannot be called {name!r} here.", where="meta")
        return cls._temporary(MemorySource(columns | dict(meta or {})), silent, **roles)

    @classmethod
    def from_table(
        cls,
        table: Any,
        *,
        text: str | None = None,
        text_b: str | None = None,
        id: str | None = None,
        label: str | None = None,
        pair: bool = False,
        progress: Progress = silent,
    ) -> Self:
        """Import a table that the program holds as a temporary pool.

        Args:
            table: An Arrow table or reader, a pandas or polars data frame, a data set of
                `datasets` (also a stream), whatever else gives itself as an Arrow stream
                (`__arrow_c_stream__`), or a dict of columns. Class numbers of `datasets` become
                the classes' names.
            text, text_b, id, label, pair, progress: As in `read`.

        Raises:
            UsageError: If it is no table.
            DataError: If it or one of its rows cannot be used.
        """
        return cls._temporary(
            TableSource(table), progress, text=text, text_b=text_b, id=id, label=label, pair=pair
        )

    @classmethod
    def _temporary(cls, source: Source, progress: Progress, **roles: Any) -> Self:
        folder = tempfile.mkdtemp(prefix="activellm-")
        try:
            path = Path(folder) / "pool.arrow"
            import_pool(source, path, progress=progress, **roles)
            pool = cls(path)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        weakref.finalize(pool, shutil.rmtree, folder, ignore_errors=True)
        return pool

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __iter__(self) -> Iterator[Example]:
        for batch in self._batches:
            yield from map(_example, batch.to_pylist())

    @property
    def pair(self) -> bool:
        """Whether the examples are pairs of texts."""
        return self.report.columns.pair is not None

    @property
    def meta(self) -> tuple[str, ...]:
        """The source's columns that are kept beside text, id and label."""
        return self.report.columns.meta

    def batches(self, size: int = 1000) -> Iterator[list[Example]]:
        """All examples, in the source's order, `size` at a time."""
        examples = iter(self)
        while some := list(islice(examples, size)):
            yield some

    def block(self, start: int, stop: int) -> Any:
        """Consecutive examples as an Arrow table, without making objects of them.

        Args:
            start: Position of the first one, from 0.
            stop: Position after the last one.

        Returns:
            A table with the columns id, text, pair, row, copies, label and meta (a struct), in the
            pool's order: views of the memory-mapped file, no copies.

        Raises:
            IndexError: If the pool does not reach so far.
        """
        if not 0 <= start <= stop <= len(self):
            raise IndexError(f"There are no examples {start} to {stop} in a pool of {len(self)}.")
        first = int(np.searchsorted(self._starts, start, side="right")) - 1
        parts = []
        for number in range(first, len(self._batches)):
            begin = int(self._starts[number])
            if begin >= stop:
                break
            here = max(start - begin, 0)
            parts.append(self._batches[number].slice(here, stop - begin - here))
        return pa.Table.from_batches(parts, self._reader.schema)

    def rows(self, positions: Positions) -> Any:
        """The examples at these positions, which ascend, as an Arrow table like `block`'s."""
        parts = []
        bounds = np.searchsorted(positions, self._starts)
        for number in np.flatnonzero(np.diff(bounds)).tolist():
            here = positions[bounds[number] : bounds[number + 1]] - self._starts[number]
            parts.append(self._batches[number].take(pa.array(here)))
        return pa.Table.from_batches(parts, self._reader.schema)

    def examples(self, ids: Sequence[str]) -> list[Example]:
        """The examples with these ids, in the asked order.

        Raises:
            DataError: If the pool holds no example with one of them.
        """
        return self._take(self.positions(ids))

    def positions(self, ids: Iterable[str]) -> Positions:
        """Where the examples with these ids stand, in the asked order.

        Raises:
            DataError: If the pool holds no example with one of them.
        """
        ids = list(ids)
        found = self.find(ids)
        if (missing := np.flatnonzero(found < 0)).size:
            more = f" (nor with {missing.size - 1} others)" if missing.size > 1 else ""
            raise DataError(
                f"The pool holds no example with the id {ids[missing[0]]!r}{more}.",
                where=self.report.source,
            )
        return found

    def find(self, ids: Sequence[str]) -> Positions:
        """Where the examples with these ids stand, in the asked order; -1 where there is none."""
        slots = {id: slot for slot, id in enumerate(dict.fromkeys(ids))}
        hits = pc.index_in(self._ids, value_set=pa.array(list(slots), pa.string()))
        slot_of_row = pc.fill_null(hits, -1).to_numpy()
        rows = np.flatnonzero(slot_of_row >= 0)
        row_of_slot = np.full(len(slots), -1, dtype=np.int64)
        row_of_slot[slot_of_row[rows]] = rows
        return row_of_slot[[slots[id] for id in ids]] if ids else row_of_slot

    def at(self, positions: Positions) -> list[Example]:
        """The examples that stand there, in the asked order."""
        return self._take(positions)

    def ids_at(self, positions: Positions) -> list[str]:
        """The ids of the examples that stand there, in the asked order."""
        return list(self._ids.take(pa.array(positions, pa.int64())).to_pylist())

    def column(self, name: str, ids: Sequence[str]) -> list[str]:
        """The cells of one of the source's columns, in the asked order; "" where there is none.

        Raises:
            DataError: If there is no such column or id.
        """
        columns = self.report.columns
        fixed = {columns.text: "text", columns.pair: "pair", columns.id: "id"}
        fixed[columns.label] = "label"
        if name in self.meta:
            return [example.meta[name] for example in self.examples(ids)]
        if name in fixed:
            return [getattr(example, fixed[name]) or "" for example in self.examples(ids)]
        raise DataError(
            f"There is no column {name!r}.",
            where=self.report.source,
            remedy=listing([*filter(None, fixed), *self.meta]),
        )

    def labelled(self) -> Iterator[tuple[str, str]]:
        """The id and the label cell of each example that came with a label.

        Of near copies only the first that has one: its label is theirs.
        """
        if not self.report.labelled:
            return
        for start, batch in zip(self._starts.tolist(), self._batches, strict=False):
            given = np.flatnonzero(
                pc.is_valid(batch.column("label")).to_numpy(zero_copy_only=False)
            )
            given = given[~np.isin(given + start, self.passed_labels)]
            some = batch.select(["id", "label"]).take(pa.array(given))
            yield from zip(
                *(some.column(name).to_pylist() for name in ("id", "label")), strict=True
            )

    @cached_property
    def folds(self) -> NearFolds | None:
        """The near copies among the examples, if they were looked for (`activellm fold`).

        Raises:
            DataError: If their file cannot be read, or is another pool's.
        """
        path = NearFolds.path(self.path)
        if not path.exists():
            return None
        found = NearFolds.read(path)
        if found.texts != len(self):
            raise DataError(
                "These are the near copies of another pool.",
                where=str(path),
                remedy="Delete the file, then run: activellm fold",
            )
        return found

    @cached_property
    def passed_labels(self) -> Positions:
        """Where labelled examples stand that are near copies of a labelled one before them."""
        if self.folds is None:
            return np.empty(0, np.int64)
        given = [
            np.flatnonzero(pc.is_valid(batch.column("label")).to_numpy(zero_copy_only=False))
            + start
            for start, batch in zip(self._starts, self._batches, strict=False)
        ]
        places = np.concatenate(given)
        _, first = np.unique(self.folds.heads(places), return_index=True)
        return np.delete(places, first)

    def taken(self, exclude: Iterable[str] = ()) -> Positions:
        """Where the examples stand that must not be drawn, ascending.

        These are the excluded ones, all that fold into another, and those that an excluded one
        folds into: people never see two near copies.

        Args:
            exclude: Ids.

        Raises:
            DataError: If the pool holds no example with one of them.
        """
        out = self.positions(set(exclude))
        if self.folds is None:
            return np.sort(out)
        return distinct(np.concatenate([out, self.folds.heads(out), self.folds.rows]))

    def left(self, exclude: Iterable[str] = ()) -> int:
        """How many examples can still be drawn (see `taken`)."""
        return len(self) - len(self.taken(exclude))

    def describe(self, sample: int = 10_000) -> PoolFacts:
        """Facts for reports; the texts' lengths are those of a sample spread over the pool."""
        places = np.unique(np.linspace(0, len(self) - 1, num=sample).astype(np.int64))
        return PoolFacts.of(self.report, [example.content for example in self._take(places)])

    @cached_property
    def _batches(self) -> list[Any]:
        return [self._reader.get_batch(i) for i in range(self._reader.num_record_batches)]

    @cached_property
    def _starts(self) -> Positions:
        """Where each batch begins, and at the end the number of examples."""
        return np.cumsum([0, *(batch.num_rows for batch in self._batches)], dtype=np.int64)

    @cached_property
    def _ids(self) -> Any:
        return pa.chunked_array([batch.column("id") for batch in self._batches], pa.string())

    def _take(self, positions: Positions) -> list[Example]:
        """The examples at these positions, in this order: one visit to each batch."""
        home = np.searchsorted(self._starts, positions, side="right") - 1
        order = np.argsort(home, kind="stable")
        found: dict[int, Example] = {}
        for number, places in groupby(order.tolist(), key=lambda place: int(home[place])):
            here = list(places)
            rows = pa.array(positions[here] - self._starts[number], pa.int64())
            taken = self._batches[number].take(rows).to_pylist()
            found |= zip(here, map(_example, taken), strict=True)
        return [found[place] for place in range(len(found))]


def _open(path: Path) -> Any:
    try:
        return pa.ipc.open_file(pa.memory_map(str(path)))
    except FileNotFoundError:
        raise DataError("There is no such file.", where=str(path)) from None
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"This is no readable pool: {error}.", where=str(path)) from None


def _example(row: Mapping[str, Any]) -> Example:
    return Example(**row)


def _text_columns(texts: Sequence[Any]) -> dict[str, Sequence[str | None]]:
    """One column of texts, or the two of pairs."""
    if isinstance(texts, str):
        raise UsageError("A pool is made of many texts, not of one string.", where="texts")
    if not any(isinstance(text, tuple | list) for text in texts):
        return {"text": texts}
    for row, text in enumerate(texts, start=1):
        if not isinstance(text, tuple | list) or len(text) != 2:
            raise UsageError("Where pairs are given, each must be two texts.", where=f"row {row}")
    return {"text": [first for first, _ in texts], "text_b": [second for _, second in texts]}
