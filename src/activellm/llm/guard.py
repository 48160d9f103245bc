"""What stands between a project's texts and the query models that it asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activellm.errors import UsageError
from activellm.llm.audit import AuditedModel
from activellm.llm.audit_log import AuditLog
from activellm.llm.budget import Budget, BudgetedModel
from activellm.llm.prices import PricedModel, PriceTable, price_for
from activellm.llm.protocol import Completion, Messages, QueryModel
from activellm.llm.recording import RecordedModel
from activellm.llm.redaction import RedactedModel, Redactor
from activellm.llm.scoring import Row
from activellm.llm.wrapper import WrappedModel, innermost, waits_for_batches


@dataclass(frozen=True)
class Guard:
    """What holds for all query models of a project. The parts are shared by them.

    Attributes:
        local_only: Refuse models that run elsewhere.
        redact: Replaces personal data in all that models read; None leaves texts as they are.
        budget: The limits on cost and tokens; None for none.
        audit: Where calls are noted; None notes none.
        recordings: The folder in which answers are kept, and replayed from; None keeps none.
        prices: What models cost; None for our own table.
    """

    local_only: bool = False
    redact: Redactor | None = None
    budget: Budget | None = None
    audit: AuditLog | None = None
    recordings: Path | None = None
    prices: PriceTable | None = None


def guarded(model: QueryModel, guard: Guard) -> QueryModel:
    """The model behind all that the guard asks for.

    From the outside in: personal data are replaced; a recorded answer is replayed, so recordings
    hold redacted texts and a replay is neither paid nor noted; a model elsewhere is refused; the
    budget is held; the call is noted; its usage is priced. Questions that are handed in by batches
    pass all of that, too, and are noted once more when they are handed in.

    Raises:
        UsageError: If only local models are allowed and this one runs elsewhere.
        BudgetError: If there is a cost limit and the model's price is unknown.
    """
    price = price_for(model, guard.prices)
    model = PricedModel(model, price)
    if guard.audit is not None:
        if waits_for_batches(model):
            innermost(model).courier.audit = guard.audit  # type: ignore[attr-defined]
        model = AuditedModel(model, guard.audit, price)
    if guard.budget is not None:
        model = BudgetedModel(model, guard.budget, price)
    if guard.local_only:
        model = LocalModel(model)
    if guard.recordings is not None:
        model = RecordedModel(model, guard.recordings)
    return model if guard.redact is None else RedactedModel(model, guard.redact)


def check_local(model: QueryModel, local_only: bool = True) -> None:
    """Refuse a model that runs elsewhere where only local ones are allowed.

    Raises:
        UsageError: It names the model and where texts would go.
    """
    if local_only and not model.runs_here:
        where = model.identity().get("server", "another machine")
        raise UsageError(
            f"Texts would leave this machine, to {where}, and --local-only is set.",
            where=model.name,
            remedy="Choose a model that runs here; `activellm list models` says which do.",
        )


class LocalModel(WrappedModel):
    """A query model that must run on this machine. It is looked at again before every call.

    Args:
        model: The model inside.

    Raises:
        UsageError: If it runs elsewhere.
    """

    def __init__(self, model: QueryModel) -> None:
        super().__init__(model)
        check_local(model)

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """The model's answer.

        Raises:
            UsageError: If the model runs elsewhere.
        """
        check_local(self.model)
        return super().complete(
            messages,
            max_tokens=max_tokens,
            temperature=temperature,
            seed=seed,
            json_schema=json_schema,
        )

    def score_rows(
        self, prompts: Sequence[Messages], continuations: Sequence[str]
    ) -> Iterator[Row]:
        """The model's scores.

        Raises:
            UsageError: If the model runs elsewhere.
        """
        check_local(self.model)
        yield from super().score_rows(prompts, continuations)
