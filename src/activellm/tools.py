"""Opens what the settings name: encoder, query model, strategy, successor. Each on first use."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activellm.errors import ActiveLLMError, UsageError
from activellm.named import write_named
from activellm.pool.example import Content, Example
from activellm.progress import Progress, silent
from activellm.seeding import generator
from activellm.selection import (
    STRATEGIES,
    Labelled,
    QueryStrategy,
    Selection,
    SelectionContext,
    open_strategy,
)
from activellm.selection.context import Vectors
from activellm.selection.fitted import Features, FittedSuccessor
from activellm.selection.judge_once import JudgeOnce
from activellm.selection.plan import Plan, Plans
from activellm.settings import Settings
from activellm.successors import (
    Choice,
    Judge,
    Successor,
    asks_model,
    choose_successor,
    load_successor,
    make_successor,
    read_successor,
    reads_encoder,
)
from activellm.task import Task

if TYPE_CHECKING:
    from activellm.encoders import Encoder
    from activellm.llm import Messages, QueryModel
    from activellm.llm.guard import Guard
    from activellm.llm.prices import Price
    from activellm.successors.weak import WeakLabels

AUDIT, REDACTED = "audit.jsonl", "redaction-map.json"
"""Files in the project folder: the log of calls, and what placeholders stand for (never sent)."""
BATCHES = "batches"
"""A folder in it: which batches of questions were handed in."""
_BY_ENCODER = frozenset({"embeddings", "surprisals"})
"""What a strategy needs and the encoder gives."""


class Tools:
    """The parts that one task under given settings works with.

    Args:
        task: What is to be decided.
        settings: Which parts to open.
        folder: Where LLM calls and embeddings are kept; None keeps nothing.
        encoder: An open one, in place of the settings'.
    """

    def __init__(
        self,
        task: Task,
        settings: Settings,
        folder: Path | None = None,
        *,
        encoder: Encoder | None = None,
    ) -> None:
        self.task = task
        self.settings = settings
        self.folder = folder
        self._encoder = encoder

    @cached_property
    def encoder(self) -> Encoder:
        """Texts to vectors; kept by content where there is a folder."""
        from activellm.encoders import CachedEncoder, open_encoder

        if self._encoder is not None:
            return self._encoder
        encoder = open_encoder(self.settings.encoder, device=self.settings.device)
        return CachedEncoder(encoder, self.folder / "embeddings.db") if self.folder else encoder

    @property
    def encoder_if_here(self) -> Encoder | None:
        """The encoder, or None where it cannot be used: packages or weights are missing."""
        from activellm.encoders.names import check_encoder

        if self._encoder is None:
            try:
                check_encoder(self.settings.encoder)
            except ActiveLLMError:
                return None
        return self.encoder

    @property
    def reads_encoder(self) -> bool:
        """Whether choosing or training reads the encoder."""
        needs = (STRATEGIES.get(name).needs for name in self.settings.strategies.names)
        if self.settings.weak_labels or any(one & _BY_ENCODER for one in needs):
            return True
        learner, own, _ = self.successor_choice
        return reads_encoder(learner, own)

    @cached_property
    def guard(self) -> Guard:
        """What holds for all query models: privacy, budget, recording. They share it."""
        from activellm.llm.audit_log import AuditLog
        from activellm.llm.batches.standing import owed
        from activellm.llm.budget import Budget, Spent
        from activellm.llm.guard import Guard
        from activellm.llm.prices import load_prices, price_of
        from activellm.llm.redaction import Redactor

        settings, folder = self.settings, self.folder
        prices = load_prices(Path(settings.prices) if settings.prices else None)
        log = AuditLog(folder / AUDIT) if folder else None
        spent = log.spent(lambda name: price_of(name, prices)) if log else Spent()
        recordings = folder / "recordings" if folder else None
        batches = None
        if folder and recordings:
            batches = owed(folder / BATCHES, recordings, lambda name: price_of(name, prices))
        return Guard(
            local_only=settings.local_only,
            redact=Redactor(folder / REDACTED if folder else None) if settings.redact else None,
            budget=Budget(settings.max_cost, settings.max_tokens, spent=spent, owed=batches),
            audit=log,
            recordings=recordings,
            prices=prices,
        )

    @cached_property
    def model(self) -> QueryModel:
        """The query model, behind the guard; its calls are recorded where there is a folder.

        Raises:
            UsageError: If it runs elsewhere and only local ones are allowed.
            BudgetError: If there is a cost limit and its price is unknown.
        """
        return self._open(self.settings.llm)

    @cached_property
    def committee(self) -> tuple[QueryModel, ...]:
        """The further query models that vote."""
        return tuple(self._open(name) for name in self.settings.committee)

    def _open(self, name: str) -> QueryModel:
        from activellm.llm import open_model
        from activellm.llm.batches.contract import BatchOptions
        from activellm.llm.guard import guarded

        batches = BatchOptions(self.folder / BATCHES if self.folder else None)

        model = open_model(
            name,
            parallel=self.settings.parallel,
            requests_per_minute=self.settings.requests_per_minute,
            batches=batches if self.settings.llm_batch else None,
        )
        return guarded(model, self.guard)

    def as_sent(self, messages: Messages) -> Messages:
        """A question's words as a query model gets them: personal data replaced if that is set."""
        from activellm.llm.redaction import RedactedModel

        redactor = self.guard.redact
        return RedactedModel(self.model, redactor).redacted(messages) if redactor else messages

    def learn_personal_data(self, examples: Sequence[Example]) -> None:
        """Give placeholders to the examples' personal data in this order, if that is set.

        Do so before questions are asked side by side: whoever asks first then decides nothing, and
        recordings replay elsewhere.
        """
        if self.has_model and self.guard.redact is not None:
            self.guard.redact.learn(text for one in examples for text in _texts(one.content))

    def price(self, model: QueryModel) -> Price | None:
        """What a query model costs; None if unknown."""
        from activellm.llm.prices import price_for

        return price_for(model, self.guard.prices)

    def surprisals(self, contents: Sequence[Content], progress: Progress = silent) -> Features:
        """How surprising each token of a text is: to the encoder's masked-language head if it has
        one, else to a query model that reads plain text here.

        Raises:
            UsageError: If there is neither.
        """
        from activellm.encoders import has_masked_head, surprisals
        from activellm.encoders.names import encoder_folder
        from activellm.llm.scoring import token_scores
        from activellm.llm.surprise import causal_surprisals

        spec = self.settings.encoder
        reader = token_scores(self.model) if self.has_model else None
        if reader is None or has_masked_head(encoder_folder(spec)):
            return surprisals(spec, contents, device=self.settings.device, progress=progress)
        texts = ["\n".join(_texts(content)) for content in contents]
        return causal_surprisals(reader, texts, progress=progress)

    @property
    def has_model(self) -> bool:
        """Whether the settings name a query model."""
        return self.settings.llm != "none"

    @cached_property
    def successor_choice(self) -> Choice:
        """The successor, and why it was chosen."""
        name, options = read_successor(self.settings.successor)
        if name != "auto":
            return Choice(name, options, "It was asked for.")
        choice = choose_successor(self.task, self.settings.encoder)
        return choice._replace(options={**choice.options, **options})

    def successor(self, seed: int, weak: WeakLabels | None = None) -> Successor:
        """A new, untrained successor.

        Args:
            seed: Its training seed.
            weak: What the query model said of texts, if its weak labels may teach.

        Raises:
            UsageError: For a setting that it does not have, or weak labels that it cannot use.
        """
        learner, own, _ = self.successor_choice
        if weak is not None:
            refuse_weak_labels(learner)
        name, options = learner, dict(own)
        if self.settings.ensemble > 1:
            inner = write_named(learner, own)
            name, options = "ensemble", {"inner": inner, "members": self.settings.ensemble}
        reads = own.get("inner", "linear") if learner == "blend" else learner
        made = make_successor(
            name,
            self.task,
            seed=seed,
            encoder=self.encoder if reads == "linear" else self.settings.encoder,
            device=self.settings.device,
            judge=self.judge,
            **options,
        )
        if weak is None:
            return made
        from activellm.successors.weak import WeaklyTaught

        return WeaklyTaught(made, weak, checker=lambda: self._checker(seed))

    def _checker(self, seed: int) -> Successor:
        """The quick classifier that the query model is checked beside."""
        return make_successor("linear", self.task, seed=seed, encoder=self.encoder)

    def load_successor(self, folder: Path, *, encoder: Encoder | None = None) -> Successor:
        """A trained successor, with the query model where it asks one.

        Args:
            folder: What its `save` wrote.
            encoder: An open encoder, for those that use one.

        Raises:
            DataError: If the folder holds no trained successor, or not all of it.
        """
        device = self.settings.device
        return load_successor(folder, encoder=encoder, device=device, judge=self.judge)

    @cached_property
    def judge(self) -> Judge | None:
        """Asks the query model for the label probabilities of texts; None if there is no model."""
        if not self.has_model:
            return None
        opened, task = self.settings.llm, self.task
        return JudgeOnce(lambda: self.model, opened, task, self.learn_personal_data)

    def strategy(self, number: int) -> QueryStrategy:
        """The query strategy of round `number`, with its options."""
        entry = self.settings.strategies.entry(number)
        takes = inspect.signature(STRATEGIES.get(entry.name, where="--strategy")).parameters
        general = strategy_options(self.task, self.settings)
        given = {option: general[option] for option in general if option in takes}
        return open_strategy(entry.name, **{**given, **entry.options})

    def select(
        self,
        candidates: Sequence[Example],
        labelled: Sequence[Labelled],
        n: int,
        *,
        number: int,
        open_successor: Callable[[], FittedSuccessor] | None = None,
        progress: Progress = silent,
    ) -> Selection:
        """Choose `n` of the candidates for round `number` by the settings' strategy.

        Args:
            candidates: To choose from.
            labelled: What is labelled so far.
            n: How many.
            number: Which round, 1 is the first.
            open_successor: Gives the classifier trained on `labelled`, if there is one.
            progress: Told how far it is.
        """
        context = self._context(candidates, labelled, number, progress, open_successor)
        selection = self.strategy(number).select(context, n)
        redactor = self.guard.redact if self.has_model else None
        if redactor is None:
            return selection
        picks = tuple(
            replace(pick, reason=redactor.restore(pick.reason)) for pick in selection.picks
        )
        return replace(selection, picks=picks)

    def plan(
        self, candidates: Sequence[Example], labelled: Sequence[Labelled], n: int, *, number: int
    ) -> Plan:
        """What `select` would ask; nothing is sent."""
        strategy = self.strategy(number)
        if not isinstance(strategy, Plans) or not self.has_model:
            return Plan()
        return strategy.plan(self._context(candidates, labelled, number, silent), n)

    def _context(
        self,
        candidates: Sequence[Example],
        labelled: Sequence[Labelled],
        number: int,
        progress: Progress,
        open_successor: Callable[[], FittedSuccessor] | None = None,
    ) -> SelectionContext:
        def embed(contents: Sequence[Content]) -> Vectors:
            return self.encoder.embed(contents, progress=progress)

        def surprise(contents: Sequence[Content]) -> Features:
            return self.surprisals(contents, progress)

        self.learn_personal_data([*candidates, *(one.example for one in labelled)])
        return SelectionContext(
            task=self.task,
            candidates=tuple(candidates),
            rng=generator(self.settings.seed, "selection", number),
            labelled=tuple(labelled),
            open_model=(lambda: self.model) if self.has_model else None,
            open_committee=(lambda: self.committee) if self.settings.committee else None,
            embed=embed,
            open_successor=open_successor,
            surprise=surprise,
            progress=progress,
        )


def strategy_options(task: Task, settings: Settings) -> dict[str, Any]:
    """The settings that are a query strategy's own options."""
    return {
        "prompt": settings.prompt or ("c2" if task.guidelines.strip() else "b2"),
        "recap": settings.recap,
        "answers": settings.answers,
        "orders": settings.orders,
        "shown": settings.shown,
    }


def refuse_weak_labels(successor: str) -> None:
    """Refuse weak labels to a successor that asks the query model itself.

    It would take the query model's labels for people's, and so find it to be right.

    Raises:
        UsageError: Naming the option.
    """
    if asks_model(successor):
        raise UsageError(
            f"The successor {successor!r} asks the LLM itself about every text.",
            where="--weak-labels",
            remedy="Leave it out, or choose another successor.",
        )


def _texts(content: Content) -> tuple[str, ...]:
    return (content,) if isinstance(content, str) else content
