"""The rules by which an answer is read: which of its numbers are the picks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from activellm.selection.answers.edits import edited
from activellm.selection.answers.json_lists import json_picks
from activellm.selection.answers.lines import Item, explanations_in_lines, items, mentions
from activellm.selection.answers.lists import Listed, listed
from activellm.selection.answers.numbers import numbers_in, without_foreign_ids
from activellm.selection.answers.turns import Turn, turns
from activellm.selection.contract import Dropped

LONGEST_EXPLANATION = 300
"""Characters of the LLM's own words that are kept with a pick."""

MOST_DROPPED = 500
"""So many dropped numbers are kept with their reasons; the last entry counts the others."""

LEAST = 10
"""Fewer than a tenth of the wanted picks are no answer."""

SURE = frozenset({"list", "table", "json", "groups", "items", "mentions", "numbers"})
"""Rules that can find exactly what was asked for."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read from an answer.

    Attributes:
        numbers: Distinct numbers that were shown, in the answer's order, at most as many as wanted.
        dropped: What was read as a pick and is none, with the reason.
        rule: How they were found: "list", "table", "json", "groups", "items", "mentions",
            "numbers", "short list", "turns" (put together from several turns) or "nothing".
        missing: How many of the wanted picks the answer does not give.
    """

    numbers: tuple[int, ...]
    dropped: tuple[Dropped, ...] = ()
    rule: str = "nothing"
    missing: int = 0


@dataclass(frozen=True, slots=True)
class _Question:
    """What an answer is read for."""

    shown: frozenset[int]
    taken: frozenset[int]
    wanted: int

    @property
    def valid(self) -> frozenset[int]:
        return self.shown - self.taken


@dataclass(frozen=True, slots=True)
class _Shapes:
    """The places of one turn where picks may stand."""

    text: str
    lists: tuple[Listed, ...]
    items: tuple[Item, ...]

    @property
    def proper(self) -> list[Listed]:
        """The lists that do not only count lines."""
        return [one for one in self.lists if not one.ordinals]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Numbers that a rule has found."""

    rule: str
    numbers: Sequence[int]
    end: int = -1


def read_answer(
    text: str, shown: Collection[int], wanted: int, *, taken: Collection[int] = ()
) -> Reading:
    """Find the picks in an answer, be it words, JSON, or a conversation of several turns.

    In one turn, the first of these rules that fits speaks: the last list (in a row, under each
    other, in a column of a table, in JSON) with at least as many valid numbers as wanted; several
    lists, one number a line, one mention a line, or simply all numbers, if they are exactly as
    many; separate lists for groups; the last list with at least half of them; then, whatever there
    is. "Replace 7 with 9" behind the list is carried out.

    Of several turns the last complete one counts; later turns of which more was asked, or that
    answer with other numbers, fill up an incomplete one.

    Args:
        text: The answer, as it came.
        shown: The numbers that were shown to the LLM.
        wanted: How many picks are wanted.
        taken: Numbers that must not be picked again, though they were shown.

    Returns:
        Never a number that was not shown or is taken, never one twice, never more than wanted.
    """
    question = _Question(frozenset(shown), frozenset(taken), wanted)
    reading = Reading((), missing=wanted)
    for turn in turns(without_foreign_ids(text, question.shown)):
        reading = _after(reading, turn, question)
    return reading


def explanations(text: str, numbers: Collection[int]) -> dict[int, str]:
    """What the LLM itself said of each number: in the line that it begins, or beside it in JSON."""
    in_json = json_picks(text, numbers)
    named = [one for _, several in in_json.lists for one in several]
    found: dict[int, str] = {}
    for number, words in (*named, *explanations_in_lines(_masked(text, in_json.spans))):
        if number in numbers and words.strip():
            found.setdefault(number, " ".join(words.split())[:LONGEST_EXPLANATION])
    return found


def _after(so_far: Reading, turn: Turn, question: _Question) -> Reading:
    """What is read when a further turn is heard."""
    fresh = _read_turn(turn.text, question)
    if not so_far.numbers or (not fresh.missing and fresh.rule in SURE):
        return fresh
    half = len(fresh.numbers) * 2 >= question.wanted
    if so_far.missing and half and not turn.asked_for_more:
        return fresh
    whole = f"{turn.request}\n{turn.text}"
    numbers = edited(so_far.numbers, whole, question.valid, question.wanted)
    if numbers != list(so_far.numbers):
        return _with(so_far, numbers, question, "turns")
    if not so_far.missing:
        return so_far
    more = _read_turn(
        turn.text,
        replace(
            question,
            taken=question.taken.union(so_far.numbers),
            wanted=so_far.missing,
        ),
    )
    return _with(so_far, [*so_far.numbers, *more.numbers], question, "turns", more.dropped)


def _with(
    reading: Reading,
    numbers: Sequence[int],
    question: _Question,
    rule: str,
    dropped: tuple[Dropped, ...] = (),
) -> Reading:
    if list(numbers) == list(reading.numbers):
        return reading
    return Reading(tuple(numbers), reading.dropped + dropped, rule, question.wanted - len(numbers))


def _read_turn(text: str, question: _Question) -> Reading:
    shapes = _shapes(text, question.shown)
    few = (one for one in _loose(shapes, question) if _enough(one, question))
    for candidate in chain(_exact(shapes, question), few):
        reading = _checked(candidate, question)
        if candidate.end < 0 or candidate.rule == "json":
            return reading
        numbers = edited(
            reading.numbers, shapes.text[candidate.end :], question.valid, question.wanted
        )
        return _with(reading, numbers, question, reading.rule)
    return Reading((), missing=question.wanted)


def _shapes(text: str, shown: Collection[int]) -> _Shapes:
    in_json = json_picks(text, shown)
    words = _masked(text, in_json.spans)
    lists = [*(one for one, _ in in_json.lists), *listed(words, shown)]
    lists.sort(key=lambda one: (one.end, one.start))
    return _Shapes(words, tuple(lists), tuple(items(words)))


def _masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with line ends in place of its JSON, as long as before."""
    pieces, last = [], 0
    for start, end in spans:
        pieces += [text[last:start], "\n" * (end - start)]
        last = end
    return "".join([*pieces, text[last:]])


