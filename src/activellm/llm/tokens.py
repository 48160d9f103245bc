"""How many tokens a text has, when nobody can be asked."""

from __future__ import annotations

import math
import re

_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # Thai, kana, Han, Hangul
_LONG = re.compile(rf"\d+|[{_UNSPACED}]+")
_WORD = re.compile(rf"[^\W\d_{_UNSPACED}]+")


def estimate_tokens(text: str) -> int:
    """An estimate on the high side: one token for every three bytes of UTF-8."""
    return math.ceil(len(text.encode("utf-8", "surrogatepass")) / 3)


def fewest_tokens(text: str) -> int:
    """An estimate on the low side: a token for each word, and none for punctuation.

    Tokenisers in use do not join words, so a server that reports much less than this has not read
    the whole text. Scripts written without spaces count a token for every three characters, long
    numbers one for every three digits.
    """
    long = sum(math.ceil(len(piece) / 3) for piece in _LONG.findall(text))
    return long + len(_WORD.findall(text))
