"""What counts as a number in an answer, and what a number may be called there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_GLUED = "|".join(
    f"(?<=(?i:{name}))" for name in ("text", "instance", "example", "item", "index", "id", "tweet")
)
NUMBER = rf"(?:(?<![A-Za-z\d.$€£])|{_GLUED})\d{{1,9}}(?![\dA-Za-z%]|\.\d)"
"""Digits of any script; no part of a word ("text3" is fine), a fraction, an amount or a share."""

NAME = (
    r"(?:(?:candidate|case|comment|document|entry|example|id|index|indices|instance|item|line|"
    r"message|no|nr|number|pair|point|post|premise|question|record|review|row|sample|sentence|"
    r"text|tweet)s?\b\.?[\s:#*=]{0,5}){1,2}"
)
"""What an answer may call a candidate right before its number, as in "Tweet ID: 5"."""

COUNTED = re.compile(
    r"\s{0,3}[*_]{0,2}\s?(?:more|of|out|other|additional|further|different|diverse|selected|chosen|"
    r"(?:\w{1,20} )?(?:candidates|cases|examples|indices|instances|items|numbers|picks|samples|"
    r"sentences|texts|tweets))\b",
    re.IGNORECASE,
)
"""What follows a number that counts something and names nothing, as in "32 instances"."""

_ID = re.compile(rf"\bids?\b[\s:#*=]{{0,5}}({NUMBER})", re.IGNORECASE)


def numbers_in(text: str) -> list[int]:
    """All numbers, in the order of the text."""
    return [int(found) for found in re.findall(NUMBER, text)]


def without_foreign_ids(text: str, shown: Collection[int]) -> str:
    """The text with spaces in place of ids that are not the numbers that were shown.

    Data sets have ids of their own. Where most of the numbers that an answer calls an id were not
    shown, none of them is a pick, though some may look like one.
    """
    found = foreign_ids(text, shown)
    if not found:
        return text
    pieces, last = [], 0
    for start, end in found:
        pieces += [text[last:start], " " * (end - start)]
        last = end
    return "".join([*pieces, text[last:]])


def foreign_ids(text: str, shown: Collection[int]) -> list[tuple[int, int]]:
    """Where ids of another kind stand: start and end; empty if they are what was shown."""
    spans = [found.span(1) for found in _ID.finditer(text)]
    other = sum(int(text[start:end]) not in shown for start, end in spans)
    return spans if other * 2 > len(spans) else []


def counting(numbers: list[int]) -> list[bool]:
    """Which numbers belong to a run 1, 2, 3, ... of at least two."""
    flags = [False] * len(numbers)
    start = 0
    while start < len(numbers):
        end = start
        while end < len(numbers) and numbers[end] == end - start + 1:
            end += 1
        if end - start >= 2:
            flags[start:end] = [True] * (end - start)
        start = max(end, start + 1)
    return flags


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """The lines with the place where each starts."""
    at = 0
    for line in text.splitlines(keepends=True):
        yield at, line.rstrip("\r\n")
        at += len(line)
