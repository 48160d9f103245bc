"""Which format a file is in: by its name, else by how it begins."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

from activellm.errors import DataError, UnknownNameError
from activellm.pool.sources.delimited import DELIMITERS, Dialect, widths
from activellm.pool.sources.raw import RawInput

FORMATS = ("csv", "json", "jsonl", "parquet", "tsv", "txt")

_SUFFIXES = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".tab": "tsv",
    ".text": "txt",
    ".tsv": "tsv",
    ".txt": "txt",
}
_PARQUET = b"PAR1"
_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"ARROW1", "an Arrow file"),
    (b"BZh", "compressed by bzip2"),
    (b"\xfd7zXZ\0", "compressed by xz"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (_PARQUET, "a Parquet file (--format parquet reads it)"),
)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\v\x1b"))
_HEADER_CELL = 40
"""A header's names are no longer than this."""


def find_format(raw: RawInput, asked: str | None) -> str:
    """The format of a source.

    Args:
        raw: Its bytes.
        asked: The format that the user named, if one.

    Raises:
        UnknownNameError: If there is no such format.
        DataError: If the source is empty.
    """
    if asked is not None and asked not in FORMATS:
        raise UnknownNameError("format", asked, FORMATS, where="--format")
    head = raw.head()
    if not head.strip():
        raise DataError("The file is empty.", where=raw.name)
    if asked:
        return asked
    suffixes = [suffix.lower() for suffix in Path(raw.name).suffixes if suffix.lower() != ".gz"]
    named = _SUFFIXES.get(suffixes[-1]) if suffixes else None
    if named == "json" and _json_kind(head.decode("utf-8-sig", "replace")) == "jsonl":
        return "jsonl"
    return named or ("parquet" if head.startswith(_PARQUET) else "")


def refuse_binary(raw: RawInput, encoding: str) -> None:
    """Check that the bytes are text.

    Raises:
        DataError: If they are not, saying what they are where that is known.
    """
    head = raw.head()
    kind = next((kind for magic, kind in _FOREIGN if head.startswith(magic)), "")
    narrow = not encoding.startswith(("utf-16", "utf-32"))
    if kind or (narrow and _looks_binary(head)):
        raise DataError(
            f"This is not text but {kind or 'a binary file'}.",
            where=raw.name,
            remedy="Save the texts as CSV, TSV, JSONL, JSON, Parquet or plain lines.",
        )


def _looks_binary(head: bytes) -> bool:
    """More than a few zero bytes, or control characters in what is no UTF-8 either."""
    few = max(3, len(head) * 0.02)
    if head.count(0) > few:
        return True
    controls = len(head) - len(head.translate(None, _CONTROLS))
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return controls > few
    return False


def sniff_text(sample: str) -> str:
    """The format of text that no name tells about, from its beginning.

    JSON begins like JSON. A table's first rows are all equally wide, the first one with short,
    distinct names; else it is plain lines.
    """
    if sample.lstrip()[:1] in {"[", "{"}:
        return _json_kind(sample)
    header = sample.splitlines()[0]
    for delimiter in DELIMITERS:
        rows = widths(sample, Dialect(delimiter))
        names = [name.strip().strip('"') for name in header.split(delimiter)]
        short = all(0 < len(name) <= _HEADER_CELL and name[-1] not in ".!?:" for name in names)
        even = len(rows) > 1 and min(rows) == max(rows) == len(names) > 1
        if even and short and len(set(names)) == len(names):
            return "tsv" if delimiter == "\t" else "csv"
    return "txt"


def _json_kind(text: str) -> str:
    """JSONL if the first line alone is a whole object or string and more follows."""
    first, _, rest = text.strip().partition("\n")
    try:
        whole = isinstance(json.loads(first), dict | str)
    except (ValueError, RecursionError):
        return "json"
    return "jsonl" if whole and rest.strip() else "json"