def _exact(shapes: _Shapes, question: _Question) -> Iterable[_Candidate]:
    """Rules that find at least, or exactly, as many as wanted."""
    valid, wanted = question.valid, question.wanted
    if full := _last(shapes.proper, valid, wanted):
        yield _Candidate(full.rule, full.numbers, full.end)
    together = _together(shapes.proper)
    if together and len(valid.intersection(together.numbers)) == wanted:
        yield together
    each = [item.number for item in shapes.items]
    if len(valid.intersection(each)) == wanted:
        yield _Candidate("items", each)
    mentioned = mentions(shapes.text)
    if len(valid.intersection(mentioned)) == wanted:
        yield _Candidate("mentions", mentioned)
    every = numbers_in(shapes.text)
    if len(every) == len(valid.intersection(every)) == wanted:
        yield _Candidate("numbers", every)
    if counted := _last(shapes.lists, valid, wanted):
        yield _Candidate(counted.rule, counted.numbers, counted.end)


def _loose(shapes: _Shapes, question: _Question) -> Iterable[_Candidate]:
    """Rules for answers that hold too few, or more than one list could be meant.

    What names mostly numbers that were not shown speaks of something else, and is left out.
    """
    lists = [one for one in shapes.proper if _ours(one.numbers, question.shown)]
    each = [item.number for item in shapes.items]
    each = each if _ours(each, question.shown) else []
    usable = len(question.valid.intersection(each))
    half = _last(lists, question.valid, (question.wanted + 1) // 2)
    together = _together(lists)
    if together and _are_groups(lists, question):
        yield together
    if usable > question.wanted and (half is None or half.end < shapes.items[-1].at):
        yield _Candidate("items", each)
    if half:
        yield _Candidate("json" if half.rule == "json" else "short list", half.numbers, half.end)
    if usable > 1 or usable == len(each) == 1:
        yield _Candidate("items", each)
    mentioned = mentions(shapes.text)
    if question.valid.intersection(mentioned) and _ours(mentioned, question.shown):
        yield _Candidate("mentions", mentioned)
    if together and question.valid.intersection(together.numbers):
        yield together
    if usable:
        yield _Candidate("items", each)


def _last(lists: Sequence[Listed], valid: Collection[int], least: int) -> Listed | None:
    """The last list that holds at least so many distinct valid numbers."""
    for one in reversed(lists):
        if least and len(set(one.numbers).intersection(valid)) >= least:
            return one
    return None


def _together(lists: Sequence[Listed]) -> _Candidate | None:
    """All lists as one, each number where it comes first."""
    numbers = list(dict.fromkeys(number for one in lists for number in one.numbers))
    rule = "json" if lists and all(one.rule == "json" for one in lists) else "groups"
    return _Candidate(rule, numbers, lists[-1].end) if numbers else None


def _are_groups(lists: Sequence[Listed], question: _Question) -> bool:
    """Whether lists are parts of one selection: no number in two, no part nearly all of it."""
    sizes = [len(question.valid.intersection(one.numbers)) for one in lists]
    distinct = len(question.valid.intersection(number for one in lists for number in one.numbers))
    largest = max(sizes)
    return (
        sum(sizes) == distinct
        and largest * 4 < question.wanted * 3
        and distinct > largest
        and distinct * 2 >= question.wanted
    )


def _enough(candidate: _Candidate, question: _Question) -> bool:
    """Whether it may be an answer at all; one number of 32 is a word in a sentence."""
    return len(question.valid.intersection(candidate.numbers)) * LEAST >= question.wanted


def _ours(numbers: Sequence[int], shown: Collection[int]) -> bool:
    return sum(number in shown for number in numbers) * 2 >= len(numbers)


def _checked(candidate: _Candidate, question: _Question) -> Reading:
    numbers: dict[int, None] = {}
    dropped: list[Dropped] = []
    faults = 0
    for number in candidate.numbers:
        why = _fault(number, numbers, question)
        if not why:
            numbers[number] = None
            continue
        faults += 1
        if faults < MOST_DROPPED:
            dropped.append(Dropped(str(number), why))
    if faults >= MOST_DROPPED:
        dropped.append(Dropped("...", f"{faults - len(dropped)} more numbers are no picks"))
    missing = question.wanted - len(numbers)
    return Reading(tuple(numbers), tuple(dropped), candidate.rule, missing)


def _fault(number: int, numbers: Collection[int], question: _Question) -> str:
    if number not in question.shown:
        return "was not shown"
    if number in question.taken:
        return "is chosen already"
    if number in numbers:
        return "was named twice"
    if len(numbers) == question.wanted:
        return f"is one more than the {question.wanted} wanted"
    return ""
