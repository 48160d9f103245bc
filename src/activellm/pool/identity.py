"""When two texts are the same text, and what an example is called."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from activellm.errors import DataError
from activellm.pool.example import Content

LONGEST_ID = 200
"""Characters that an id from an id column may have."""

_BETWEEN = "\x1f"
"""Keeps the two texts of a pair apart; white space, so that no normalised text holds it."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def normalise(text: str) -> str:
    """Unicode NFKC, white space at the ends removed and elsewhere one space."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.split())


def digest(content: Content) -> bytes | None:
    """16 bytes, equal exactly for contents that are equal after normalisation.

    None if there is nothing to read: no text, or one half of a pair missing.
    """
    if isinstance(content, str):
        joined = normalise(content)
    else:
        first, second = map(normalise, content)
        joined = f"{first}{_BETWEEN}{second}" if first and second else ""
    return hashlib.blake2b(joined.encode(), digest_size=16).digest() if joined else None


def name_digest(name: str) -> bytes:
    """16 bytes, equal exactly for equal ids."""
    return hashlib.blake2b(name.encode(), digest_size=16).digest()


def content_id(key: bytes) -> str:
    """A short id made from a content's digest.

    80 bits: among ten million texts the chance that any two share an id is 4 in 100 billion. It
    begins with a letter that is no hex digit, so that no spreadsheet takes it for a number.
    """
    return "t" + key[:10].hex()


def clean_id(cell: str, where: str) -> str:
    """The id in a cell, with what breaks displays (controls, odd spaces) replaced by "_".

    Args:
        cell: The cell of the id column.
        where: Its file and row, for the message.

    Raises:
        DataError: If it is empty, or longer than `LONGEST_ID`.
    """
    text = cell.strip()
    if not text:
        raise DataError("The id is empty.", where=where)
    if len(text) > LONGEST_ID:
        raise DataError(
            f"The id has {len(text)} characters; at most {LONGEST_ID} are possible.",
            where=where,
            remedy="Is this the column with the ids?",
        )
    return "".join(character if character.isprintable() else "_" for character in text)


def storable(text: str) -> str:
    """The text with NUL characters and lone surrogates, which break files, as U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
