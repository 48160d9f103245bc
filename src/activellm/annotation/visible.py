"""Characters that act instead of being read, made visible: safe in a terminal and in a page."""

from __future__ import annotations

import re

_ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\ud800-\udfff]")
_DELETE = "\u2421"
_REPLACEMENT = "\ufffd"


def visible(text: str) -> str:
    """`text` with nothing in it that a terminal or a browser would obey.

    Line ends become newlines, and tabs stay. Control characters become their pictures (the
    escape character becomes ␛); C1 controls, direction overrides and lone surrogates become �.
    """
    return _ACTING.sub(_picture, text.replace("\r\n", "\n"))


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return _DELETE if code == 0x7F else _REPLACEMENT


def one_line(text: str, limit: int = 160) -> str:
    """The beginning of `text` on one line, at most `limit` characters."""
    flat = " ".join(visible(text[: limit * 4]).split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"
