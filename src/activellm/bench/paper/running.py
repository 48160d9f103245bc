"""Run a table's experiments, each in its own file and folder, and read what they found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from activellm.bench.executors import Executor
from activellm.bench.paper.experiments import Part, write_experiment
from activellm.bench.paper.measured import Measured, measured
from activellm.bench.paper.study import Table
from activellm.bench.results import Results, Row
from activellm.bench.running import Ran, run
from activellm.bench.workshop import Workshop
from activellm.progress import Progress, silent

IDLE = 0.1
"""From this part of its trainings on, it is told of a learner that it learned nothing in them."""


@dataclass(frozen=True)
class Kept:
    """A part of a table, and where it is kept.

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


def places(table: Table, parts: Sequence[Part], folder: Path) -> list[Kept]:
    """Where a table's parts are kept, whichever of them there are: TABLE-STUDY.toml each.

    Args:
        table: Which.
        parts: Its experiments.
        folder: Their folder.
    """
    return [Kept(one, folder / f"{table.name}-{one.study.name}.toml") for one in parts]


def named(parts: Sequence[Part], file: Path) -> list[Kept]:
    """Parts under a name that the user gives: the first in that file, others beside it."""
    return [
        Kept(part, file if number == 0 else file.with_stem(f"{file.stem}-{part.study.name}"))
        for number, part in enumerate(parts)
    ]


@dataclass(frozen=True)
class Finished:
    """What became of a part of a table.

    Attributes:
        part: Which.
        ran: What was done and what was there.
        rows: Its measurements, and no others that its folder may hold.
        told: What to know of its data sets.
        left_out: What of recorded sessions cannot be used.
    """

    part: Part
    ran: Ran
    rows: tuple[Row, ...]
    told: tuple[str, ...]
    left_out: tuple[str, ...]


def run_part(
    place: Kept, executor: Callable[[Workshop], Executor], progress: Progress = silent
) -> Finished:
    """Do what is missing of one of a table's experiments.

    Args:
        place: Which, and where it is kept.
        executor: Gives who does the jobs.
        progress: Told how far it is.
    """
    experiment = place.part.experiment
    write_experiment(experiment, place.file)
    workshop = Workshop(experiment, place.file.parent, place.results)
    workshop.check()
    results = Results(place.results)
    ran = run(workshop, results, executor(workshop), progress)
    data = [workshop.data(entry.called) for entry in experiment.data]
    return Finished(
        part=place.part,
        ran=ran,
        rows=tuple(_own(results.scores(), workshop)),
        told=tuple(one.told()[0] for one in data),
        left_out=tuple(
            f"{one.name}: {told}" for one in data if one.given for told in one.given.left_out
        ),
    )


def read_table(table: Table, finished: Sequence[Finished]) -> list[Measured]:
    """What all parts of a table have found."""
    rows = [row | {"part": one.part.study.name} for one in finished for row in one.rows]
    return measured(table.name, rows, seed=finished[0].part.experiment.seed)


def idle(finished: Sequence[Finished]) -> dict[str, str]:
    """Learner -> in how many of its trainings it came to answer one label to every text.

    Single ones are not told: selections of one label only are no fault of the learner.
    """
    trained: Counter[str] = Counter()
    one_label: Counter[str] = Counter()
    for row in (row for one in finished for row in one.rows):
        trained[row["successor"]] += 1
        one_label[row["successor"]] += row.get("matthews") == 0.0  # then there is no correlation
    return {
        name: f"In {number} of {trained[name]} trainings this learner came to answer one label to "
        "every text. Such trainings cannot tell selections apart: train it longer, or take another."
        for name, number in one_label.items()
        if number >= IDLE * trained[name]
    }


def _own(rows: Iterable[Row], workshop: Workshop) -> Iterator[Row]:
    """The experiment's own measurements: its folder also keeps those of other settings."""
    experiment = workshop.experiment
    choices = {workshop.choice_key(cell) for cell in workshop.cells()}
    for row in rows:
        asked = row["successor"] in experiment.successors and row["seed"] < experiment.seeds
        if asked and row["choice"] in choices:
            yield row
