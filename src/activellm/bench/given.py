"""Candidate sets that a file gives, in place of draws from a pool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from activellm.bench.asked import JUDGED, RECORDED
from activellm.bench.rows import Rows
from activellm.errors import UnknownNameError, UsageError
from activellm.recorded import Session

if TYPE_CHECKING:
    from activellm.bench.grid import Cell

Course: TypeAlias = tuple[tuple[str, ...], ...]
"""The candidates of each round, as ids; a further round goes on with the last one's."""

Opinion: TypeAlias = Mapping[str, Mapping[str, float]]
"""A judge's label probabilities of a set: id -> label -> probability."""


@dataclass(frozen=True, slots=True)
class Run:
    """What an LLM chose in one course: a recorded session a round.

    Attributes:
        draw: Which course.
        llm: Who chose.
        mode: How it was asked.
        select: Picks a round.
        repeat: Which of several runs that are equal in all this.
        sessions: One a round.
        shown: Of each session: number -> id, in the order of its prompt.
    """

    draw: int
    llm: str
    mode: str
    select: int
    repeat: int
    sessions: tuple[Session, ...]
    shown: tuple[Mapping[int, str], ...]


@dataclass(frozen=True)
class Given:
    """Candidate sets, and what LLMs said of them.

    Attributes:
        courses: Draw -> round -> candidates. The same texts in another order are the same.
        listed: Draw -> how many texts its first list shows, copies included.
        runs: Recorded runs.
        judged: Judge -> draw -> its opinion.
        left_out: What of the file cannot be used, as sentences.
    """

    courses: tuple[Course, ...]
    listed: tuple[int, ...]
    runs: tuple[Run, ...] = ()
    judged: Mapping[str, tuple[Opinion, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    @property
    def llms(self) -> tuple[str, ...]:
        """The query models that it answers for, as experiments name them."""
        played = dict.fromkeys(f"{RECORDED}/{run.llm}" for run in self.runs)
        return (*played, *(f"{JUDGED}/{judge}" for judge in self.judged))

    def sizes(
        self, draw: int, select: Sequence[int], rounds: int
    ) -> tuple[tuple[int, int, int], ...]:
        """Candidates, picks and rounds of the cells of one draw.

        Args:
            draw: Which; there may be none of that number.
            select, rounds: As in `Experiment`, for sets without sessions; these have their own.
        """
        if draw >= len(self.courses):
            return ()
        listed, course = self.listed[draw], self.courses[draw]
        if self.runs:
            own = dict.fromkeys(run.select for run in self.runs if run.draw == draw)
            return tuple((listed, picks, len(course)) for picks in own)
        enough = (picks for picks in select if picks * rounds <= len(course[0]))
        return tuple((listed, picks, rounds) for picks in enough)

    def candidates(
        self, draw: int, number: int, select: int, exclude: Collection[str]
    ) -> tuple[str, ...]:
        """What can be picked in round `number`, 1 is the first.

        Raises:
            UsageError: If fewer than `select` are left.
        """
        course = self.courses[draw]
        here = course[min(number, len(course)) - 1]
        left = tuple(id_ for id_ in here if id_ not in exclude)
        if len(left) < select:
            raise UsageError(
                f"{select} picks were asked for, and {len(left)} of the {len(here)} texts that "
                f"round {number} shows are not labelled yet.",
                where="select",
                remedy="Ask for fewer picks or rounds.",
            )
        return left

    def run(self, cell: Cell) -> Run | None:
        """The recorded run that a cell names; None if it names none."""
        wanted = cell.llm, cell.draw, cell.prompt, cell.select, cell.repeat
        for run in self.runs:
            own = f"{RECORDED}/{run.llm}", run.draw, run.mode, run.select, run.repeat
            if own == wanted:
                return run
        return None

    def opinion(self, cell: Cell) -> Opinion | None:
        """What the judge that a cell names said of its candidates; None if it names none."""
        kind, _, judge = cell.llm.partition("/")
        return self.judged[judge][cell.draw] if kind == JUDGED else None

    def content_of(self, cell: Cell) -> list[Any]:
        """What decides a cell's selection beside its candidates' labels: for keys."""
        run = self.run(cell)
        sessions = [one.model_dump(mode="json") for one in run.sessions] if run else []
        return [self.courses[cell.draw], sessions, self.opinion(cell)]


@dataclass(frozen=True)
class GivenTexts:
    """Candidate sets and the texts that they hold.

    Attributes:
        given: The sets.
        rows: Each text with its label, as the data call it.
        labels: All labels that the file knows.
    """

    given: Given
    rows: Rows
    labels: tuple[str, ...]


def check_llms(asked: Iterable[str], given: Iterable[Given]) -> None:
    """Refuse recorded LLMs and judges that no file has.

    Args:
        asked: Query models, as an experiment names them.
        given: What its data sets give.

    Raises:
        UnknownNameError: With those that there are.
    """
    known = {llm for one in given for llm in one.llms}
    for llm in asked:
        kind, slash, _ = llm.partition("/")
        if kind in (RECORDED, JUDGED) and slash and llm not in known:
            raise UnknownNameError(f"{kind} query model", llm, known, where="llm")


def sentences(what: str, left_out: Mapping[tuple[str, str], int]) -> tuple[str, ...]:
    """How many were left out of a file and why.

    Args:
        what: Of what ("sessions").
        left_out: Reason and whose they are -> how many.
    """
    by_reason: dict[str, Counter[str]] = {}
    for (reason, whose), number in left_out.items():
        by_reason.setdefault(reason, Counter())[whose] += number
    return tuple(
        f"{sum(own.values())} {what} left out "
        f"({', '.join(f'{name}: {number}' for name, number in own.items())}): {reason}."
        for reason, own in by_reason.items()
    )
