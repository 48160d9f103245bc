"""An experiment in one TOML file: what is compared with what, on which data, how often."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from activellm.bench.asked import check_stored
from activellm.bench.entry import DataEntry
from activellm.errors import DataError, UsageError
from activellm.selection import STRATEGIES, open_strategy
from activellm.settings import Settings
from activellm.task import Label, Task

Names: TypeAlias = tuple[str, ...]

BASE = "random"
"""What every strategy is compared with, on the same candidates."""


class Experiment(BaseModel):
    """A grid: every combination of its lists is run.

    Attributes:
        name: What it is called.
        data: Data sets.
        strategies: Query strategies or schedules, as for --schedule ("coverage*2, bald"). Random
            picking is always run too.
        llm: Query models, for the strategies that ask one. "recorded/NAME" plays the recorded
            sessions of a data set, by listwise; "judged/NAME" its stored judgements, for strategies
            that judge. "recorded" and "judged" mean all that there are.
        llm_batch: Whether those that take batches are asked by batches: half the price, answers
            within a day. What all cells ask first is then asked together.
        prompts: Listwise prompts, for strategies that take one; none for each one's default.
        candidates: How many texts one selection looks at (the paper's batch size).
        select: How many of them are labelled.
        rounds: How many rounds; each is measured. Recorded sessions have candidates, select and
            rounds of their own.
        successors: Learners, as for --successor ("finetune(epochs=25)").
        encoder: Their encoder, and the embeddings'.
        draws: How often candidates are drawn anew. Every strategy gets the same candidates. Where
            sets are given, each is a draw, and all are used.
        base_draws: How often random picking is repeated on the same candidates.
        seeds: How often a learner is trained on the same labels.
        seed: Decides all that is random.
        device: Where learners and embeddings compute.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    data: tuple[DataEntry, ...] = Field(min_length=1)
    strategies: Names = Field(min_length=1)
    llm: Names = ("none",)
    llm_batch: bool = False
    prompts: Names = ()
    candidates: tuple[int, ...] = (200,)
    select: tuple[int, ...] = (32,)
    rounds: int = Field(default=1, ge=1)
    successors: Names = ("linear",)
    encoder: str = "embedded"
    draws: int = Field(default=20, ge=1)
    base_draws: int = Field(default=1, ge=1)
    seeds: int = Field(default=1, ge=1)
    seed: int = Field(default=0, ge=0, lt=2**32)
    device: str = "auto"

    @field_validator("llm", "prompts", "strategies", "successors", "candidates", "select")
    @classmethod
    def _each_once(cls, values: tuple[Any, ...]) -> tuple[Any, ...]:
        if len({*values}) < len(values):
            raise ValueError("something is named twice")
        return values

    @model_validator(mode="after")
    def _tellable(self) -> Experiment:
        names = [entry.called for entry in self.data]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two data sets are called {twice[0]!r}: give one of them a name")
        return self

    def check(self) -> None:
        """Refuse what cannot work before anything is computed.

        Raises:
            UsageError: For unknown names and options that cannot be, and for schedules that begin
                with a strategy that goes on from labels.
        """
        for schedule in self.strategies:
            settings = self.settings(schedule=schedule, llm=self.llm[0])
            first = settings.strategies.entry(1).name
            if STRATEGIES.get(first).needs & {"labels", "successor"}:
                raise UsageError(
                    f"{first!r} goes on from labels, and in the first round there are none.",
                    where="strategies",
                    remedy=f"Schedule another one before it: 'random, {schedule}'.",
                )
            for entry in settings.strategies.entries:
                if entry.options:
                    open_strategy(entry.name, **entry.options)
        check_stored(
            self.llm,
            self.strategies,
            sessions=any(entry.sessions for entry in self.data),
            judgements=any(entry.judgements for entry in self.data),
        )
        for successor in self.successors:
            self._check_successor(successor)

    def _check_successor(self, written: str) -> None:
        from activellm.encoders.names import is_local
        from activellm.successors import SUCCESSORS, asks_model, make_successor, read_successor

        name, options = read_successor(written)
        SUCCESSORS.check(name, where="successors")
        if options and is_local(self.encoder) and not asks_model(name):
            task = Task(description="any", labels=(Label(name="a"), Label(name="b")))
            make_successor(name, task, seed=0, encoder=self.encoder, **options)

    def settings(self, **cell: Any) -> Settings:
        """The settings of one cell of the grid.

        Raises:
            UsageError: For names that do not exist or combinations that cannot be.
        """
        settings = Settings.build(
            where=self.name, encoder=self.encoder, device=self.device, seed=self.seed, **cell
        )
        settings.check_names()
        return settings


def read_experiment(path: Path) -> Experiment:
    """Read an experiment file.

    Raises:
        DataError: If it cannot be read, or what it says cannot be; it names the entry.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError("There is no such file.", where=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"Cannot read it: {error}.", where=str(path)) from None
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"This is no TOML: {error}.", where=str(path)) from None
    try:
        return Experiment.model_validate({"name": path.stem, **values})
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        words = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            kind = DataEntry if problem["loc"][0] == "data" else Experiment
            words = f"there is no such entry. Known: {', '.join(kind.model_fields)}"
        raise DataError(f"{place or 'experiment'}: {words}.", where=str(path)) from None
