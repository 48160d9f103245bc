"""Do some cells of an experiment again, and compare with what was found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from activellm.bench.experiment import Experiment
from activellm.bench.facts import Machine, read_facts, this_machine
from activellm.bench.grid import Cell
from activellm.bench.jobs import Choosing, Done, Scoring, do, scorings
from activellm.bench.replay import Replay
from activellm.bench.results import Results, Row
from activellm.progress import Progress, silent
from activellm.seeding import generator

METRICS = ("accuracy", "macro_f1", "matthews")

Verdict: TypeAlias = Literal["same", "differs", "not verifiable"]


@dataclass(frozen=True, slots=True)
class Checked:
    """A cell that was done again.

    Attributes:
        cell: Which.
        verdict: Whether everything was equal to the digit.
        measured: How many of its measurements were repeated.
        findings: What differs and by how much, or why it cannot be said.
    """

    cell: Cell
    verdict: Verdict
    measured: int
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of it.

    Attributes:
        checked: The sample.
        cells: How many cells there were to draw from.
        foreign: Selections in the folder that are none of its experiment file's.
        changed: How this machine differs from each that results were made on; empty if none does.
    """

    checked: tuple[Checked, ...]
    cells: int
    foreign: int
    changed: tuple[dict[str, tuple[str, str]], ...]

    @property
    def differing(self) -> int:
        """How many cells differ."""
        return sum(one.verdict == "differs" for one in self.checked)


def verify(
    experiment: Experiment,
    base: Path,
    folder: Path,
    scratch: Path,
    *,
    number: int,
    seed: int = 0,
    progress: Progress = silent,
) -> Verified:
    """Draw cells, choose and train again, and compare.

    Query models are not asked: their answers come from the folder's recordings. Embeddings are
    computed anew.

    Args:
        experiment, base: As for `Workshop`.
        folder: The experiment's results; only read.
        scratch: An empty folder for embeddings.
        number: How many cells.
        seed: Decides which.
        progress: Told how many are done.
    """
    results = Results(folder)
    scores = _by(results.scores(), "choice")
    rounds = _by(results.choices(), "key")
    workshop = Replay(experiment, base, scratch, folder / "recordings")
    keyed = {workshop.choice_key(cell): cell for cell in workshop.cells()}
    there = [key for key, cell in keyed.items() if len(rounds.get(key, ())) == cell.rounds]
    order = generator(seed, "bench", "verify").permutation(len(there))[:number]
    checked = []
    for done, index in enumerate(sorted(order.tolist()), start=1):
        key = there[index]
        checked.append(_check(workshop, keyed[key], rounds[key], scores.get(key, ())))
        progress("Cells", done, len(order))
    return Verified(
        checked=tuple(checked),
        cells=len(there),
        foreign=len(rounds.keys() - keyed.keys()),
        changed=_changed(read_facts(folder).machines, this_machine()),
    )


def _check(workshop: Replay, cell: Cell, rounds: Sequence[Row], scores: Sequence[Row]) -> Checked:
    workshop.missing.clear()
    chosen = do(Choosing(cell), workshop)
    if problem := _problem(chosen, workshop):
        return Checked(cell, "not verifiable", 0, (problem,))
    findings = [*_other_picks(rounds, chosen)]
    stored = {(row["round"], row["successor"], row["seed"]): row for row in scores}
    measured = 0
    every = max((row["seed"] for row in scores), default=0) + 1
    for job in scorings(replace(cell, seeds=every), rounds):
        row = stored.get((job.round, job.successor, job.seed))
        if row is None:
            continue
        again = do(job, workshop)
        if problem := _problem(again, workshop):
            return Checked(cell, "not verifiable", measured, (problem,))
        measured += 1
        findings += _other_numbers(job, row, again.rows[0])
    return Checked(cell, "differs" if findings else "same", measured, tuple(findings))


def _problem(done: Done, workshop: Replay) -> str:
    """Why a job says nothing; a strategy may have made do without an answer that it wanted."""
    if workshop.missing:
        return f"{len(workshop.missing)} answers of {workshop.missing[0]} are not recorded."
    return done.error


def _other_picks(rounds: Iterable[Row], chosen: Done) -> Iterable[str]:
    """Rounds whose picks, or the candidates before them, are others now."""
    new = {row["round"]: row for row in chosen.rows}
    for row in sorted(rounds, key=lambda one: int(one["round"])):
        for what in ("candidates", "picks"):
            old, now = [*row[what]], [*new[row["round"]][what]]
            if old != now:
                shared = len({*old} & {*now})
                order = ", in another order" if shared == len(old) == len(now) else ""
                yield f"round {row['round']}: {shared} of {len(old)} {what} are the same{order}"


def _other_numbers(job: Scoring, old: Row, new: Row) -> Iterable[str]:
    for metric in METRICS:
        if metric in old and old[metric] != new.get(metric):
            difference = new[metric] - old[metric]
            yield (
                f"round {job.round}, {job.successor}, seed {job.seed}: {metric} is "
                f"{new[metric]:.6f}, was {old[metric]:.6f} ({difference:+.6f})"
            )


def _changed(made_on: Iterable[Machine], here: Machine) -> tuple[dict[str, tuple[str, str]], ...]:
    return tuple(found for one in made_on if one.versions and (found := one.changed(here)))


def _by(rows: Iterable[Row], name: str) -> Mapping[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found
