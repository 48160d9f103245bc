"""JSON: an array of objects or strings, or an object with one such array. Read into memory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from activellm.errors import DataError
from activellm.pool.sources.base import Record, Source
from activellm.pool.sources.json_values import as_cells, as_object, parse
from activellm.pool.sources.raw import RawInput, readable


class JsonSource(Source):
    """The rows of one JSON document.

    Raises:
        DataError: If it is not valid, holds no array or several, or an item cannot be a row.
    """

    format = "json"

    def __init__(self, raw: RawInput, encoding: str) -> None:
        self.name, self.encoding, self._raw = raw.name, encoding, raw
        with readable(raw.name), raw.open() as file:
            text = file.read().decode(encoding)
        items = self._array(parse(text, lambda: self.name))
        self._items = [
            as_object(item, partial(self.place, row)) for row, item in enumerate(items, start=1)
        ]
        self.columns = tuple(dict.fromkeys(key for item in self._items for key in item))
        self.total = len(self._items)
        if not self.columns:
            raise DataError("The array holds no rows.", where=self.name)

    def _array(self, document: Any) -> list[Any]:
        if isinstance(document, list):
            return document
        if not isinstance(document, dict):
            raise DataError("The document is neither an array nor an object.", where=self.name)
        arrays = {key: value for key, value in document.items() if isinstance(value, list)}
        if len(arrays) != 1:
            found = ", ".join(arrays) or "none"
            raise DataError(
                f"An object must hold exactly one array, the rows; found: {found}.",
                where=self.name,
                remedy="Save the rows as one array of objects, or as JSONL.",
            )
        return list(arrays.popitem()[1])

    def _rows(self) -> Iterator[Record]:
        for row, item in enumerate(self._items, start=1):
            yield Record(row, as_cells(item, self.columns))
