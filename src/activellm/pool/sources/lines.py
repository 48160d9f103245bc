"""Plain text, one text a line."""

from __future__ import annotations

import io
from collections.abc import Iterator

from activellm.pool.sources.base import Record, Source
from activellm.pool.sources.raw import RawInput


class LineSource(Source):
    """Each line is a text, in the one column "text"."""

    format = "txt"
    columns = ("text",)

    def __init__(self, raw: RawInput, encoding: str) -> None:
        self.name, self.encoding, self._raw = raw.name, encoding, raw

    def _rows(self) -> Iterator[Record]:
        with io.TextIOWrapper(self._raw.open(), encoding=self.encoding) as lines:
            for row, line in enumerate(lines, start=1):
                yield Record(row, {"text": line.removesuffix("\n")})
