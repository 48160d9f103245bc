"""JSONL: one JSON object (or string) a line."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from activellm.errors import DataError
from activellm.pool.sources.base import Record, Source
from activellm.pool.sources.json_values import as_cells, as_object, parse
from activellm.pool.sources.raw import RawInput, readable


class JsonLinesSource(Source):
    """A JSON object or string a line; blank lines are passed over.

    The whole file is read once beforehand: rows may have different keys, and a broken line at the
    end must not come up after hours of work on the lines before it.

    Raises:
        DataError: For the first line that is neither.
    """

    format = "jsonl"

    def __init__(self, raw: RawInput, encoding: str) -> None:
        self.name, self.encoding, self._raw = raw.name, encoding, raw
        columns: dict[str, None] = {}
        self.total = 0
        with readable(raw.name):
            for value in self._values():
                self.total += 1
                if not value.keys() <= columns.keys():
                    columns.update(dict.fromkeys(value))
        if not columns:
            raise DataError("The file holds no rows.", where=self.name)
        self.columns = tuple(columns)

    def _values(self) -> Iterator[dict[str, Any]]:
        with io.TextIOWrapper(self._raw.open(), encoding=self.encoding) as lines:
            number = 0

            def place() -> str:
                return f"{self.name}, line {number}"

            for number, line in enumerate(lines, start=1):  # noqa: B007
                if line and not line.isspace():
                    yield as_object(parse(line, place), place)

    def _rows(self) -> Iterator[Record]:
        for row, value in enumerate(self._values(), start=1):
            yield Record(row, as_cells(value, self.columns))
