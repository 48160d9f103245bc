"""What a project is set to do: written to `project.toml`, given by options, recorded in reports."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from activellm.errors import UnknownNameError, UsageError
from activellm.near import LEAST_NEAR
from activellm.selection.schedule import Schedule, read_schedule
from activellm.stopping.criteria import DEFAULT as STOPPING

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "paper": {
            "strategy": "listwise",
            "prompt": "b2",
            "recap": "index",
            "shown": 200,
            "candidates": 200,
            "select": 32,
            "successor": "finetune",
            "encoder": "bert-base-uncased",
        },
        "paper-iterative": {
            "strategy": "listwise",
            "prompt": "b2",
            "recap": "index",
            "shown": 200,
            "candidates": 200,
            "select": 25,
            "rounds": 12,
            "successor": "finetune",
            "encoder": "bert-base-uncased",
        },
    }
)
"""Settings under one name. "paper": what Bayer, Lutz and Reuter (TACL 2026) found best: the LLM
reads 200 texts, thinks step by step and picks 32; BERT is fine-tuned on them for 25 epochs.
"paper-iterative": its iterative mode, 25 a round to 300."""


STRATEGY_OPTIONS = ("prompt", "recap", "answers", "orders", "shown", "committee")
"""Settings that only some query strategies use."""


class Settings(BaseModel):
    """Everything that decides a run besides the task and the texts.

    Attributes:
        strategy: The query strategy's name.
        schedule: Which strategy in which round, such as "coverage*2, bald"; empty for `strategy`
            in all of them.
        llm: The query model: "embedded", "none", a path, or PROVIDER/NAME.
        llm_batch: Whether questions to it, and to the committee, are handed in by batches: half the
            price, answers within a day.
        prompt: listwise: how the query model is asked, the paper's a1 to c3; empty for c2 where the
            task has guidelines, else b2, the paper's best.
        recap: listwise: what a later prompt tells of earlier picks: "none", "text", "index" (the
            paper's three) or "classes".
        answers: listwise: what the query model answers in: "text" or "json".
        shown: listwise: the longest list in one prompt (the paper's "batch size"). More candidates
            are judged in heats.
        committee: listwise: further query models that vote.
        orders: listwise: in how many orders each query model sees the final list and votes.
        parallel: Questions to one server at a time; None for the provider's default.
        requests_per_minute: The most that one server is sent; None for no limit.
        max_cost: US dollars that the project may spend on query models; None for no limit.
        max_tokens: Tokens that they may read and write for the project; None for no limit.
        prices: A file of prices that goes before ours; empty for none.
        local_only: Refuse query models that run elsewhere. No option takes it back.
        redact: Replace personal data in all that query models read.
        candidates: How many texts one selection looks at.
        keep_candidates: Whether later rounds go on with the first one's candidates as long as
            they last; else each round draws new ones.
        select: How many of them people label.
        rounds: How many rounds of selecting, labelling and training.
        stopping: Stopping criteria that advise after each round; empty for none.
        sampler: How candidates are drawn from the pool, with settings of its own in brackets:
            "random", "spread(vectors=encoder)".
        fold_near: Texts that are so alike (Jaccard similarity, 0.5 to 1) fold into the first of
            them, the only one that people see; 0 for exact duplicates only.
        successor: The classifier to train, with settings of its own in brackets
            ("finetune(epochs=50)"); "auto" chooses by machine.
        ensemble: How many successors are trained, with seeds of their own, and asked together.
        encoder: The successor's and the embeddings' encoder: "embedded", a folder, or a hub id.
        device: "auto", "cpu" or "cuda".
        holdout: Texts drawn at random for measuring only; never selected from.
        powered: How many further random texts the query model judges, so that the hold-out's
            interval of accuracy gets narrower; 0 for none.
        oracle: Who labels: "browser", "terminal", "file:PATH", "column:NAME" (simulation).
        overlap: How many people label each text, where a team does.
        consensus: How their answers become one label: "majority", "dawid-skene" (weighted by
            estimated reliability) or "crowdlab" (and by the classifier).
        soft_labels: Whether a text whose annotators disagree teaches all their labels in part.
        weak_labels: Whether the query model's labels of candidates that nobody labelled teach too,
            as far as people's labels show that it is right.
        reveal: When annotators may see the query model's weak label: "never", "after" their
            answer, or "before" it.
        repeats: The part of the texts that each annotator sees twice, to learn how consistent
            they are, 0 to 1.
        checks: Texts of known label that every annotator gets, to learn how attentive they are.
        draws: In simulation: how many random selections to compare with; 0 for none.
        test_size: In simulation without a test file: how many pool texts to measure on.
        database: Address of a PostgreSQL database for answers and results; empty for a file.
        seed: Decides all that is random.
        preset: The preset that these settings began from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    strategy: str = "auto"
    schedule: str = ""
    llm: str = "embedded"
    llm_batch: bool = False
    prompt: str = ""
    recap: str = "classes"
    answers: Literal["text", "json"] = "text"
    shown: int = Field(default=200, ge=2)
    committee: tuple[str, ...] = ()
    orders: int = Field(default=1, ge=1, le=64)
    parallel: int | None = Field(default=None, ge=1)
    requests_per_minute: int | None = Field(default=None, ge=1)
    max_cost: float | None = Field(default=None, ge=0)
    max_tokens: int | None = Field(default=None, ge=0)
    prices: str = ""
    local_only: bool = False
    redact: bool = False
    candidates: int = Field(default=200, ge=2)
    keep_candidates: bool = False
    select: int = Field(default=32, ge=1)
    rounds: int = Field(default=1, ge=1)
    stopping: str = STOPPING
    sampler: str = "random"
    fold_near: float = 0.0
    successor: str = "auto"
    ensemble: int = Field(default=1, ge=1, le=100)
    encoder: str = "embedded"
    device: str = Field(default="auto", pattern="^(auto|cpu|cuda(:[0-9]+)?)$")
    holdout: int = Field(default=0, ge=0)
    powered: int = Field(default=0, ge=0)
    oracle: str = "browser"
    overlap: int = Field(default=1, ge=1)
    consensus: Literal["majority", "dawid-skene", "crowdlab"] = "majority"
    soft_labels: bool = False
    weak_labels: bool = False
    reveal: Literal["never", "after", "before"] = "never"
    repeats: float = Field(default=0.0, ge=0, le=1)
    checks: int = Field(default=0, ge=0)
    draws: int = Field(default=20, ge=0)
    test_size: int = Field(default=1000, ge=1)
    database: str = ""
    seed: int = Field(default=0, ge=0, lt=2**32)
    preset: str = ""

    @field_validator("draws")
    @classmethod
    def _enough_draws(cls, draws: int) -> int:
        if 0 < draws < 20:
            raise ValueError("fewer than 20 random selections tell nothing; take 0 for none")
        return draws

    @field_validator("fold_near")
    @classmethod
    def _alike_enough(cls, threshold: float) -> float:
        if threshold and not LEAST_NEAR <= threshold <= 1:
            raise ValueError(f"take a similarity from {LEAST_NEAR} to 1, or 0 for none")
        return threshold

    @classmethod
    def build(cls, where: str = "", **values: Any) -> Settings:
        """Make settings from unchecked values; those of a named preset come first.

        Raises:
            UnknownNameError: For an unknown preset.
            UsageError: For a value out of its range, naming the option.
        """
        preset = values.get("preset") or ""
        if preset and preset not in PRESETS:
            raise UnknownNameError("preset", preset, PRESETS, where="--preset")
        try:
            settings = cls(**{**PRESETS.get(preset, {}), **values})
        except ValidationError as error:
            problem = error.errors()[0]
            name = str(problem["loc"][-1]) if problem["loc"] else "settings"
            option = where or f"--{name.replace('_', '-')}"
            words = problem["msg"].removeprefix("Value error, ")
            raise UsageError(f"{name}: {words}.", where=option) from None
        if settings.select > settings.candidates:
            raise UsageError(
                f"{settings.select} picks cannot be chosen from {settings.candidates} candidates.",
                where=where or "--select",
                remedy="Lower --select or raise --candidates.",
            )
        return settings

    def changed(self, where: str = "", **values: Any) -> Settings:
        """These settings with some others.

        Raises:
            UsageError: For a value out of its range, naming the option.
        """
        return Settings.build(where, **{**self.model_dump(), **values})

    @property
    def strategies(self) -> Schedule:
        """Which strategy in which round.

        Raises:
            UsageError: If the schedule cannot be read.
        """
        return read_schedule(self.schedule or self.strategy)

    @property
    def gold_column(self) -> str | None:
        """The column of gold labels if this is a simulation, else None."""
        kind, _, column = self.oracle.partition(":")
        return column if kind == "column" else None

    def check_names(self) -> None:
        """Refuse unknown names before any work begins.

        Raises:
            UnknownNameError: With the list of known names.
        """
        from activellm.pool.sampling import open_sampler
        from activellm.selection import STRATEGIES
        from activellm.stopping import read_criteria
        from activellm.successors import SUCCESSORS, read_successor

        for name in self.strategies.names:
            STRATEGIES.check(name, where="--schedule" if self.schedule else "--strategy")
        read_criteria(self.stopping)
        open_sampler(self.sampler)
        if (name := read_successor(self.successor)[0]) != "auto":
            SUCCESSORS.check(name, where="--successor")
