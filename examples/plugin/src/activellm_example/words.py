"""What a word is."""

from __future__ import annotations

import re


def words(content: str | tuple[str, str]) -> list[str]:
    """The words of a text, or of both texts of a pair, in lower case."""
    text = content if isinstance(content, str) else " ".join(content)
    return re.findall(r"\w+", text.lower())
