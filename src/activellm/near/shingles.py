"""What of a text counts when near copies are looked for: pieces of five characters, as numbers."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

PIECE = 5
"""Characters of a piece. A shorter text is one piece."""

_ADDED = re.compile(r"https?://\S+|@\w+|^rt\b", re.MULTILINE)
"""What a text gets when it is passed on: links, names addressed, the mark of a retweet."""

_SPACE, _LETTER, _END = 0, 1, 2
MIX = np.uint64(0x9E3779B97F4A7C15)
"""The golden ratio in 64 bits, Knuth's multiplier (The Art of Computer Programming 3, ch. 6.4)."""


def pieces(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The pieces of texts, as hashes.

    Case, white space, punctuation, links, names addressed (@name) and Unicode variants play no
    part. A text of nothing else is one piece, itself.

    Args:
        texts: n texts.

    Returns:
        The hashes of all texts' pieces, one text after the other, and where each text begins,
        shape (n,). Each text has at least one.
    """
    lines = [" ".join(text.split()) for text in texts]
    joined = unicodedata.normalize("NFKC", "\n".join(lines)).casefold() + "\n"
    codes, ends = _bare(_ADDED.sub(" ", joined))
    places = np.flatnonzero(_begins_piece(codes))
    counts = np.diff(np.searchsorted(places, ends), prepend=0)
    hashes = _hashes(codes)[places]
    if not counts.all():
        empty = np.flatnonzero(counts == 0)
        own = np.array([_own(lines[place]) for place in empty], np.uint32)
        hashes = np.insert(hashes, np.cumsum(counts)[empty], own)
        counts[empty] = 1
    return hashes, np.cumsum(counts) - counts


def _bare(joined: str) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """The characters that count, zeros between texts, and where the zeros of each text begin."""
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    kind = _kinds()[codes]
    letter, end = kind == _LETTER, kind == _END
    # A space counts where a letter stands before it; one before an end goes with the end.
    before = np.empty_like(letter)
    before[0], before[1:] = False, letter[:-1]
    kept = letter | end | ((kind == _SPACE) & before)
    codes, end = codes[kept], end[kept]
    spaces = _kinds()[codes] == _SPACE
    trailing = np.zeros_like(spaces)
    trailing[:-1] = spaces[:-1] & end[1:]
    codes, end = codes[~trailing], end[~trailing]
    codes = np.where(_kinds()[codes] == _SPACE, np.uint32(32), codes)
    repeats = np.where(end, PIECE - 1, 1)
    spread = np.repeat(np.where(end, np.uint32(0), codes), repeats).astype(np.uint64)
    places = np.cumsum(repeats)[end] - (PIECE - 1)
    return spread, places


def _begins_piece(codes: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Where all of a piece's characters are the text's, and where a text begins."""
    inside = codes != 0
    begins: npt.NDArray[np.bool_] = np.zeros(len(inside), bool)
    begins[: 1 - PIECE] = inside[PIECE - 1 :]
    begins[0] = True
    begins[1:] |= ~inside[:-1]
    begins &= inside
    return begins


def _hashes(codes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint32]:
    """A hash of the five codes that begin at each place."""
    padded = np.concatenate([codes, np.zeros(PIECE - 1, np.uint64)])
    found = codes.copy()
    for step in range(1, PIECE):
        found *= MIX
        found += padded[step : step + len(codes)]
    found ^= found >> np.uint64(32)
    found *= MIX
    return (found >> np.uint64(32)).astype(np.uint32)


def _own(line: str) -> int:
    return int.from_bytes(hashlib.blake2b(line.encode(), digest_size=4).digest(), "little")


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    """Of each character: a letter (or digit, or symbol), the end of a text, or like a space."""
    found = np.full(0x110000, _LETTER, np.uint8)
    for code in range(0x110000):
        if unicodedata.category(chr(code))[0] in "PZC":
            found[code] = _SPACE
    found[ord("\n")] = _END
    return found
