"""Lists of numbers in running text: with commas, under each other, in a column of a table."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from activellm.selection.answers.numbers import NAME, NUMBER, counting, lines_of

LONGEST_GAP = 120
"""Characters between two numbers of one list, remarks in brackets included."""

MOST_RANGES = 100
"""So many ranges of an answer are written out; further ones are read as their two ends."""

_NUMBER = re.compile(NUMBER)
_DECOR = r"[\s*_`\"'“”‘’()\[\]#]{0,8}"
_REMARK = r"(?:\([^()\d\n]{1,100}\)\s{0,3})?"
_GAP = re.compile(
    rf"{_DECOR}{_REMARK}{_DECOR}(?:[,;،؛、，；]|\s(?:and|&)\s){_DECOR}(?:(?:and|or|&)\s)?"
    rf"{_DECOR}(?:{NAME})?{_DECOR}",
    re.IGNORECASE,
)
_RANGE = re.compile(r"[-–—…]|\.\.\.?| (?:to|through) ", re.IGNORECASE)
_BEFORE_RANGE = re.compile(rf"[\s>*_`\"'(\[#|•-]{{0,12}}(?:{NAME})?[\s*]{{0,4}}", re.IGNORECASE)
_AFTER_RANGE = re.compile(r"[\s*_`\"')\].,]{0,8}(?::|$)", re.MULTILINE)
_ENUMERATED = re.compile(
    rf"(?<!\d)(\d{{1,4}})[.)]\s{{1,3}}[*_#]{{0,3}}(?:{NAME})?({NUMBER})[*_]{{0,3}}", re.IGNORECASE
)
_BETWEEN_ENUMERATED = re.compile(r"[ \t,;.]{1,4}(?:and )?")
_HEADED = re.compile(
    rf"[^\d\n]{{1,60}}(?:\(\d+\))?[*_]{{0,3}}:[\s*_]{{0,4}}({NUMBER})[\s*_.]{{0,4}}"
)
_TOTAL = re.compile(r"count|total|number of|sum\b", re.IGNORECASE)
_BARE = re.compile(
    rf"[\s>*_`\"'(\[#•·+-]{{0,12}}(?:{NAME})?[\s*_`\"'(\[#]{{0,6}}({NUMBER})[\s*_`\"')\],;.]{{0,12}}",
    re.IGNORECASE,
)
_CELL = re.compile(
    rf"[\s*_`\"'(\[#]{{0,8}}(?:{NAME})?({NUMBER})[\s*_`\"')\].]{{0,8}}", re.IGNORECASE
)
_REJECTED = re.compile(
    r"[\s>*_`#•\d.()-]{0,16}(?:(?:not|un|non|de)[\s-]?(?:select|chos|pick|includ)|reject|exclud|"
    r"skip|discard|omit|left out|already)",
    re.IGNORECASE,
)
_CHOSEN = re.compile(r"(?<!not )\b(?:select|choos|chose|pick)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listed:
    """Numbers that an answer lists.

    Attributes:
        numbers: In their order, as they are written: with repetitions and strange ones.
        start: Where in the text the list begins.
        end: Where it ends.
        rule: The shape: "list", "table" or "json".
        ordinals: Bare 1, 2, 3, ... under each other: more likely counters than picks.
    """

    numbers: tuple[int, ...]
    start: int
    end: int
    rule: str = "list"
    ordinals: bool = field(default=False)


def listed(text: str, shown: Collection[int]) -> list[Listed]:
    """All lists of a text in its order, but for those that are headed as rejected."""
    enumerated = list(_enumerated(text))
    rows = _outside(_in_a_row(text, shown), enumerated)
    groups = _groups_of_one(text) if len(rows) > 1 else ()
    found = [*enumerated, *rows, *groups, *_under_each_other(text), *_columns(text, shown)]
    return sorted(found, key=lambda one: (one.start, one.end))


def _outside(rows: Iterable[Listed], others: Sequence[Listed]) -> list[Listed]:
    """The rows that share no place with the others; both in the order of the text."""
    ends = [other.end for other in others]
    kept = []
    for row in rows:
        place = bisect_right(ends, row.start)
        if place == len(others) or others[place].start >= row.end:
            kept.append(row)
    return kept


def _enumerated(text: str) -> Iterator[Listed]:
    """Picks behind 1., 2., 3., ... in one line."""
    run: list[re.Match[str]] = []
    for found in _ENUMERATED.finditer(text):
        between = text[run[-1].end() : found.start()] if run else ""
        follows = run and int(found.group(1)) == len(run) + 1
        if not (follows and len(between) < 10 and _BETWEEN_ENUMERATED.fullmatch(between)):
            yield from _whole_run(run)
            run = []
        if run or int(found.group(1)) == 1:
            run.append(found)
    yield from _whole_run(run)


def _whole_run(run: Sequence[re.Match[str]]) -> Iterator[Listed]:
    if len(run) > 1:
        numbers = tuple(int(found.group(2)) for found in run)
        yield Listed(numbers, run[0].start(), run[-1].end())


def _groups_of_one(text: str) -> Iterator[Listed]:
    """Lines such as "Music: 42" between groups of several."""
    for at, line in lines_of(text):
        if len(line) > LONGEST_GAP or _TOTAL.search(line) or _REJECTED.match(line):
            continue
        if one := _HEADED.fullmatch(line):
            yield Listed((int(one.group(1)),), at, at + len(line))


def _in_a_row(text: str, shown: Collection[int]) -> Iterator[Listed]:
    """Numbers with commas, semicolons or "and" between them, over line ends too.

    A range such as 10-15 is written out where it is part of a list or stands alone in its line
    (a colon may follow), and where both ends were shown. Elsewhere "10-15 texts" is prose.
    """
    ranges = MOST_RANGES
    run: list[re.Match[str]] = []
    numbers: list[int] = []
    for found in _NUMBER.finditer(text):
        number = int(found.group())
        gap = text[run[-1].end() : found.start()] if run else ""
        if run and len(gap) <= LONGEST_GAP and _GAP.fullmatch(gap):
            pass
        elif run and ranges and _spans(numbers[-1], number, gap, shown):
            ranges -= 1
            numbers += range(numbers[-1] + 1, number)
        else:
            yield from _row(text, run, numbers)
            run, numbers = [], []
        run.append(found)
        numbers.append(number)
    yield from _row(text, run, numbers)


def _spans(first: int, last: int, gap: str, shown: Collection[int]) -> bool:
    return (
        len(gap) <= LONGEST_GAP
        and first in shown
        and last in shown
        and 0 < last - first < len(shown)
        and _RANGE.fullmatch(gap) is not None
    )


def _row(text: str, run: Sequence[re.Match[str]], numbers: Sequence[int]) -> Iterator[Listed]:
    if len(run) < 2:
        return
    start, end = run[0].start(), run[-1].end()
    line_start = text.rfind("\n", 0, start) + 1
    if len(run) == 2 and _RANGE.fullmatch(text[run[0].end() : run[1].start()]):
        before = text[line_start:start]
        if not (_BEFORE_RANGE.fullmatch(before[-80:]) and _AFTER_RANGE.match(text, end)):
            return
    if not _rejected(text, line_start, start):
        yield Listed(tuple(numbers), start, end)


def _rejected(text: str, line_start: int, start: int) -> bool:
    """Whether the words before a list, or the heading above it, set it aside.

    They must begin with it: "Not selected: 3, 4". A sentence that speaks of rejected texts and
    then gives the picks does not.
    """
    words = text[line_start:start][-300:]
    if not any(letter.isalpha() for letter in words):
        above = text[max(0, line_start - 200) : line_start].rstrip()
        words = above[above.rfind("\n") + 1 :]
        if len(words) > 60 or not words.rstrip(" *_").endswith(":"):
            return False
    match = _REJECTED.match(words)
    return match is not None and not _CHOSEN.search(words, match.end() + 10)


def _under_each_other(text: str) -> Iterator[Listed]:
    """Two or more lines in a row that hold a number each and nothing else."""
    run: list[re.Match[str]] = []
    start = end = 0
    for at, line in lines_of(text):
        if not line.strip():
            continue
        bare = _BARE.fullmatch(line) if len(line) <= LONGEST_GAP else None
        if bare is None:
            yield from _column(text, run, start, end)
            run = []
            continue
        start = start if run else at
        end = at + len(line)
        run.append(bare)
    yield from _column(text, run, start, end)


def _column(text: str, run: Sequence[re.Match[str]], start: int, end: int) -> Iterator[Listed]:
    if len(run) > 1 and not _rejected(text, start, start):
        numbers = [int(found.group(1)) for found in run]
        named = any(letter.isalpha() for letter in run[0].group())
        yield Listed(tuple(numbers), start, end, ordinals=not named and all(counting(numbers)))


def _columns(text: str, shown: Collection[int]) -> Iterator[Listed]:
    """The column of each table with bars that names the most numbers that were shown."""
    rows: list[list[str]] = []
    start = end = 0
    for at, line in lines_of(text):
        if line.count("|") < 2:
            yield from _best_column(rows, start, end, shown)
            rows = []
            continue
        start = start if rows else at
        end = at + len(line)
        rows.append(line.strip().strip("|").split("|"))
    yield from _best_column(rows, start, end, shown)


def _best_column(
    rows: Sequence[Sequence[str]], start: int, end: int, shown: Collection[int]
) -> Iterator[Listed]:
    columns: dict[int, list[int]] = {}
    for row in rows:
        for place, cell in enumerate(row):
            if len(cell) <= LONGEST_GAP and (found := _CELL.fullmatch(cell)):
                columns.setdefault(place, []).append(int(found.group(1)))
    ranked = sorted(
        (numbers for _, numbers in sorted(columns.items()) if len(numbers) > 1),
        key=lambda numbers: (all(counting(numbers)), -len(set(numbers).intersection(shown))),
    )
    if ranked:
        yield Listed(tuple(ranked[0]), start, end, "table")
