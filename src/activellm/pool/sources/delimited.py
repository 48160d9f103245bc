"""CSV and TSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from activellm.errors import DataError
from activellm.pool.sources.base import Record, Source, distinct_columns
from activellm.pool.sources.raw import RawInput, readable

if TYPE_CHECKING:
    from _csv import Reader

DELIMITERS = (",", ";", "\t", "|")
_LONGEST_CELL = 1 << 26
_SAMPLE_SIZE = 1 << 18


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are kept apart: the delimiter, and whether quotes hold a cell together."""

    delimiter: str
    quoted: bool = True

    def reader(self, lines: TextIO) -> Reader:
        """A strict reader: a stray or open quote is an error."""
        # The limit belongs to the whole process; csv's own is too low for long texts.
        csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
        if self.quoted:
            return csv.reader(lines, delimiter=self.delimiter, strict=True)
        return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)

    def describe(self) -> str:
        """For messages."""
        return {"\t": "tab"}.get(self.delimiter, repr(self.delimiter))


class DelimitedSource(Source):
    """A table of text whose first row names the columns; every row has as many cells.

    Args:
        raw: The bytes.
        encoding: Their encoding.
        format: "csv" or "tsv".
    """

    def __init__(self, raw: RawInput, encoding: str, format: str) -> None:
        self.name, self.encoding, self.format = raw.name, encoding, format
        self._raw = raw
        with readable(raw.name):
            sample = self._sample_text()
            self._dialect = find_dialect(sample, format)
            self.columns = self._header()

    def _sample_text(self) -> str:
        with self._lines() as lines:
            text = lines.read(_SAMPLE_SIZE)
            return text if len(text) < _SAMPLE_SIZE else text[: text.rfind("\n") + 1]

    def _lines(self) -> TextIO:
        return io.TextIOWrapper(self._raw.open(), encoding=self.encoding, newline="")

    def _header(self) -> tuple[str, ...]:
        where = f"{self.name}, header"
        with self._lines() as lines:
            try:
                names = next((cells for cells in self._dialect.reader(lines) if cells), None)
            except csv.Error as error:
                raise unreadable(error, where) from None
        if names is None:
            raise DataError("The file holds only empty lines.", where=self.name)
        return distinct_columns(names, where)

    def _rows(self) -> Iterator[Record]:
        columns, width, row = self.columns, len(self.columns), 0
        with self._lines() as lines:
            reader = self._dialect.reader(lines)
            table = (cells for cells in reader if cells)
            next(table)
            try:
                for row, cells in enumerate(table, start=1):
                    if len(cells) != width:
                        raise self._ragged(row, reader.line_num, len(cells))
                    yield Record(row, dict(zip(columns, cells, strict=True)))
            except csv.Error as error:
                raise unreadable(error, self.place(row + 1)) from None

    def _ragged(self, row: int, line: int, cells: int) -> DataError:
        return DataError(
            f"The row has {cells} cells, the header {len(self.columns)} "
            f"(cells are kept apart by {self._dialect.describe()}).",
            where=f"{self.place(row)} (line {line})",
            remedy="Put texts that hold the delimiter or a line break into double quotes"
            + (", or read plain lines with --format txt." if len(self.columns) == 1 else "."),
        )


def unreadable(error: csv.Error, where: str) -> DataError:
    """The error for a row that the csv module cannot read."""
    problem = str(error)
    if "end of data" in problem or "field limit" in problem:
        problem = "the double quote that opens in this row never closes"
    return DataError(
        f"Cannot be read: {problem}.",
        where=where,
        remedy="Inside a quoted text, write each double quote twice.",
    )


def find_dialect(sample: str, format: str) -> Dialect:
    """How a file keeps its cells apart, from its first rows.

    A .tsv has tabs; where its quotes do not pair up they are taken as ordinary characters, as many
    tools write them. Of the delimiters of a .csv the one wins under which most rows are as wide as
    a header of several columns.
    """
    if format == "tsv":
        quoted = Dialect("\t")
        plain = Dialect("\t", quoted=False)
        return plain if _evenness(sample, plain) > _evenness(sample, quoted) else quoted
    return max((Dialect(delimiter) for delimiter in DELIMITERS), key=lambda d: _evenness(sample, d))


def _evenness(sample: str, dialect: Dialect) -> tuple[float, int]:
    """The share of rows as wide as the header, and that width; (0, 0) if there is one column."""
    found = widths(sample, dialect)
    if not found or found[0] < 2:
        return 0.0, 0
    return found.count(found[0]) / len(found), found[0]


def widths(sample: str, dialect: Dialect) -> list[int]:
    """The number of cells of each row, empty lines left out; 0 ends it if one cannot be read."""
    found = []
    try:
        for cells in dialect.reader(io.StringIO(sample, newline="")):
            if cells:
                found.append(len(cells))
    except csv.Error:
        found.append(0)
    return found
