"""The table of votes: which ballot named which pick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from activellm.report.ballots import CastBallot, counted_ballots
from activellm.report.facts import RoundFacts
from activellm.report.tables import PickRow
from activellm.report.words import plural
from activellm.selection.contract import Ballot


@dataclass(frozen=True, slots=True)
class VoteCell:
    """A pick that a ballot named: its place in the answer and in the prompt, 1 is the first."""

    rank: int
    place: int


@dataclass(frozen=True, slots=True)
class VoteRow:
    """One pick with the ballots that named it; None for those that did not."""

    row: PickRow
    votes: int
    cells: tuple[VoteCell | None, ...]


@dataclass(frozen=True, slots=True)
class ModelColumns:
    """The columns of one model: their numbers for people ("1 to 4")."""

    model: str
    numbers: str


@dataclass(frozen=True, slots=True)
class VoteTable:
    """Who voted for which pick.

    Attributes:
        columns: The ballots that were counted.
        models: Which columns are whose.
        rows: The picks, most votes first.
        unpicked: Texts that were named and still not picked.
    """

    columns: tuple[CastBallot, ...]
    models: tuple[ModelColumns, ...]
    rows: tuple[VoteRow, ...]
    unpicked: int

    @property
    def sentence(self) -> str:
        """How far the ballots name the same, in a sentence."""
        of = len(self.columns)
        every = sum(one.votes == of for one in self.rows)
        who = "both ballots" if of == 2 else f"all {of} ballots"
        picks = plural(len(self.rows), "pick")
        said = f"{every or 'None'} of the {picks} {_were(every)} named by {who}"
        if not self.unpicked:
            return f"{said}."
        more = plural(self.unpicked, "further text")
        return f"{said}; {more} {_were(self.unpicked)} named, but not picked."


def vote_table(one: RoundFacts, rows: Sequence[PickRow]) -> VoteTable | None:
    """The votes of a round; None where fewer than two ballots on the same texts were counted.

    Args:
        one: The round.
        rows: The report's rows of picks, of all rounds.
    """
    columns = counted_ballots(one.selection.health)
    if len(columns) < 2:
        return None
    where = [_cells(column.ballot) for column in columns]
    mine = [row for row in rows if row.round == one.number]
    found = []
    for row in mine:
        cells = tuple(places.get(row.pick.id) for places in where)
        found.append(VoteRow(row, sum(cell is not None for cell in cells), cells))
    named = {id for column in columns for id in column.ballot.named}
    return VoteTable(
        columns=columns,
        models=tuple(
            ModelColumns(model, _span([c.number for c in columns if c.ballot.model == model]))
            for model in dict.fromkeys(column.ballot.model for column in columns)
        ),
        rows=tuple(sorted(found, key=lambda one: -one.votes)),
        unpicked=len(named - {row.pick.id for row in mine}),
    )


def _cells(ballot: Ballot) -> dict[str, VoteCell]:
    return {
        id: VoteCell(rank, place)
        for rank, (id, place) in enumerate(zip(ballot.named, ballot.places, strict=True), start=1)
    }


def _were(number: int) -> str:
    return "was" if number < 2 else "were"


def _span(numbers: Sequence[int]) -> str:
    """Write 1, 2, 3, 4 as "1 to 4"; all of them where some are missing."""
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]} to {numbers[-1]}"
    return ", ".join(map(str, numbers))
