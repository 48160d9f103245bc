"""How long things take here: from measurements to the time that is left."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from activellm.bench.grid import Cell

Kind: TypeAlias = tuple[str, str, str]
"""Work of which all pieces take about as long: ("train", learner, number of labels) or ("choose",
schedule, query model)."""

Row: TypeAlias = Mapping[str, Any]


def training(successor: str, labels: int) -> Kind:
    """Training a learner on so many labels, and measuring it."""
    return "train", successor, str(labels)


def choosing(schedule: str, llm: str) -> Kind:
    """Choosing for one round."""
    return "choose", schedule, llm


def pieces(cell: Cell) -> Counter[Kind]:
    """All pieces of a cell."""
    found = Counter({choosing(cell.schedule, cell.llm): cell.rounds})
    for name in cell.trained:
        for number in range(1, cell.rounds + 1):
            found[training(name, number * cell.select)] += cell.seeds
    return found


class Pace:
    """Mean seconds of pieces of work, by kind.

    Args:
        choices, scores: What there is, as in `Results`.
    """

    def __init__(self, choices: Iterable[Row] = (), scores: Iterable[Row] = ()) -> None:
        self._sums: dict[Kind, tuple[float, int]] = {}
        for row in (*choices, *scores):
            self.add(row)

    def add(self, row: Row) -> None:
        """Take a result into account: CPU seconds of a training, seconds of a choice."""
        if "fit_cpu_s" in row:
            kind = training(row["successor"], row["labels"])
            seconds = row["fit_cpu_s"] + row["predict_cpu_s"]
        else:
            kind, seconds = choosing(row["schedule"], row["llm"]), row["seconds"]
        for one in _wider(kind):
            total, number = self._sums.get(one, (0.0, 0))
            self._sums[one] = total + seconds, number + 1

    def seconds(self, kind: Kind) -> float | None:
        """Of this kind, or of the learner with other numbers of labels; None if neither is known.

        A schedule is not known by another query model's pace.
        """
        exact, by_name, _ = _wider(kind)
        return self._mean(exact, by_name) if kind[0] == "train" else self._mean(exact)

    def guess(self, kind: Kind) -> float | None:
        """The same; of all learners or schedules where it is not known."""
        return self._mean(*_wider(kind))

    def _mean(self, *kinds: Kind) -> float | None:
        for kind in kinds:
            if kind in self._sums:
                total, number = self._sums[kind]
                return total / number
        return None


def _wider(kind: Kind) -> tuple[Kind, Kind, Kind]:
    """A kind, all of its learner or schedule, and all work of its sort."""
    return kind, (*kind[:2], ""), (kind[0], "", "")


class TimeLeft:
    """How long a run will still take, by what its pieces have taken so far.

    Pieces side by side, and threads, are in the relation of the time that passed to the seconds of
    work that were done in it.

    Args:
        cells: The whole grid.
        pace: What is known of earlier runs; grows.
        clock: Seconds.
    """

    def __init__(
        self, cells: Iterable[Cell], pace: Pace, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.pace, self._clock = pace, clock
        self._left = sum((pieces(cell) for cell in cells), start=Counter[Kind]())
        self._began = clock()
        self._worked = 0.0

    def drop(self, kind: Kind, number: int = 1) -> None:
        """Pieces that need not be done: they are there, or cannot be done."""
        self._left[kind] -= number

    def done(self, kind: Kind, rows: Iterable[Row]) -> None:
        """Pieces that were done in this run, with their results."""
        for row in rows:
            self.pace.add(row)
            self.drop(kind)
            self._worked += self.pace.guess(kind) or 0.0

    def seconds(self) -> float | None:
        """What is left; None before there is anything to tell it by."""
        if not self._worked:
            return None
        left = sum(
            number * (self.pace.guess(kind) or 0.0)
            for kind, number in self._left.items()
            if number > 0
        )
        return left * (self._clock() - self._began) / self._worked
