"""From a source to the pool's file: in bounded memory, and to go on with where it was stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from activellm.errors import ActiveLLMError, DataError
from activellm.files import atomic_path
from activellm.pool.columns import Columns, find_columns
from activellm.pool.folding import Folds, other_text
from activellm.pool.intake import read_rows
from activellm.pool.layout import VERSION
from activellm.pool.sources.base import Source
from activellm.pool.staging import Stage
from activellm.pool.writing import write_pool
from activellm.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a source's rows: `rows` is `kept` + `folded` + `empty`.

    Attributes:
        source: The source's name.
        format: Its format.
        encoding: Its encoding, empty where the format has none of its own.
        columns: What each column was taken for.
        rows: Rows read.
        kept: Distinct texts, the size of the pool.
        folded: Rows whose text equals an earlier one's.
        empty: Rows without a text (or without one of a pair's), set aside.
        conflicts: Folded rows whose label contradicts the one that was kept.
        labelled: Kept texts that have a label already.
    """

    source: str
    format: str
    encoding: str
    columns: Columns
    rows: int = 0
    kept: int = 0
    folded: int = 0
    empty: int = 0
    conflicts: int = 0
    labelled: int = 0

    def as_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `as_json`."""
        columns = dict(values["columns"])
        columns["meta"] = tuple(columns["meta"])
        return cls(**{**values, "columns": Columns(**columns)})


def import_pool(
    source: Source,
    destination: Path,
    *,
    text: str | None = None,
    text_b: str | None = None,
    id: str | None = None,
    label: str | None = None,
    pair: bool = False,
    stage: Path | None = None,
    progress: Progress = silent,
) -> ImportReport:
    """Write a source's texts as a pool: duplicates folded, empty ones set aside, each with an id.

    Texts are kept as written; two are the same if they are after Unicode NFKC and white-space
    normalisation. The first stays, with the number of its copies. The file appears whole or not
    at all. An import of a file that is killed, or stopped by Ctrl-C, goes on from where it was
    when the same is asked again of the same unchanged file.

    Args:
        source: Where the texts come from.
        destination: The file to write; its folder exists.
        text: The text column, of a pair the first; found if None.
        text_b: The second text column of a pair; found if None and `pair` is true.
        id: The column with ids; they are made from the content if None.
        label: The column with labels given already, if there is one.
        pair: Whether pairs are wanted.
        stage: The folder for what is done so far, on the destination's disk; it is made, and
            removed at the end. Beside the destination if None.
        progress: Told the rows read, then the texts written.

    Raises:
        DataError: If a row cannot be used, an id is given to two contents, or no text is left.
        UsageError: If one column is named twice.
        ActiveLLMError: If the disk is full, the folder cannot be written, or another process
            imports into it now.
    """
    columns = find_columns(source, text=text, text_b=text_b, id=id, label=label, pair=pair)
    folder = stage or destination.with_name(f".{destination.name}.import")
    with _writable(destination), Stage(folder, _key(source, columns)) as done:
        read_rows(source, columns, done, progress)
        if columns.id is not None and (found := other_text(done)):
            raise _two_texts(done, source, *found)
        folds, counts = Folds.of(done), done.counts
        kept = counts.rows - counts.empty - len(folds.copies)
        if not kept:
            raise DataError("No row holds a text.", where=f"{source.name}, column {columns.text!r}")
        report = ImportReport(
            source=source.name,
            format=source.format,
            encoding=source.encoding,
            columns=columns,
            rows=counts.rows,
            kept=kept,
            folded=len(folds.copies),
            empty=counts.empty,
            conflicts=folds.conflicts,
            labelled=folds.labelled,
        )
        with atomic_path(destination) as path:
            write_pool(done, path, folds, report.as_json(), progress)
    return report


def _key(source: Source, columns: Columns) -> dict[str, Any] | None:
    """What decides the parts of an import; None if the source cannot be told from others."""
    if (origin := source.origin()) is None:
        return None
    how = {"format": source.format, "encoding": source.encoding, "columns": asdict(columns)}
    return {"version": VERSION, **origin, **how}


def _two_texts(stage: Stage, source: Source, later: int, first: int) -> DataError:
    """The error for an id that two texts have, from their places."""
    places = np.array([first, later])
    earlier, row = stage.column_at("row", places).to_pylist()
    _, name = stage.column_at("id", places).to_pylist()
    return DataError(
        f"The id {name!r} is also that of row {earlier}, which holds another text.",
        where=source.place(row),
        remedy="Give each text its own id, or leave out --id.",
    )


@contextmanager
def _writable(destination: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ActiveLLMError(
            f"The pool cannot be written: {error.strerror or error}.", where=str(destination)
        ) from None
