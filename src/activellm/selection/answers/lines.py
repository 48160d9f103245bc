"""Picks of which each has a line of its own: items, enumerations, quotes with a number behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from activellm.selection.answers.numbers import COUNTED, NAME, NUMBER, counting, lines_of

LONGEST_EXPLANATION = 300
"""Characters of the LLM's own words that are kept with a pick."""

_MARKUP = r"[\s>*_`\"'(\[#|•·+-]{0,12}"
_ITEM = re.compile(rf"({_MARKUP})((?:{NAME})?)[\s*_`\"'(\[#]{{0,6}}({NUMBER})", re.IGNORECASE)
_SECOND = re.compile(
    rf"[*_`\s]{{0,4}}(?:[.)\]:|=]|[-–—>]{{1,2}}|\t){_MARKUP}(?:{NAME})?[\s*_`\"'(\[#]{{0,6}}({NUMBER})",
    re.IGNORECASE,
)
_MENTION = re.compile(
    rf"[(\[]\s?#?\s?(?:{NAME})?({NUMBER})\s?[)\]:,–-]|\b{NAME}({NUMBER})|#\s?({NUMBER})",
    re.IGNORECASE,
)
_REJECTED = re.compile(
    r"\b(?:not|never|un)[\s-]{0,3}(?:be\s)?(?:select|chos|pick|includ)|\b(?:skip|reject|exclud)",
    re.IGNORECASE,
)
_COMMA = re.compile(rf"[*_`\s]{{0,4}}[,;،、，]\s{{0,3}}{NUMBER}")
_LETTERS = re.compile(r"[^\W\d_]{2}")


@dataclass(frozen=True, slots=True)
class Item:
    """A line that names one number: the number, where, and what the line says of it."""

    number: int
    at: int
    words: str


def items(text: str) -> list[Item]:
    """Lines that begin with a number, but for those that reject it.

    Where the numbers count 1, 2, 3, ... they only number the lines: then the second number counts,
    as in "1. 410" or "1. Some words (#410)", and a line without one gives nothing.
    """
    return [one for one in _numbered(text) if not _REJECTED.search(one.words)]


def mentions(text: str) -> list[int]:
    """Numbers in brackets or with a name, as "(#4)" or "text 4": the first of each line."""
    found = (_MENTION.search(line) for _, line in lines_of(text))
    return [_mentioned(one) for one in found if one]


def explanations_in_lines(text: str) -> Iterator[tuple[int, str]]:
    """The LLM's own words on the numbers with which its lines begin."""
    for item in _numbered(text):
        words = " ".join(item.words[: 2 * LONGEST_EXPLANATION].split())
        words = words.strip(" .:;,()[]*_`-–—|\"'")
        if _LETTERS.search(words):
            yield item.number, words[:LONGEST_EXPLANATION]


def _mentioned(found: re.Match[str]) -> int:
    return int(found.group(1) or found.group(2) or found.group(3))


def _numbered(text: str) -> Iterator[Item]:
    starts = [
        (at, line, found) for at, line in lines_of(text) if (found := _ITEM.match(line)) is not None
    ]
    counts = _counts([(line, found) for _, line, found in starts])
    for (at, line, found), count in zip(starts, counts, strict=True):
        end = found.end()
        if count:
            second = _SECOND.match(line, end)
            if second and not COUNTED.match(line, second.end()):
                yield Item(int(second.group(1)), at, line[second.end() :])
            elif second is None and (mention := _MENTION.search(line, end)):
                yield Item(_mentioned(mention), at, line[end : mention.start()])
        elif not COUNTED.match(line, end) and not _COMMA.match(line, end):
            yield Item(int(found.group(3)), at, line[end:])


def _counts(starts: list[tuple[str, re.Match[str]]]) -> list[bool]:
    """Which of the lines only count: 1, 2, 3, ... among the lines that are written alike.

    A number that is called a text, or that a second number does not follow and no dot or bracket
    as in "1." or "1)", is meant.
    """
    groups: dict[tuple[str, str], list[int]] = {}
    for place, (line, found) in enumerate(starts):
        behind = line[found.end() : found.end() + 6].lstrip("*_` ")[:1]
        if not found.group(2):
            groups.setdefault((found.group(1), behind), []).append(place)
    flags = [False] * len(starts)
    for (_, behind), places in groups.items():
        numbers = [int(starts[place][1].group(3)) for place in places]
        for place, count in zip(places, counting(numbers), strict=True):
            line, found = starts[place]
            flags[place] = count and (behind in ".)" or bool(_SECOND.match(line, found.end())))
    return flags
