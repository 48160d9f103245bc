"""What the logs of the paper's authors say: `numbers.toml`, and how sure those numbers are."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from pydantic import BaseModel, ConfigDict

RANDOM = "random"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Block(_Part):
    """Numbers of one way of choosing; the file says how it is written.

    Attributes:
        table: The table that they belong to.
        way: The way of choosing.
        task: The data set; empty where `by_task` names several.
        labels: Numbers of labels.
        mean: In step with `labels`, per cent.
        by_task: Data set -> mean and standard deviation over seeds.
        seeds_sd: Standard deviation over seeds, of each number of labels or of all.
        run_means: One mean a run; empty for one run.
        per_seed: One value a seed, where they are kept.
        seeds: Training seeds of a run that differ.
        epochs: Of training.
    """

    table: str
    way: str
    task: str = ""
    labels: int | tuple[int, ...]
    mean: float | tuple[float, ...] = ()
    by_task: dict[str, tuple[float, float]] = {}
    seeds_sd: float | tuple[float, ...] | None = None
    run_means: tuple[float, ...] = ()
    per_seed: tuple[float, ...] = ()
    seeds: int = 5
    epochs: int = 25


class Caution(_Part):
    """What a reader of some numbers must know.

    Attributes:
        table, task, way, labels: Which numbers; what is empty speaks of all.
        void: Whether they do not measure what they are called.
        text: In one sentence.
    """

    table: str
    task: str = ""
    way: str = ""
    labels: tuple[int, ...] = ()
    void: bool = False
    text: str

    def concerns(self, task: str, way: str, labels: int) -> bool:
        """Whether it speaks of a number of its table."""
        return (
            self.task in ("", task)
            and self.way in ("", way)
            and (not self.labels or labels in self.labels)
        )


@dataclass(frozen=True, slots=True)
class Reported:
    """One number of the logs.

    Attributes:
        mean: Per cent; Matthews' correlation times 100 on CoLA, else accuracy.
        seeds_sd: Standard deviation over training seeds; None where it is not known.
        run_means: One mean a run; empty for a single run.
        seeds: Training seeds of a run that differ.
    """

    mean: float
    seeds_sd: float | None
    run_means: tuple[float, ...]
    seeds: int

    def __str__(self) -> str:
        spread = "" if self.seeds_sd is None else f" ± {self.seeds_sd:.1f}"
        runs = f"{len(self.run_means)} runs" if self.run_means else "one run"
        return f"{self.mean:.1f}{spread} ({runs})"


@dataclass(frozen=True, slots=True)
class Claim:
    """By how much a way is ahead of random picking in the logs, in points.

    Attributes:
        difference: The way's mean minus random's.
        noise: Half of the 95 % interval that the logs' own repetitions give it: over runs where
            there are several, else over training seeds alone; None where nothing was repeated.
        runs: How many draws it rests on.
        seeds: How often each was trained.
        data_sets: Over how many data sets it is a mean.
    """

    difference: float
    noise: float | None
    runs: int
    seeds: int
    data_sets: int = 1

    @property
    def shown(self) -> bool:
        """Whether the difference is larger than its own noise, as far as that is known."""
        return abs(self.difference) > (self.noise or 0)


def metric_of(task: str) -> str:
    """The column of results that the logs' numbers of a data set are."""
    return "matthews" if task == "cola" else "accuracy"


@cache
def blocks() -> tuple[Block, ...]:
    """All blocks of the file."""
    return tuple(Block.model_validate(one) for one in _file()["block"])


@cache
def reported(table: str) -> Mapping[tuple[str, str, int], Reported]:
    """The numbers of a table, by data set, way and number of labels."""
    return {key: one for block in blocks() if block.table == table for key, one in _each(block)}


@cache
def all_cautions() -> tuple[Caution, ...]:
    """All cautions of the file."""
    return tuple(Caution.model_validate(one) for one in _file()["caution"])


def cautions(table: str, task: str, way: str, labels: int) -> tuple[Caution, ...]:
    """What to know about a number of a table."""
    return tuple(
        one for one in all_cautions() if one.table == table and one.concerns(task, way, labels)
    )


def claim_of(table: str, task: str, way: str, labels: int, base: str = RANDOM) -> Claim | None:
    """What the logs say of a way against another on one data set; None if they lack one of them."""
    known = reported(table)
    ours, other = known.get((task, way, labels)), known.get((task, base, labels))
    if ours is None or other is None:
        return None
    paired = len(ours.run_means) == len(other.run_means) > 1
    return Claim(
        difference=round(ours.mean - other.mean, 2),
        noise=_over_runs(ours, other) if paired else _over_seeds(ours, other),
        runs=max(1, len(ours.run_means)),
        seeds=ours.seeds,
    )


def _over_runs(ours: Reported, other: Reported) -> float:
    pairs = np.subtract(ours.run_means, other.run_means)
    return _quantile(len(pairs) - 1) * float(pairs.std(ddof=1)) / float(np.sqrt(len(pairs)))


def _over_seeds(ours: Reported, other: Reported) -> float | None:
    if ours.seeds_sd is None or other.seeds_sd is None or ours.seeds < 2:
        return None
    error = float(np.sqrt((ours.seeds_sd**2 + other.seeds_sd**2) / ours.seeds))
    return _quantile(2 * (ours.seeds - 1)) * error


def _quantile(freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))


def _each(block: Block) -> Iterator[tuple[tuple[str, str, int], Reported]]:
    numbers = (block.labels,) if isinstance(block.labels, int) else block.labels
    for task, (mean, sd) in block.by_task.items():
        yield (task, block.way, numbers[0]), Reported(mean, sd, (), block.seeds)
    means = (block.mean,) if isinstance(block.mean, float) else block.mean
    for place, (labels, mean) in enumerate(zip(numbers, means, strict=False)):
        spread = block.seeds_sd[place] if isinstance(block.seeds_sd, tuple) else block.seeds_sd
        one = Reported(mean, spread, block.run_means, block.seeds)
        yield (block.task, block.way, labels), one


@cache
def _file() -> dict[str, list[dict[str, object]]]:
    text = files("activellm.bench.paper").joinpath("numbers.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
