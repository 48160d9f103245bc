"""Candidate sets from recorded LLM sessions: what each showed, and who chose from it how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from activellm.bench.given import Course, Given, GivenTexts, Run, sentences
from activellm.errors import DataError, UnknownNameError
from activellm.pool import Content
from activellm.pool.identity import content_id, digest
from activellm.recorded import Session, read_sessions

NO_LABEL = "some of their texts have no known label"
NO_TEXT = "some of their texts are empty"
TWICE = "a number stands for two texts"
TOO_MANY = "they ask for more picks than can be picked"
NO_EARLIER = "an earlier round of their run is missing, or asks for another number of picks"


@dataclass(frozen=True, slots=True)
class _Listed:
    """A session whose texts are known.

    Attributes:
        session: Which.
        shown: Number -> id, in the order of the prompt.
    """

    session: Session
    shown: Mapping[int, str]

    @property
    def free(self) -> tuple[str, ...]:
        """The ids of what was not labelled before, each once."""
        taken = {self.shown[number] for number in self.session.taken & self.shown.keys()}
        return tuple(id_ for id_ in dict.fromkeys(self.shown.values()) if id_ not in taken)


class _Reader:
    """Takes sessions in one by one, and keeps the texts of those that can be used."""

    def __init__(
        self, content: Callable[[str, str], Content], label: Callable[[str], str], where: str
    ) -> None:
        self.content, self.label, self.where = content, label, where
        self.texts: dict[str, tuple[Content, str]] = {}
        self.left_out: Counter[tuple[str, str]] = Counter()

    def listed(self, session: Session) -> _Listed | None:
        """The session with its texts' ids; None, counted, if it cannot be used."""
        shown: dict[int, str] = {}
        texts: dict[str, tuple[Content, str]] = {}
        for one in session.instances:
            content = self.content(one.text, f"{self.where}, session {session.id}")
            key = digest(content)
            label = "" if one.label is None else self.label(str(one.label).strip())
            if key is None or not label or one.number in shown:
                reason = NO_TEXT if key is None else NO_LABEL if not label else TWICE
                self.leave_out(reason, session)
                return None
            shown[one.number] = content_id(key)
            texts.setdefault(content_id(key), (content, label))
        self.texts = texts | self.texts  # the first label of a text counts
        return _Listed(session, shown)

    def leave_out(self, reason: str, session: Session) -> None:
        self.left_out[reason, _who(session)] += 1


def read_recorded(
    path: Path,
    tasks: Sequence[str],
    *,
    modes: Sequence[str] = (),
    content: Callable[[str, str], Content],
    label: Callable[[str], str],
) -> GivenTexts:
    """Read the sessions of one data set.

    Sessions that showed the same texts, in whatever order, choose from one candidate set. The
    iterations of a run are the rounds of one course; a run ends before the first that is missing.

    Args:
        path: Recorded sessions (`activellm.recorded.sessions`).
        tasks: What they call the data set.
        modes: How they were asked; empty for all ways.
        content: From a text, and where it stands, to the content; parts pairs.
        label: From a label as the file calls it to that of the task; empty if it is none.

    Raises:
        DataError: If the file cannot be read, or none of its sessions can be used.
        UnknownNameError: If it has no session of one of the tasks.
    """
    reader = _Reader(content, label, str(path))
    known: set[str] = set()
    groups: dict[tuple[object, ...], list[Session]] = {}
    for number, session in enumerate(read_sessions(path)):
        known.add(session.task)
        if session.task in tasks and (not modes or session.mode in modes):
            groups.setdefault(_run_of(session, number), []).append(session)
    for task in tasks:
        if task not in known:
            raise UnknownNameError("session task", task, known, where="session_tasks")
    rounds = [tuple(_rounds(sessions, reader)) for sessions in groups.values()]
    given = _given([one for one in rounds if one], reader)
    if not given.runs:
        raise DataError(" ".join(["No session can be used.", *given.left_out]), where=str(path))
    used = {id_ for run in given.runs for shown in run.shown for id_ in shown.values()}
    rows = [row for id_, row in reader.texts.items() if id_ in used]
    return GivenTexts(given, rows, tuple(sorted({name for _, name in rows})))


def _run_of(session: Session, number: int) -> tuple[object, ...]:
    """The same for the iterations of one run, and for nothing else."""
    if session.iteration is None:
        return (number,)
    return session.task, session.llm, session.mode, session.run


def _rounds(sessions: Sequence[Session], reader: _Reader) -> Iterator[_Listed]:
    """The sessions of a run, as far as each goes on from the one before."""
    before: set[str] = set()
    whole = True
    select = 0
    for number, session in enumerate(sorted(sessions, key=lambda one: one.iteration or 1), start=1):
        select = select or session.n_to_select
        goes_on = (session.iteration or 1) == number and session.n_to_select == select
        if not (whole and goes_on):
            reader.leave_out(NO_EARLIER, session)
            whole = False
            continue
        listed = reader.listed(session)
        if listed is not None and not _enough(listed, number, select, before):
            reader.leave_out(TOO_MANY, session)
            listed = None
        whole = listed is not None
        if listed is not None:
            before |= set(listed.shown.values())
            yield listed


def _enough(listed: _Listed, number: int, select: int, before: set[str]) -> bool:
    """Whether so many are left, whatever was picked in the rounds before."""
    here = set(listed.free if number == 1 else listed.shown.values())
    return len(here) - min((number - 1) * select, len(here & before)) >= select


def _given(rounds: Sequence[tuple[_Listed, ...]], reader: _Reader) -> Given:
    courses: dict[tuple[frozenset[str], ...], int] = {}
    orders: list[Course] = []
    listed: list[int] = []
    repeats: Counter[tuple[int, str, str, int]] = Counter()
    runs = []
    for own in rounds:
        course = tuple(
            one.free if number == 0 else tuple(dict.fromkeys(one.shown.values()))
            for number, one in enumerate(own)
        )
        draw = courses.setdefault(tuple(map(frozenset, course)), len(courses))
        if draw == len(orders):
            orders.append(course)
            listed.append(len(own[0].session.instances))
        first = own[0].session
        same = draw, _who(first), first.mode, first.n_to_select
        sessions, shown = tuple(one.session for one in own), tuple(one.shown for one in own)
        runs.append(Run(*same, repeats[same], sessions, shown))
        repeats[same] += 1
    return Given(
        courses=tuple(orders),
        listed=tuple(listed),
        runs=tuple(runs),
        left_out=sentences("sessions", reader.left_out),
    )


def _who(session: Session) -> str:
    return session.llm or "unknown"
