"""Texts that are other texts, exactly or nearly: what is learned from must not be measured on."""

from __future__ import annotations

import re

from activellm.bench.rows import Rows
from activellm.pool import Content

_ADDED = re.compile(r"https?://\S+|@\w+|^RT\b")
_MARKS = re.compile(r"[\W_]+")
"""What two copies of one text may differ in: links, names addressed; marks and spaces."""


def without(rows: Rows, others: Rows) -> Rows:
    """Those rows that are none of the others, exactly or nearly."""
    held = {key for content, _ in others for key in _keys(content)}
    return [row for row in rows if held.isdisjoint(_keys(row[0]))]


def _keys(content: Content) -> set[str]:
    """What two contents share if one is the other, exactly or nearly."""
    text = content if isinstance(content, str) else "\x1f".join(content)
    bare = _MARKS.sub(" ", _ADDED.sub(" ", text)).casefold().strip()
    return {text, bare} if bare else {text}
