"""How well recorded answers are read: our reading beside what people took down by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from activellm.errors import DataError
from activellm.progress import Progress, silent
from activellm.recorded.sessions import Session, read_sessions
from activellm.selection.answer import Reading, read_answer
from activellm.selection.health import no_selection

_ROW = re.compile(r"(?:\d+\s*[,;]\s*){4,}\d+")
_TABLE = re.compile(r"^\s*\|.*\|\s*$", re.MULTILINE)
_ITEM = re.compile(r"^\W*(?:[A-Za-z]+\W*)?\d+\W", re.MULTILINE)
_BARE = re.compile(r"^\s*\d+\s*,?\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Tally:
    """How answers of one kind were read.

    Attributes:
        answers: How many there are.
        compared: Those for which people took down a list.
        exact: Those of them that read as exactly that list, in its order. Numbers of it that were
            not shown, or were labelled before, do not count: nothing may pick them.
        found: Mean share of that list that was found, over the compared ones; None if there are
            none.
        by_found: How many of the compared ones have so large a share found: none, below half, half
            and more, all but not exactly, exactly.
        no_selection: Those that are no choice (first n, a grid, the labelled ones restated).
    """

    answers: int
    compared: int
    exact: int
    found: float | None
    by_found: tuple[int, int, int, int, int]
    no_selection: int


@dataclass(frozen=True, slots=True)
class Difference:
    """An answer that does not read exactly as the list that people took down.

    Attributes:
        id: The session.
        llm, relation, shape: What it is.
        reason: One of "no list taken", "nothing read", "another list", "too few read",
            "other order", "more read".
        explanation: A sentence for people.
        found: Share of the list that was found; None if there is no list.
        read: How many picks were read.
        rule: By which rule.
    """

    id: str
    llm: str
    relation: str
    shape: str
    reason: str
    explanation: str
    found: float | None
    read: int
    rule: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """How the answers of a file are read, in all and by LLM, relation and shape."""

    all: Tally
    by_llm: dict[str, Tally]
    by_relation: dict[str, Tally]
    by_shape: dict[str, Tally]
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class _Checked:
    """One session, read."""

    session: Session
    reading: Reading
    shape: str
    wanted: tuple[int, ...] | None
    flaw: str

    @property
    def exact(self) -> bool:
        return self.wanted is not None and self.reading.numbers == self.wanted

    @property
    def found(self) -> float | None:
        if not self.wanted:
            return None
        return len(set(self.wanted) & set(self.reading.numbers)) / len(self.wanted)


def check_recordings(path: Path, *, progress: Progress = silent) -> CheckReport:
    """Read every answer of a file, and compare with the lists that people took down.

    Args:
        path: Recorded sessions (`activellm.recorded.sessions`).
        progress: Told after each.

    Raises:
        DataError: If the file cannot be read, holds no session, or a line is none.
    """
    checked = []
    for session in read_sessions(path):
        checked.append(_check(session))
        progress("Reading answers", len(checked), None)
    if not checked:
        raise DataError("It holds no recorded session.", where=str(path))
    return CheckReport(
        all=_tally(checked),
        by_llm=_by(checked, lambda one: one.session.llm or "unknown"),
        by_relation=_by(checked, lambda one: one.session.authors_list_relation or "unknown"),
        by_shape=_by(checked, lambda one: one.shape),
        differences=tuple(_difference(one) for one in checked if not one.exact),
    )


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


def _check(session: Session) -> _Checked:
    reading = read_answer(session.answer, session.shown, session.n_to_select, taken=session.taken)
    order = {one.number: place for place, one in enumerate(session.instances, start=1)}
    named = read_answer(session.answer, session.shown, session.n_to_select).numbers
    taken = [order[number] for number in session.taken if number in order]
    readings = (reading.numbers, named)  # with `taken` in mind, and whatever was named
    flaws = (
        no_selection([order[number] for number in one], len(order), taken_places=taken)
        for one in readings
    )
    flaw = next((one for one in flaws if one), "")
    return _Checked(session, reading, shape_of(session), _wanted(session), flaw)


def _wanted(session: Session) -> tuple[int, ...] | None:
    """What people took down and may be picked; None if they took no list."""
    given = session.authors_list_used
    if given is None:
        given = session.authors_list
    if not given:
        return None
    usable = session.shown - session.taken
    return tuple(number for number in dict.fromkeys(given) if number in usable)


def _tally(checked: Sequence[_Checked]) -> Tally:
    compared = [one for one in checked if one.wanted is not None]
    shares = [one.found for one in compared if one.found is not None]
    bins = [0, 0, 0, 0, 0]
    for one in compared:
        bins[_bin(one)] += 1
    return Tally(
        answers=len(checked),
        compared=len(compared),
        exact=sum(one.exact for one in compared),
        found=sum(shares) / len(shares) if shares else None,
        by_found=(bins[0], bins[1], bins[2], bins[3], bins[4]),
        no_selection=sum(bool(one.flaw) for one in checked),
    )


def _bin(one: _Checked) -> int:
    if one.exact:
        return 4
    share = one.found or 0.0
    return 3 if share == 1 else 2 if share >= 0.5 else 1 if share > 0 else 0


def _by(checked: Iterable[_Checked], key: Callable[[_Checked], str]) -> dict[str, Tally]:
    groups: dict[str, list[_Checked]] = {}
    for one in checked:
        groups.setdefault(key(one), []).append(one)
    return {name: _tally(groups[name]) for name in sorted(groups)}


def _difference(one: _Checked) -> Difference:
    reason, explanation = _why(one)
    return Difference(
        id=one.session.id,
        llm=one.session.llm,
        relation=one.session.authors_list_relation,
        shape=one.shape,
        reason=reason,
        explanation=explanation,
        found=one.found,
        read=len(one.reading.numbers),
        rule=one.reading.rule,
    )


def _why(one: _Checked) -> tuple[str, str]:
    read, wanted = one.reading.numbers, one.wanted
    if wanted is None:
        return "no list taken", f"People took no list down; {len(read)} picks are read."
    if not read:
        return "nothing read", "The answer names no number that was shown where picks stand."
    missing = [number for number in wanted if number not in read]
    other = [number for number in read if number not in wanted]
    if not missing and not other:
        return "other order", "The same picks in another order."
    if not missing:
        return "more read", f"All of the list, and {len(other)} more that people left out."
    if not other:
        absent = [n for n in missing if not re.search(rf"(?<!\d){n}(?!\d)", one.session.answer)]
        where = f"; {len(absent)} of them are nowhere in the answer" if absent else ""
        return "too few read", f"{len(missing)} of the list are not read{where}."
    return (
        "another list",
        f"{len(missing)} of the list are not read, and {len(other)} others are.",
    )
