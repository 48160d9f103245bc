"""What the cells of one experiment share in one process: data sets, encoder, query models."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from activellm.bench.asked import is_asked, kind_of
from activellm.bench.datasets import DataSet, open_data
from activellm.bench.experiment import Experiment
from activellm.bench.given import Given, check_llms
from activellm.bench.grid import Cell, cells, key_of
from activellm.bench.paying import paying
from activellm.bench.stored_judge import StoredJudge
from activellm.bench.vectors import bench_encoder
from activellm.encoders import Encoder, open_encoder
from activellm.errors import DataError
from activellm.llm.guard import Guard
from activellm.llm.providers import takes_batches
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

    def cells(self) -> Iterator[Cell]:
        """All cells of the experiment, those of given candidate sets among them.

        Raises:
            UnknownNameError: If a recorded LLM or a judge is asked for that no data set has.
        """
        return cells(self.experiment, self.given)

    @cached_property
    def given(self) -> dict[str, Given]:
        """The candidate sets of the data sets that give some.

        Raises:
            UnknownNameError: As `cells`.
        """
        names = [entry.called for entry in self.experiment.data if entry.gives_sets]
        found = {name: given for name in names if (given := self.data(name).given) is not None}
        check_llms(self.experiment.llm, found.values())
        return found

    def check(self) -> None:
        """Read all data sets, and refuse query models that answer from a file and are in none.

        Raises:
            DataError: If a data set cannot be used.
            UnknownNameError: As `cells`.
        """
        for entry in self.experiment.data:
            self.data(entry.called)
        _ = self.given

    def candidates(self, cell: Cell, number: int, exclude: Collection[str]) -> tuple[str, ...]:
        """What a cell's round looks at: the same for every schedule, less what is labelled.

        Args:
            cell: Which.
            number: The round, 1 is the first.
            exclude: The ids that are labelled.

        Raises:
            UsageError: If fewer are left than are to be picked.
        """
        data = self.data(cell.data)
        if data.given is not None:
            return data.given.candidates(cell.draw, number, cell.select, exclude)
        return draw_for_round(
            data.pool,
            SAMPLERS.get("random")(),
            self.rng(cell, "candidates", number),
            candidates=cell.candidates,
            select=cell.select,
            exclude=exclude,
        )

    def into(self, folder: Path | None) -> Workshop:
        """The same with another folder for calls and embeddings; data sets stay open."""
        other = Workshop(self.experiment, self.base, folder, self.max_cost)
        other.data, other.fingerprint = self.data, self.fingerprint
        return other

    def tools(self, cell: Cell, successor: str = "") -> Tools:
        """What a cell chooses and trains with. Its seed is its own, so that repeats differ.

        Args:
            cell: Which.
            successor: The learner; by default the one that its schedule asks.
        """
        data = self.data(cell.data)
        shared = self._shared("none" if kind_of(cell.llm) else cell.llm)
        asked = successor or cell.successor or cell.trained[0]
        settings = self.experiment.settings(**cell.settings, successor=asked)
        seed = int(self.rng(cell, "choice", cell.repeat).integers(2**31))
        tools = Tools(data.task, settings.changed(seed=seed), self.folder)
        if tools.reads_encoder:
            tools.encoder = self.encoder
        tools.guard = shared.guard
        if shared.has_model:
            tools.model = shared.model
        if (opinion := data.given.opinion(cell) if data.given else None) is not None:
            examples = data.pool.examples(list(opinion))
            tools.model = StoredJudge(cell.llm, data.task, examples, opinion)
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
        return key_of(cell.choice, *decided_by, *self.data(cell.data).content_of(cell))

    def rng(self, cell: Cell, *purpose: str | int) -> np.random.Generator:
        """A random stream that depends on the data set and the draw, not on the schedule."""
        return generator(self.experiment.seed, "bench", cell.data, cell.draw, *purpose)

    @cached_property
    def encoder(self) -> Encoder:
        """Embeds each text once for the experiment."""
        experiment = self.experiment
        opened = open_encoder(experiment.encoder, device=experiment.device)
        return bench_encoder(opened, self.folder)

    def _data(self, name: str) -> DataSet:
        entry = next((one for one in self.experiment.data if one.called == name), None)
        if entry is None:
            raise DataError("The experiment does not name it any more.", where=name)
        return open_data(entry, self.base, self.experiment.seed)

    def _first_tools(self, llm: str) -> Tools:
        first = self.experiment.data[0].called
        batch = self.experiment.llm_batch and takes_batches(llm)
        settings = self.experiment.settings(llm=llm, llm_batch=batch, max_cost=self.max_cost)
        tools = Tools(self.data(first).task, settings, self.folder)
        self._guard = tools.guard = self._guard or tools.guard
        return tools
