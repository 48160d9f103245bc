"""Run a table's experiments, each in its own file and folder, and read what they found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from activellm.bench.executors import Executor
from activellm.bench.paper.experiments import Part, write_experiment
from activellm.bench.paper.measured import Measured, measured
from activellm.bench.paper.study import Table
from activellm.bench.paper.ways import RECORDED
from activellm.bench.results import Results, Row
from activellm.bench.running import Ran, run
from activellm.bench.workshop import Workshop
from activellm.progress import Progress, silent


@dataclass(frozen=True)
class Place:
    """Where a part of a table is kept.

    Attributes:
        part: Which.
        file: Its experiment file.
    """

    part: Part
    file: Path

    @property
    def results(self) -> Path:
        """The folder of its results, where `activellm bench run` keeps them too."""
        return self.file.with_suffix(".bench")


def places(table: Table, parts: Sequence[Part], file: Path) -> list[Place]:
    """Where the parts of a table are kept: the first in the file, others beside it.

    Args:
        table: Which.
        parts: Its experiments.
        file: The first one's file, such as main.toml; the others are main-NAME.toml.
    """
    return [
        Place(part, file if number == 0 else file.with_stem(f"{file.stem}-{part.study.name}"))
        for number, part in enumerate(parts)
    ]


def run_part(
    place: Place, executor: Callable[[Workshop], Executor], progress: Progress = silent
) -> Ran:
    """Do what is missing of one of a table's experiments.

    Args:
        place: Which, and where it is kept.
        executor: Gives who does the jobs.
        progress: Told how far it is.
    """
    write_experiment(place.part.experiment, place.file)
    workshop = Workshop(place.part.experiment, place.file.parent, place.results)
    workshop.check()
    return run(workshop, Results(place.results), executor(workshop), progress)


def read_table(table: Table, kept: Sequence[Place]) -> list[Measured]:
    """What all parts of a table have found so far."""
    rows = [row | {"part": one.part.study.name} for one in kept for row in _rows(one)]
    return measured(table.name, rows, seed=kept[0].part.experiment.seed)


def _rows(place: Place) -> list[Row]:
    """Its measurements; of recorded sessions those of the modes that it is about."""
    modes, successors = place.part.study.modes, place.part.experiment.successors
    return [
        row
        for row in Results(place.results).scores()
        if row["successor"] in successors
        and (not modes or not row["llm"].startswith(RECORDED) or row["prompt"] in modes)
    ]
