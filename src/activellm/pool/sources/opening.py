"""From a path to a source."""

from __future__ import annotations

import codecs
from pathlib import Path

from activellm.errors import DataError
from activellm.pool.identity import storable
from activellm.pool.sources.base import Source
from activellm.pool.sources.delimited import DelimitedSource
from activellm.pool.sources.encoding import check_encoding, detect_encoding, evident_encoding
from activellm.pool.sources.json_array import JsonSource
from activellm.pool.sources.jsonl import JsonLinesSource
from activellm.pool.sources.lines import LineSource
from activellm.pool.sources.raw import RawInput
from activellm.pool.sources.sniff import find_format, refuse_binary, sniff_text

_MOST_COLUMNS = 2000


def open_source(
    path: str | Path, format: str | None = None, *, encoding: str | None = None
) -> Source:
    """Open a file of texts, for reading as often as needed.

    Args:
        path: The file, or "-" for standard input; compressed by gzip or not.
        format: One of `FORMATS`; found by the name, else by the content, if None.
        encoding: Of a text format, as Python calls it; detected if None.

    Raises:
        DataError: If it is missing, a folder, empty, binary, or cannot be read.
        UnknownNameError: For a format that does not exist.
    """
    source = _open(RawInput(path), format, encoding)
    _check_columns(source)
    return source


def _open(raw: RawInput, format: str | None, encoding: str | None) -> Source:
    format = find_format(raw, format)
    if format == "parquet":
        from activellm.pool.sources.parquet import ParquetSource

        return ParquetSource(raw)
    encoding = check_encoding(encoding) if encoding else evident_encoding(raw.head())
    refuse_binary(raw, encoding)
    encoding = encoding or detect_encoding(raw)
    return _open_text(raw, format or sniff_text(_beginning(raw, encoding)), encoding)


def _open_text(raw: RawInput, format: str, encoding: str) -> Source:
    match format:
        case "json":
            return JsonSource(raw, encoding)
        case "jsonl":
            return JsonLinesSource(raw, encoding)
        case "txt":
            return LineSource(raw, encoding)
        case _:
            return DelimitedSource(raw, encoding, format)


def _check_columns(source: Source) -> None:
    if len(source.columns) > _MOST_COLUMNS:
        raise DataError(
            f"There are {len(source.columns)} columns; at most {_MOST_COLUMNS} are possible.",
            where=source.name,
            remedy="Is each row's text under a key of its own?",
        )
    for name in source.columns:
        if storable(name) != name:
            raise DataError(f"The column name {name!r} is no text.", where=source.name)


def _beginning(raw: RawInput, encoding: str) -> str:
    """The first lines as text; the last of them whole, unless there is only one."""
    size = 1 << 16
    head = raw.head(size)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)
    return text if len(head) < size else text[: text.rfind("\n") + 1] or text
