"""What the cells of one experiment share in one process: data sets, encoder, query models."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path

import numpy as np

from activellm.bench.datasets import DataSet, open_data
from activellm.bench.experiment import Experiment
from activellm.bench.grid import Cell, key_of
from activellm.bench.vectors import bench_encoder
from activellm.encoders import Encoder, open_encoder
from activellm.seeding import generator
from activellm.tools import Tools


class Workshop:
    """Opens everything once.

    Args:
        experiment: What is run.
        base: What its paths are relative to.
        folder: Where LLM calls and embeddings are kept; None keeps nothing.
    """

    def __init__(self, experiment: Experiment, base: Path, folder: Path | None = None) -> None:
        self.experiment, self.base, self.folder = experiment, base, folder
        self.data = cache(self._data)
        self.fingerprint = cache(lambda name: self.data(name).fingerprint())
        self._shared = cache(self._first_tools)

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

    def choice_key(self, cell: Cell) -> str:
        """The same for selections that everything that decides them is equal of."""
        experiment = self.experiment
        decided_by = experiment.seed, experiment.encoder, self.fingerprint(cell.data)
        return key_of(cell.choice, *decided_by)

    def rng(self, cell: Cell, *purpose: str | int) -> np.random.Generator:
        """A random stream that depends on the data set and the draw, not on the schedule."""
        return generator(self.experiment.seed, "bench", cell.data, cell.draw, *purpose)

    @cached_property
    def _encoder(self) -> Encoder:
        experiment = self.experiment
        opened = open_encoder(experiment.encoder, device=experiment.device)
        return bench_encoder(opened, self.folder)

    def _data(self, name: str) -> DataSet:
        entry = next(one for one in self.experiment.data if one.called == name)
        return open_data(entry, self.base, self.experiment.seed)

    def _first_tools(self, llm: str) -> Tools:
        first = self.experiment.data[0].called
        settings = self.experiment.settings(llm=llm)
        return Tools(self.data(first).task, settings, self.folder)
