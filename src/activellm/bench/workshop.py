"""What the cells of one experiment share in one process: data sets, encoder, query models."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from activellm.bench.datasets import DataSet, open_data
from activellm.bench.experiment import Experiment, is_asked
from activellm.bench.grid import Cell, cells, key_of
from activellm.bench.paying import paying
from activellm.bench.vectors import WholeLists
from activellm.encoders import open_encoder
from activellm.llm.guard import Guard
from activellm.pool.sampling import SAMPLERS, draw_for_round
from activellm.seeding import generator
from activellm.tools import Tools


class Workshop:
    """Opens everything once.

    Args:
        experiment: What is run.
        base: What its paths are relative to.
        folder: Where LLM calls and embeddings are kept; None keeps nothing.
        max_cost: US dollars that query models may cost in all, in this folder; None for no limit.
    """

    def __init__(
        self,
        experiment: Experiment,
        base: Path,
        folder: Path | None = None,
        max_cost: float | None = None,
    ) -> None:
        self.experiment, self.base, self.folder = experiment, base, folder
        self.max_cost = max_cost
        self._guard: Guard | None = None
        self.data = cache(self._data)
        self.fingerprint = cache(lambda name: self.data(name).fingerprint())
        self._shared = cache(self._first_tools)

    def into(self, folder: Path | None) -> Workshop:
        """The same with another folder for calls and embeddings; data sets stay open."""
        other = Workshop(self.experiment, self.base, folder, self.max_cost)
        other.data, other.fingerprint = self.data, self.fingerprint
        return other

    def cells(self) -> Iterator[Cell]:
        """All cells of the experiment."""
        return cells(self.experiment)

    def candidates(self, cell: Cell, number: int, exclude: Collection[str]) -> tuple[str, ...]:
        """What a cell's round looks at: the same for every schedule, less what is labelled.

        Args:
            cell: Which.
            number: The round, 1 is the first.
            exclude: The ids that are labelled.

        Raises:
            UsageError: If fewer are left than are to be picked.
        """
        return draw_for_round(
            self.data(cell.data).pool,
            SAMPLERS.get("random")(),
            self.rng(cell, "candidates", number),
            candidates=cell.candidates,
            select=cell.select,
            exclude=exclude,
        )

    def tools(self, cell: Cell, successor: str = "") -> Tools:
        """What a cell chooses and trains with. Its seed is its own, so that repeats differ.

        Args:
            cell: Which.
            successor: The learner; by default the one that its schedule asks.
        """
        shared = self._shared(cell.llm)
        asked = successor or cell.successor or cell.trained[0]
        settings = self.experiment.settings(**cell.settings, successor=asked)
        seed = int(self.rng(cell, "choice", cell.repeat).integers(2**31))
        tools = Tools(self.data(cell.data).task, settings.changed(seed=seed), self.folder)
        tools.encoder, tools.guard = self._encoder, shared.guard
        if shared.has_model:
            tools.model = shared.model
        return tools

    def asks(self, cell: Cell) -> AbstractContextManager[object]:
        """To be held while a cell's work may ask its query model: keeps all processes to one limit.

        Where there is a limit on the cost, one process at a time asks a model that may cost
        something, after it has read what the others have spent.
        """
        if self.max_cost is None or self.folder is None or not is_asked(cell.llm):
            return nullcontext()
        tools = self._shared(cell.llm)
        return nullcontext() if tools.model.runs_here else paying(tools.guard, self.folder)

    def choice_key(self, cell: Cell) -> str:
        """The same for selections that everything that decides them is equal of."""
        experiment = self.experiment
        decided_by = experiment.seed, experiment.encoder, self.fingerprint(cell.data)
        return key_of(cell.choice, *decided_by)

    def rng(self, cell: Cell, *purpose: str | int) -> np.random.Generator:
        """A random stream that depends on the data set and the draw, not on the schedule."""
        return generator(self.experiment.seed, "bench", cell.data, cell.draw, *purpose)

    @cached_property
    def _encoder(self) -> WholeLists:
        experiment = self.experiment
        return WholeLists(open_encoder(experiment.encoder, device=experiment.device), self.folder)

    def _data(self, name: str) -> DataSet:
        entry = next(one for one in self.experiment.data if one.called == name)
        return open_data(entry, self.base, self.experiment.seed)

    def _first_tools(self, llm: str) -> Tools:
        first = self.experiment.data[0].called
        settings = self.experiment.settings(llm=llm, max_cost=self.max_cost)
        tools = Tools(self.data(first).task, settings, self.folder)
        self._guard = tools.guard = self._guard or tools.guard
        return tools
