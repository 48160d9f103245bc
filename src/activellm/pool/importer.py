"""From a source to the pool's file: once, in constant memory."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Self

from activellm.errors import ActiveLLMError, DataError
from activellm.files import atomic_path
from activellm.pool.columns import Columns, find_columns
from activellm.pool.folding import FoldIndex
from activellm.pool.intake import Intake
from activellm.pool.layout import write_pool
from activellm.pool.sources.base import Source
from activellm.progress import Progress, silent

_STEP = 5000
"""Rows between two words of progress."""


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
    progress: Progress = silent,
) -> ImportReport:
    """Write a source's texts as a pool: duplicates folded, empty ones set aside, each with an id.

    Texts are kept as written; two are the same if they are after Unicode NFKC and white-space
    normalisation. The first stays, with the number of its copies. The file appears whole or not
    at all.

    Args:
        source: Where the texts come from.
        destination: The file to write; its folder exists.
        text: The text column, of a pair the first; found if None.
        text_b: The second text column of a pair; found if None and `pair` is true.
        id: The column with ids; they are made from the content if None.
        label: The column with labels given already, if there is one.
        pair: Whether pairs are wanted.
        progress: Told the rows read, then the texts written.

    Raises:
        DataError: If a row cannot be used, an id is given to two contents, or no text is left.
        UsageError: If one column is named twice.
        ActiveLLMError: If the disk is full, or the folder cannot be written.
    """
    columns = find_columns(source, text=text, text_b=text_b, id=id, label=label, pair=pair)
    with _writable(destination), closing(FoldIndex()) as index, _nameless(destination) as stage:
        with Intake(source, columns, index, stage) as intake:
            for record in source.records():
                intake.add(record)
                if record.row % _STEP == 0:
                    progress(f"Reading {source.name}", record.row, source.total)
        counts = intake.counts
        progress(f"Reading {source.name}", counts["rows"], counts["rows"])
        if not counts["kept"]:
            raise DataError("No row holds a text.", where=f"{source.name}, column {columns.text!r}")
        report = ImportReport(source.name, source.format, source.encoding, columns, **counts)
        with atomic_path(destination) as path:
            write_pool(stage, path, index, report.as_json(), progress)
    return report


def _nameless(destination: Path) -> IO[bytes]:
    """A temporary file on the destination's disk that is gone even if the process is killed."""
    return tempfile.TemporaryFile(dir=destination.parent)


@contextmanager
def _writable(destination: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        problem = error.strerror if isinstance(error, OSError) else error
        raise ActiveLLMError(
            f"The pool cannot be written: {problem or error}.", where=str(destination)
        ) from None
