"""What a recorded answer looks like, whatever it says."""

from __future__ import annotations

import re

from activellm.recorded.sessions import Session

_ROW = re.compile(r"(?:\d+\s*[,;]\s*){4,}\d+")
_TABLE = re.compile(r"^\s*\|.*\|\s*$", re.MULTILINE)
_ITEM = re.compile(r"^\W*(?:[A-Za-z]+\W*)?\d+\W", re.MULTILINE)
_BARE = re.compile(r"^\s*\d+\s*,?\s*$", re.MULTILINE)


def shape_of(session: Session) -> str:
    """What an answer looks like, by its form alone.

    Returns:
        "conversation" (several turns), "JSON", "table", "comma list", "several lists",
        "vertical list", "lines with numbers" or "prose".
    """
    answer = session.answer
    if re.search(r"^\s*(?:user|you|human)\s*:?\s*$", answer, re.IGNORECASE | re.MULTILINE):
        return "conversation"
    if answer.lstrip().startswith(("{", "[{")):
        return "JSON"
    rows = _ROW.findall(answer)
    if rows:
        return "comma list" if len(rows) == 1 else "several lists"
    if len(_TABLE.findall(answer)) >= 3:
        return "table"
    if len(_BARE.findall(answer)) >= 5:
        return "vertical list"
    return "lines with numbers" if len(_ITEM.findall(answer)) >= 5 else "prose"
