"""What the selections of an experiment would ask query models, question by question."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from activellm.bench.grid import Cell
from activellm.bench.workshop import Workshop
from activellm.errors import ActiveLLMError
from activellm.llm.budget import BudgetError
from activellm.llm.estimates import NOTHING, Estimate, estimate
from activellm.llm.recording import recording_key
from activellm.selection import Labelled
from activellm.selection.expense import for_later, seconds_for
from activellm.selection.plan import Plan, Planned
from activellm.tools import Tools

MOST_PLANNED = 60
"""Cells of which every question is looked at; more are counted like the mean of their kind."""


@dataclass(frozen=True)
class Asked:
    """What one query model would be asked by one schedule.

    Attributes:
        llm, schedule: Which.
        calls: New ones, repeats and recorded ones not counted.
        recorded: Calls that are answered from the recordings.
        most: Tokens and dollars at the most; dollars None if the price is unknown.
        seconds: A rough guess of how long that takes.
        runs_here: Whether the model does.
    """

    llm: str
    schedule: str
    calls: int
    recorded: int
    most: Estimate
    seconds: float
    runs_here: bool


@dataclass
class _Sum:
    """What the cells of one kind ask, so far."""

    cells: int = 0
    calls: int = 0
    recorded: int = 0
    most: Estimate = NOTHING
    seconds: float = 0.0
    runs_here: bool = True
    unplanned: int = 0

    def add(self, calls: int, recorded: int, most: Estimate, seconds: float) -> None:
        self.calls += calls
        self.recorded += recorded
        self.most += most
        self.seconds += seconds


@dataclass
class Asking:
    """Adds up what cells ask. A question that several ask is asked once.

    Attributes:
        workshop: The experiment's.
    """

    workshop: Workshop
    _sums: dict[tuple[str, str], _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    _seen: set[str] = field(default_factory=set)
    _problems: Counter[str] = field(default_factory=Counter)

    def add(self, cell: Cell) -> None:
        """Count what a cell's selection asks.

        Raises:
            BudgetError: If there is a cost limit and the price of its query model is unknown.
        """
        own = self._sums[cell.llm, cell.schedule]
        if sum(one.cells for one in self._sums.values()) >= MOST_PLANNED and own.cells:
            own.unplanned += 1
            return
        try:
            tools = self.workshop.tools(cell)
            for plan in _plans(self.workshop, cell, tools):
                self._count(own, plan, tools)
        except BudgetError:
            raise
        except ActiveLLMError as error:
            self._problems[str(error)] += 1
        own.cells += 1

    def asked(self) -> tuple[Asked, ...]:
        """The sums, by query model and schedule."""
        found = []
        for (llm, schedule), own in self._sums.items():
            share = 1 + own.unplanned / own.cells if own.cells else 1.0
            cost = own.most.cost_most
            most = Estimate(
                round(own.most.prompt_tokens * share),
                round(own.most.completion_tokens_most * share),
                None if cost is None else cost * share,
            )
            found.append(
                Asked(
                    llm=llm,
                    schedule=schedule,
                    calls=round(own.calls * share),
                    recorded=own.recorded,
                    most=most,
                    seconds=own.seconds * share,
                    runs_here=own.runs_here,
                )
            )
        return tuple(found)

    def notes(self) -> tuple[str, ...]:
        """Why some selections are not counted."""
        return tuple(f"{times} not counted: {why}" for why, times in self._problems.items())

    def _count(self, own: _Sum, plan: Plan, tools: Tools) -> None:
        new, recorded = [], 0
        for question in plan.questions:
            key = _key(question)
            if key in self._seen:
                continue
            self._seen.add(key)
            if self._is_recorded(key):
                recorded += 1
            else:
                new.append(question)
        known = [_most(question, tools) for question in new]
        later, most = 0, sum(known, start=NOTHING)
        if new or not plan.questions:
            later = sum(one.calls for one in plan.later)
            most += for_later(plan, [_most(question, tools) for question in plan.questions])
        models = [*{id(one.model): one.model for one in new}.values()]
        own.runs_here = own.runs_here and all(model.runs_here for model in models)
        seconds = seconds_for(models, most, len(new) + later)
        own.add(len(new) + later, recorded, most, seconds)

    def _is_recorded(self, key: str) -> bool:
        folder: Path | None = self.workshop.folder
        return folder is not None and (folder / "recordings" / f"{key}.json").exists()


def _plans(workshop: Workshop, cell: Cell, tools: Tools) -> Iterator[Plan]:
    """Of each round; later ones as if the first candidates of those before had been picked."""
    data, labelled = workshop.data(cell.data), list[Labelled]()
    for number in range(1, cell.rounds + 1):
        ids = workshop.candidates(cell, number, {one.example.id for one in labelled})
        examples = data.pool.examples(ids)
        yield tools.plan(examples, labelled, cell.select, number=number)
        labelled += [Labelled(one, data.answer(one.id)) for one in examples[: cell.select]]


def _key(question: Planned) -> str:
    return recording_key(
        question.model,
        question.messages,
        max_tokens=question.max_tokens,
        seed=question.seed,
        json_schema=question.json_schema,
        continuations=question.continuations,
    )


def _most(question: Planned, tools: Tools) -> Estimate:
    price = tools.price(question.model)
    return estimate(
        question.model,
        question.messages,
        question.max_tokens,
        price,
        json_schema=question.json_schema,
    )
