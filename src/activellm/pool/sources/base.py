"""What every source of rows offers, whatever its format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from activellm.errors import DataError
from activellm.pool.sources.raw import RawInput, readable, undecodable


class Record(NamedTuple):
    """One row: its number (1 is the first, headers not counted) and its cells by column."""

    row: int
    values: Mapping[str, str]


class Source(ABC):
    """Rows of text cells, read one after the other, from the start as often as needed.

    Attributes:
        name: What users call it, for messages.
        format: One of `activellm.pool.sources.FORMATS`, or "memory".
        columns: The columns' names, distinct, in the source's order.
        encoding: Of a text format, as Python calls it; else empty.
        total: The number of rows, where it is known without reading them all.
    """

    name: str
    format: str
    columns: tuple[str, ...]
    encoding: str = ""
    total: int | None = None

    @abstractmethod
    def _rows(self) -> Iterator[Record]:
        """The rows as the format gives them: a record holds every column."""

    def records(self) -> Iterator[Record]:
        """All rows, from the start. Missing cells are "", and what is not text is JSON text.

        A NUL byte in a text file is an error; the NUL character that JSON, Parquet or a Python
        program can write on purpose becomes U+FFFD, as lone surrogates do.

        Raises:
            DataError: For the first row that cannot be read, with its number.
        """
        row = 0
        try:
            with readable(self.name):
                for record in self._rows():
                    row = record.row
                    for value in record.values.values():
                        if "\0" in value:
                            raise DataError("The row holds a NUL character.", where=self.place(row))
                    yield record
        except UnicodeDecodeError as error:
            raise undecodable(f"{self.name}, after row {row}", error) from None

    def sample(self, size: int = 200) -> list[Record]:
        """The first rows."""
        return list(islice(self.records(), size))

    def expected(self, row: int) -> int | None:
        """About how many rows there are, when row `row` is being read: it goes by the bytes."""
        raw = self._bytes()
        share = raw.share() if self.total is None and raw else None
        return round(row / share) if share else self.total

    def origin(self) -> dict[str, Any] | None:
        """What tells an unchanged file from all others, as JSON values; None if it is no file."""
        raw = self._bytes()
        return raw.origin() if raw else None

    def _bytes(self) -> RawInput | None:
        """The bytes that the rows are read from, if they are a file's."""
        return getattr(self, "_raw", None)

    def place(self, row: int) -> str:
        """How messages name a row."""
        return f"{self.name}, row {row}"


def distinct_columns(names: list[str], where: str) -> tuple[str, ...]:
    """Column names, stripped; nameless ones get their number.

    Raises:
        DataError: If two are equal.
    """
    columns = [name.strip() or f"column {number}" for number, name in enumerate(names, start=1)]
    for position, name in enumerate(columns):
        if name in columns[:position]:
            raise DataError(f"Two columns are called {name!r}.", where=where)
    return tuple(columns)
