"""Fits texts into a query model's context: long ones are shortened where all can see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from activellm.pool.example import Content

CountTokens: TypeAlias = Callable[[str], int]

GAP = " [...] "
"""Stands where the middle of a text was left out."""


def shorten(content: Content, limit: int, count: CountTokens) -> Content:
    """A text of about `limit` tokens: its beginning and its end, with "[...]" between them.

    Two thirds of what stays are the beginning. A text that fits is returned as it is. Of a pair,
    each text may take half, and what one does not need goes to the other.

    Args:
        content: The text, or the two texts of a pair.
        limit: Tokens, at least 1. White space around a cut and "[...]" itself come on top.
        count: Counts a text's tokens.
    """
    if isinstance(content, str):
        return _shorten_text(content, limit, count)
    if sum(_bytes(text) for text in content) <= limit:
        return content
    first, second = count(content[0]), count(content[1])
    if first + second <= limit:
        return content
    for_first = max(limit // 2, limit - second)
    for_second = max(limit - limit // 2, limit - first)
    return (
        _shorten_text(content[0], for_first, count),
        _shorten_text(content[1], for_second, count),
    )


def tokens_of(content: Content, count: CountTokens) -> int:
    """The tokens of a text, or of both texts of a pair."""
    return count(content) if isinstance(content, str) else sum(count(text) for text in content)


def fair_limit(sizes: Sequence[int], budget: int) -> int:
    """The largest limit for which texts of these sizes, cut to it, take no more than the budget.

    Args:
        sizes: Tokens of each text.
        budget: Tokens for all of them.
    """
    if sum(sizes) <= budget:
        return max(sizes, default=0)
    left = budget
    for done, size in enumerate(ordered := sorted(sizes)):
        share = left // (len(ordered) - done)
        if size > share:
            return max(share, 0)
        left -= size
    return max(sizes)


def _shorten_text(text: str, limit: int, count: CountTokens) -> str:
    if _bytes(text) <= limit or count(text) <= limit:
        return text
    low, high = 0, len(text) - 1
    while low < high:
        kept = (low + high + 1) // 2
        if count(_without_middle(text, kept)) <= limit:
            low = kept
        else:
            high = kept - 1
    return _without_middle(text, low)


def _bytes(text: str) -> int:
    """The size of a text. No tokeniser makes more tokens than that: short ones need no count."""
    return len(text.encode("utf-8", "surrogatepass"))


def _without_middle(text: str, kept: int) -> str:
    """`kept` characters: two thirds from the text's beginning, the rest from its end."""
    tail = kept // 3
    head = text[: kept - tail].rstrip()
    return (head + GAP + text[len(text) - tail :].lstrip()).strip()
