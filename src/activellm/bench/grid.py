"""The grid's cells: which selections are made, and what is trained on each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

from activellm.bench.asked import JUDGED, RECORDED, asks, judges, kind_of, named, plays
from activellm.bench.experiment import BASE, Experiment
from activellm.bench.given import Given
from activellm.selection import STRATEGIES
from activellm.selection.schedule import Schedule, read_schedule


@dataclass(frozen=True, slots=True)
class Cell:
    """One selection, and the learners that are trained on it.

    Attributes:
        data: The data set's name.
        schedule: The strategy or schedule.
        llm: The query model; "none" where the schedule asks none.
        prompt: The listwise prompt; empty where the schedule takes none, or for its default. The
            mode of a recorded session.
        candidates, select, rounds: As in `Experiment`; of given sets their own.
        draw: Which candidates: the same number means the same ones, for every schedule.
        repeat: Which of several random picks on the same candidates, or of recorded reruns.
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
        """The fields of `Settings` that it sets. A recorded LLM is none that could be asked."""
        recorded = kind_of(self.llm) == RECORDED
        chosen: dict[str, Any] = {
            "schedule": self.schedule,
            "llm": "none" if recorded else self.llm,
            "candidates": self.candidates,
            "select": self.select,
            "rounds": self.rounds,
        }
        return chosen | ({"prompt": self.prompt} if self.prompt and not recorded else {})


def key_of(*parts: Any) -> str:
    """The same for equal content, and only then."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def cells(experiment: Experiment, given: Mapping[str, Given] | None = None) -> Iterator[Cell]:
    """All cells, one draw of everything after the other, so that early results are broad.

    What a schedule does not use makes no difference to it: a strategy that asks no query model is
    run once, not once for each. What cannot answer a schedule makes no cell with it.

    Args:
        experiment: The grid.
        given: Candidate sets, for those of its data sets that give some.
    """
    given = given or {}
    schedules = list(dict.fromkeys((BASE, *experiment.strategies)))
    draws = max([experiment.draws, *(len(own.courses) for own in given.values())])
    for draw, entry in product(range(draws), experiment.data):
        own = given.get(entry.called)
        for size, schedule in product(_sizes(experiment, own, draw), schedules):
            for way in _ways(experiment, schedule, own, draw, size[1]):
                candidates, select, rounds = size
                yield Cell(
                    data=entry.called,
                    schedule=schedule,
                    candidates=candidates,
                    select=select,
                    rounds=rounds,
                    draw=draw,
                    seeds=experiment.seeds,
                    **way,
                )


def _sizes(experiment: Experiment, own: Given | None, draw: int) -> list[tuple[int, int, int]]:
    """Candidates, picks and rounds."""
    if own is not None:
        return list(own.sizes(draw, experiment.select, experiment.rounds))
    return [
        (candidates, select, experiment.rounds)
        for candidates, select in product(experiment.candidates, experiment.select)
        if select <= candidates and draw < experiment.draws
    ]


def _ways(
    experiment: Experiment, schedule: str, own: Given | None, draw: int, select: int
) -> Iterator[dict[str, Any]]:
    """A schedule's query models, prompts, repeats and learners, as far as it uses them."""
    read = read_schedule(schedule)
    needs = {need for name in read.names for need in STRATEGIES.get(name, where="strategies").needs}
    if asks(read):
        asked = _asked(experiment, read, own, draw, select)
    else:
        repeats = range(experiment.base_draws if schedule == BASE else 1)
        asked = (("none", "", repeat) for repeat in repeats)
    for llm, prompt, repeat in asked:
        way = {"llm": llm, "prompt": prompt, "repeat": repeat}
        if "successor" in needs:
            yield from (
                way | {"successor": one, "trained": (one,)} for one in experiment.successors
            )
        else:
            yield way | {"successor": "", "trained": experiment.successors}


def _asked(
    experiment: Experiment, schedule: Schedule, own: Given | None, draw: int, select: int
) -> Iterator[tuple[str, str, int]]:
    """The query models that a schedule can ask, with its prompts, and recorded reruns."""
    prompts = (experiment.prompts or ("",)) if "listwise" in schedule.names else ("",)
    real = [llm for llm in experiment.llm if not kind_of(llm)]
    yield from ((llm, prompt, 0) for llm, prompt in product(real, prompts))
    there = named(experiment.llm, own.llms) if own else ()
    if own and plays(schedule):
        for run in own.runs:
            if (run.draw, run.select) == (draw, select) and f"{RECORDED}/{run.llm}" in there:
                yield f"{RECORDED}/{run.llm}", run.mode, run.repeat
    if own and judges(schedule):
        yield from ((llm, "", 0) for llm in there if kind_of(llm) == JUDGED)
