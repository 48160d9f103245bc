"""Simulate settings: on splits of a labelled part, or on data sets of an experiment file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from activellm.bench.datasets import DataEntry
from activellm.bench.executors import on_this_machine
from activellm.bench.experiment import Experiment, read_experiment
from activellm.bench.results import Results
from activellm.bench.running import Ran, run
from activellm.bench.tuning.labelled import LabelledPart, written
from activellm.bench.tuning.likeness import Traits, traits_of_data
from activellm.bench.tuning.request import Request
from activellm.bench.tuning.sizes import Sizes
from activellm.bench.tuning.values import Values, values_of
from activellm.bench.workshop import Workshop
from activellm.errors import ActiveLLMError, UsageError
from activellm.files import write_text
from activellm.pool import Content
from activellm.progress import Progress, silent
from activellm.seeding import generator
from activellm.selection import STRATEGIES
from activellm.selection.schedule import read_schedule
from activellm.task import Answer

OWN, LIKE, SPLITS = "own", "like", "splits"
"""Folders: results on the user's texts, on data sets like them, and the split texts."""


@dataclass(frozen=True)
class Simulated:
    """What a simulation found.

    Attributes:
        values: The measurements of all data sets.
        ran: What was done now.
        traits: The data sets', where they are not splits.
        left_out: What could not be simulated and why.
    """

    values: Values
    ran: Ran
    traits: tuple[Traits, ...] = ()
    left_out: tuple[str, ...] = ()


def grid(request: Request, entries: Sequence[DataEntry], sizes: Sizes | None = None) -> Experiment:
    """The experiment that tries the settings on data sets; checked.

    Raises:
        UsageError: For unknown names, and settings that cannot be.
    """
    experiment = Experiment(
        name="tune",
        data=tuple(entries),
        strategies=request.strategies,
        llm=(request.llm,),
        candidates=sizes.candidates if sizes else request.candidates,
        select=sizes.select if sizes else request.select,
        successors=request.successors,
        encoder=request.encoder,
        draws=1 if sizes else request.draws_like,
        seed=request.seed,
        device=request.device,
    )
    experiment.check()
    return experiment


def check_names(request: Request) -> None:
    """Refuse what cannot be run on any data set.

    Raises:
        UsageError: For unknown names, settings that cannot be, and a query model that is not named.
    """
    grid(request, [DataEntry(pool="none", description="none")])
    for schedule in request.strategies if request.llm == "none" else ():
        for name in read_schedule(schedule).names:
            if "model" in STRATEGIES.get(name).needs:
                raise UsageError(
                    f"{name!r} asks a query model, and none is named.",
                    where="--strategy",
                    remedy="Name one with --llm, such as --llm embedded.",
                )


def simulate_own(
    part: LabelledPart,
    sizes: Sizes,
    request: Request,
    folder: Path,
    *,
    workers: int = 1,
    progress: Progress = silent,
) -> Simulated:
    """Try the settings on the labelled part; a draw splits it anew, so that test texts vary too."""
    entries = [_entry(part, f"split {draw:03}") for draw in range(request.draws)]
    experiment = grid(request, entries, sizes)
    own = folder / OWN
    (own / SPLITS).mkdir(parents=True, exist_ok=True)
    for draw, entry in enumerate(entries):
        order = generator(request.seed, "tune", draw).permutation(len(part.rows)).tolist()
        _write_split(part, sizes, own, entry, order)
    values, ran = _measured(Workshop(experiment, own, own), workers, progress)
    return Simulated(values, ran)


def simulate_like(
    file: Path, request: Request, folder: Path, *, workers: int = 1, progress: Progress = silent
) -> Simulated:
    """Try the settings on the data sets of an experiment file."""
    entries = read_experiment(file).data
    probe = Workshop(grid(request, entries), file.parent, None)
    most = max(request.candidates)
    small = [one.called for one in entries if len(probe.data(one.called).pool) < most]
    kept = [one for one in entries if one.called not in small]
    if not kept:
        raise UsageError(
            f"All data sets have fewer than {most} pool texts.",
            where=str(file),
            remedy="Try fewer --candidates.",
        )
    own = folder / LIKE
    own.mkdir(parents=True, exist_ok=True)
    workshop = Workshop(grid(request, kept), file.parent, own)
    values, ran = _measured(workshop, workers, progress)
    said = (f"{', '.join(small)} left out: fewer than {most} pool texts.",) if small else ()
    traits = tuple(traits_of_data(probe.data(one.called)) for one in kept)
    return Simulated(values, ran, traits, said)


def read_results(folder: Path, file: Path | None) -> tuple[Values, tuple[Traits, ...]]:
    """An earlier experiment's results, and what its data sets are like, where its file is there."""
    values = values_of(Results(folder).scores())
    if file is None:
        return values, ()
    experiment = read_experiment(file)
    workshop = Workshop(experiment, file.parent, None)
    measured = {unit for own in values.table.values() for found in own.values() for unit in found}
    names = [one.called for one in experiment.data if one.called in measured]
    return values, tuple(traits_of_data(workshop.data(name)) for name in names)


def _measured(workshop: Workshop, workers: int, progress: Progress) -> tuple[Values, Ran]:
    """Do what is missing. What the folder holds of other labels or settings is not counted."""
    folder = workshop.folder or workshop.base
    results = Results(folder)
    ran = run(workshop, results, on_this_machine(workshop, workers), progress)
    if ran.failed:
        reason, times = next(iter(ran.failed.items()))
        raise ActiveLLMError(f"{times} measurements failed: {reason}", where=str(folder))
    wanted = {workshop.choice_key(cell): cell.trained for cell in workshop.cells()}
    scores = (row for row in results.scores() if row["successor"] in wanted.get(row["choice"], ()))
    return values_of(scores), ran


def _entry(part: LabelledPart, name: str) -> DataEntry:
    pair = part.task.pair
    return DataEntry(
        name=name,
        pool=f"{SPLITS}/{name}.pool.jsonl",
        test=f"{SPLITS}/{name}.test.jsonl",
        text="text",
        text_b="text_b" if pair else None,
        description=part.task.description,
        labels={one.name: one.definition for one in part.task.labels},
        multi=part.task.multi,
    )


def _write_split(
    part: LabelledPart, sizes: Sizes, folder: Path, entry: DataEntry, order: Sequence[int]
) -> None:
    parts = {entry.test: order[: sizes.test], entry.pool: order[sizes.test :][: sizes.pool]}
    for name, places in parts.items():
        text = "".join(_line(*part.rows[place]) for place in places)
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_text(path, text)


def _line(content: Content, answer: Answer) -> str:
    one, other = (content, None) if isinstance(content, str) else content
    texts = {"text": one} if other is None else {"text": one, "text_b": other}
    return json.dumps({**texts, "label": written(answer)}, ensure_ascii=False) + "\n"
