"""From an LLM's answer in free words to valid picks: what was found, and what had to be dropped.

Real answers hold more numbers than picks: ordinals, ids, numbers that were considered and rejected,
lists of a first attempt. So lists are looked for first, the last complete one counts, and single
numbers only where a line begins with one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from activellm.selection.contract import Dropped

_NUMBER = r"(?<![\d.])\d{1,9}(?!\d|\.\d)"
_BETWEEN = r"(?:\s*[,;،、，]\s*(?:and\s+|&\s*)?|\s+(?:and|&)\s+)"
_LIST = re.compile(rf"{_NUMBER}(?:{_BETWEEN}{_NUMBER})+")
_MARKUP = r"[\s>*_`\"'(\[#-]*"
_NAMED = r"(?:(?:id|index|instance|text|example|number|no)\b\.?[\s:#*]*)?"
_ITEM = re.compile(rf"^[•]?{_MARKUP}{_NAMED}({_NUMBER})(.*)$", re.IGNORECASE)
_SECOND = re.compile(rf"^[*_`\s]*[.)\]:]{_MARKUP}{_NAMED}({_NUMBER})(.*)$", re.IGNORECASE)
_MENTION = re.compile(rf"[(\[]\s?#?{_NAMED}\s?({_NUMBER})\s?[)\]:,]", re.IGNORECASE)
_REJECTED = re.compile(
    r"\b(?:not|never|un)[\s-]*(?:be\s+)?(?:select|chos|pick|includ)|\b(?:skip|reject|exclud)",
    re.IGNORECASE,
)

LONGEST_EXPLANATION = 300
"""Characters of the LLM's own words that are kept with a pick."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read from an answer.

    Attributes:
        numbers: Distinct numbers that were shown, in the answer's order, at most as many as wanted.
        dropped: What was read as a pick and is none, with the reason.
        rule: How they were found: "list", "groups", "items", "numbers", "short list", "mentions"
            or "nothing".
    """

    numbers: tuple[int, ...]
    dropped: tuple[Dropped, ...] = ()
    rule: str = "nothing"


def read_answer(
    text: str, shown: Collection[int], wanted: int, *, taken: Collection[int] = ()
) -> Reading:
    """Find the picks in an answer.

    The rules, in this order: the last list with at least as many valid numbers as wanted; several
    lists that together are exactly as many; one number a line, exactly as many; all numbers of the
    answer, if they are exactly as many; the last list with at least half of them; then, whatever
    there is: one number a line, numbers in brackets, all lists together.

    Args:
        text: The answer, as it came.
        shown: The numbers that were shown to the LLM.
        wanted: How many picks are wanted.
        taken: Numbers that must not be picked again, though they were shown.

    Returns:
        Never a number that was not shown or is taken, never one twice, never more than wanted.
    """
    valid = set(shown) - set(taken)
    lists = list(_lists(text))
    items = list(_items(text))
    mentions = list(_mentions(text))
    together = [number for found in lists for number in found]
    every = _numbers(text)
    full = _last(lists, valid, wanted)
    half = _last(lists, valid, (wanted + 1) // 2)
    usable = valid.intersection(items)
    rules = (
        ("list", full, bool(full)),
        ("groups", together, len(together) == len(valid.intersection(together)) == wanted),
        ("items", items, len(usable) == wanted),
        ("numbers", every, len(every) == len(valid.intersection(every)) == wanted),
        ("short list", half, bool(half)),
        ("items", items, len(usable) > 1 or len(usable) == len(items)),
        ("mentions", mentions, bool(valid.intersection(mentions))),
        ("groups", together, bool(valid.intersection(together))),
        ("items", items, bool(usable)),
    )
    for rule, found, fits in rules:
        if found and fits:
            return _validated(found, shown, wanted, taken, rule)
    return Reading(())


def explanations(text: str, numbers: Collection[int]) -> dict[int, str]:
    """What the LLM itself said of each number, where a line begins with that number."""
    found: dict[int, str] = {}
    for number, rest in _numbered_lines(text):
        words = " ".join(rest.split()).strip(" .:;,()[]*_`-–—\"'")
        if number in numbers and re.search(r"[^\W\d_]{2}", words):
            found.setdefault(number, words[:LONGEST_EXPLANATION])
    return found


def _lists(text: str) -> Iterator[list[int]]:
    """Comma lists, and bare numbers under each other, in the order of the text."""
    for block in re.split(r"\n(?=[^\n]*[^\s\d,;،、，])|(?<=[^\s\d,;،、，])\n", text):
        for found in _LIST.finditer(block):
            yield _numbers(found.group())
        if re.fullmatch(rf"\s*{_NUMBER}(?:\s+{_NUMBER})+\s*", block):
            yield _numbers(block)


def _numbers(text: str) -> list[int]:
    return [int(found) for found in re.findall(_NUMBER, text)]


def _last(lists: Sequence[list[int]], valid: Collection[int], least: int) -> list[int]:
    """The last list that holds at least so many distinct valid numbers."""
    for found in reversed(lists):
        if len(set(found).intersection(valid)) >= least:
            return found
    return []


def _items(text: str) -> list[int]:
    """The numbers with which lines begin, but for those that the line rejects."""
    return [number for number, rest in _numbered_lines(text) if not _REJECTED.search(rest)]


def _numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that begin with a number: the number, and what follows.

    Where the numbers count 1, 2, 3, ... they only number the lines: then the second number counts,
    as in "1. 410", and a line without one gives nothing.
    """
    matches = [found for line in text.splitlines() if (found := _ITEM.match(line))]
    ordinals = _counting([int(found.group(1)) for found in matches])
    for found, ordinal in zip(matches, ordinals, strict=True):
        second = _SECOND.match(found.group(2)) if ordinal else None
        if second:
            yield int(second.group(1)), second.group(2)
        elif not ordinal and not _LIST.match(found.group(0).strip(" *-")):
            yield int(found.group(1)), found.group(2)


def _counting(numbers: Sequence[int]) -> list[bool]:
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


def _mentions(text: str) -> list[int]:
    """Numbers in brackets, such as "(#4)", one a line."""
    found = (_MENTION.search(line) for line in text.splitlines())
    return [int(one.group(1)) for one in found if one]


def _validated(
    found: Iterable[int], shown: Collection[int], wanted: int, taken: Collection[int], rule: str
) -> Reading:
    numbers: list[int] = []
    dropped: list[Dropped] = []
    for number in found:
        if why := _fault(number, numbers, shown, wanted, taken):
            dropped.append(Dropped(str(number), why))
        else:
            numbers.append(number)
    return Reading(tuple(numbers), tuple(dropped), rule)


def _fault(
    number: int,
    numbers: Sequence[int],
    shown: Collection[int],
    wanted: int,
    taken: Collection[int],
) -> str:
    if number not in shown:
        return "was not shown"
    if number in taken:
        return "is chosen already"
    if number in numbers:
        return "was named twice"
    if len(numbers) == wanted:
        return f"is one more than the {wanted} wanted"
    return ""
