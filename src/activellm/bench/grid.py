"""The grid's cells: which selections are made, and what is trained on each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

from activellm.bench.experiment import BASE, Experiment
from activellm.selection import STRATEGIES
from activellm.selection.schedule import read_schedule


@dataclass(frozen=True, slots=True)
class Cell:
    """One selection, and the learners that are trained on it.

    Attributes:
        data: The data set's name.
        schedule: The strategy or schedule.
        llm: The query model; "none" where the schedule asks none.
        prompt: The listwise prompt; empty where the schedule takes none, or for its default.
        candidates, select, rounds: As in `Experiment`.
        draw: Which candidates: the same number means the same ones, for every schedule.
        repeat: Which of several random picks on the same candidates.
        successor: The learner that the schedule itself asks; empty where it asks none.
        trained: Learners to train on the picks.
        seeds: Training seeds of each.
    """

    data: str
    schedule: str
    llm: str
    prompt: str
    candidates: int
    select: int
    rounds: int
    draw: int
    repeat: int
    successor: str
    trained: tuple[str, ...]
    seeds: int

    @property
    def choice(self) -> dict[str, Any]:
        """What decides the selection, without what is trained on it."""
        return {
            name: value for name, value in asdict(self).items() if name not in ("trained", "seeds")
        }

    @property
    def settings(self) -> dict[str, Any]:
        """The fields of `Settings` that it sets."""
        chosen: dict[str, Any] = {
            "schedule": self.schedule,
            "llm": self.llm,
            "candidates": self.candidates,
            "select": self.select,
            "rounds": self.rounds,
        }
        return chosen | ({"prompt": self.prompt} if self.prompt else {})


def key_of(*parts: Any) -> str:
    """The same for equal content, and only then."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def cells(experiment: Experiment) -> Iterator[Cell]:
    """All cells, one draw of everything after the other, so that early results are broad.

    What a schedule does not use makes no difference to it: a strategy that asks no query model is
    run once, not once for each.
    """
    sizes = [
        (candidates, select)
        for candidates, select in product(experiment.candidates, experiment.select)
        if select <= candidates
    ]
    schedules = list(dict.fromkeys((BASE, *experiment.strategies)))
    for draw, entry, (candidates, select) in product(
        range(experiment.draws), experiment.data, sizes
    ):
        for schedule in schedules:
            repeats = experiment.base_draws if schedule == BASE else 1
            for way, repeat in product(_ways(experiment, schedule), range(repeats)):
                yield Cell(
                    data=entry.called,
                    schedule=schedule,
                    candidates=candidates,
                    select=select,
                    rounds=experiment.rounds,
                    draw=draw,
                    repeat=repeat,
                    seeds=experiment.seeds,
                    **way,
                )


def _ways(experiment: Experiment, schedule: str) -> Iterator[dict[str, Any]]:
    """A schedule's query models, prompts and learners, as far as it uses them."""
    names = read_schedule(schedule).names
    needs = {need for name in names for need in STRATEGIES.get(name, where="strategies").needs}
    asks = "model" in needs or "auto" in names
    llms = experiment.llm if asks else ("none",)
    prompts = (experiment.prompts or ("",)) if "listwise" in names else ("",)
    for llm, prompt in product(llms, prompts):
        way = {"llm": llm, "prompt": prompt}
        if "successor" in needs:
            yield from (
                way | {"successor": one, "trained": (one,)} for one in experiment.successors
            )
        else:
            yield way | {"successor": "", "trained": experiment.successors}
