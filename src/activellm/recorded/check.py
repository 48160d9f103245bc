"""How well recorded answers are read: our reading beside what people took down by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from activellm.errors import DataError
from activellm.progress import Progress, silent
from activellm.recorded.sessions import Session, read_sessions
from activellm.recorded.shapes import shape_of
from activellm.selection.answer import Reading, read_answer
from activellm.selection.health import no_selection


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
        trimmed: Those of the exact ones whose list holds such numbers.
        emptied: Those of the trimmed ones whose list holds nothing else: read as no picks at all.
        no_selection: Those that are no choice (first n, a grid, the labelled ones restated).
    """

    answers: int
    compared: int
    exact: int
    found: float | None
    by_found: tuple[int, int, int, int, int]
    trimmed: int
    emptied: int
    no_selection: int


@dataclass(frozen=True, slots=True)
class Difference:
    """An answer that does not read as the very list that people took down.

    Those that do but for numbers that nothing may pick are among them.

    Attributes:
        id: The session.
        llm, relation, shape: What it is.
        reason: One of "no list taken", "unusable numbers" (exact but for numbers that were not
            shown or are labelled already), "not shown" (most of the list was not), "names ids"
            (of the data set, in place of numbers), "nothing read", "too few read", "other order",
            "more read", "another list".
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
    def trimmed(self) -> bool:
        return self.exact and self.session.taken_down != self.wanted

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
        differences=tuple(_difference(one) for one in checked if one.trimmed or not one.exact),
    )


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
    if not session.taken_down:
        return None
    usable = session.shown - session.taken
    return tuple(number for number in dict.fromkeys(session.taken_down) if number in usable)


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
        trimmed=sum(one.trimmed for one in checked),
        emptied=sum(one.trimmed and not one.wanted for one in checked),
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
    session, read, wanted = one.session, one.reading.numbers, one.wanted
    if wanted is None:
        return "no list taken", f"People took no list down; {len(read)} picks are read."
    given = set(session.taken_down or ())
    unknown = len(given - session.shown)
    if one.exact:
        again = len(given & session.shown & session.taken)
        return (
            "unusable numbers",
            f"Read exactly, but for {unknown} numbers that were not shown and {again} that are "
            "labelled already: nothing may pick them.",
        )
    if unknown * 2 > len(given):
        return (
            "not shown",
            f"{unknown} of the list were not shown; {len(read)} picks are read where it stands.",
        )
    if not read:
        return "nothing read", "The answer names no number that was shown where picks stand."
    return _compared(session, read, wanted)


def _compared(session: Session, read: Sequence[int], wanted: Sequence[int]) -> tuple[str, str]:
    missing = [number for number in wanted if number not in read]
    other = [number for number in read if number not in wanted]
    if not missing and not other:
        return "other order", "The same picks in another order."
    if not missing:
        return "more read", f"All of the list, and {len(other)} more that people left out."
    if other:
        return (
            "another list",
            f"{len(missing)} of the list are not read, and {len(other)} others are.",
        )
    absent = [number for number in missing if not _holds(session.answer, number)]
    ids = {one.number: one.id for one in session.instances}
    if absent and all(_holds(session.answer, ids[number]) for number in absent):
        return "names ids", f"{len(absent)} of the list stand there by their data set's ids only."
    where = f"; {len(absent)} of them are nowhere in the answer" if absent else ""
    return "too few read", f"{len(missing)} of the list are not read{where}."


def _holds(answer: str, name: int | str | None) -> bool:
    if name is None or name == "":
        return False
    return re.search(rf"(?<!\w){re.escape(str(name))}(?!\w)", answer) is not None
