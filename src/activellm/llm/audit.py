"""Notes who was sent what and when, for every call that is really made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from activellm.errors import ActiveLLMError
from activellm.llm.audit_log import AuditLine, AuditLog, fingerprint
from activellm.llm.budget import may_be_paid, tokens_of
from activellm.llm.estimates import Estimate, estimate, estimate_scores
from activellm.llm.prices import FREE, Price
from activellm.llm.protocol import Completion, Messages, QueryModel, Usage
from activellm.llm.scoring import Row
from activellm.llm.wrapper import WrappedModel

_TEXTS: ContextVar[int | None] = ContextVar("texts", default=None)


@contextmanager
def sending(texts: int) -> Iterator[None]:
    """Say how many texts each call inside a `with` block carries.

    It holds for the thread (or task) that says it; threads begun inside do not inherit it.
    """
    token = _TEXTS.set(texts)
    try:
        yield
    finally:
        _TEXTS.reset(token)


def texts_sent() -> int | None:
    """How many texts the calls made now carry; None if nobody said so."""
    return _TEXTS.get()


class AuditedModel(WrappedModel):
    """A query model whose calls are noted, failed ones too.

    Put it directly around the model that is priced (`PricedModel`), so that a replay is no call.

    Args:
        model: The model inside.
        log: Where to note them.
        price: The model's price, for what a failed call may have cost; None if unknown.
    """

    def __init__(self, model: QueryModel, log: AuditLog, price: Price | None = None) -> None:
        super().__init__(model)
        self.log = log
        self.price = FREE if model.runs_here else price

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
            StoreError: If the call cannot be noted; it is not made if that is known before.
        """
        most = partial(
            estimate, self.model, messages, max_tokens, self.price, json_schema=json_schema
        )
        with self._noted("complete", [messages], most) as used:
            answer = super().complete(
                messages,
                max_tokens=max_tokens,
                temperature=temperature,
                seed=seed,
                json_schema=json_schema,
            )
            used.append(answer.usage)
        return answer

    def score_rows(
        self, prompts: Sequence[Messages], continuations: Sequence[str]
    ) -> Iterator[Row]:
        """The model's scores: one call, whatever the number of prompts.

        Raises:
            StoreError: If the call cannot be noted; it is not made if that is known before.
        """
        most = partial(estimate_scores, self.model, prompts, continuations, self.price)
        with self._noted("score", prompts, most) as used:
            usage = Usage()
            for row in super().score_rows(prompts, continuations):
                usage += row.usage
                yield row
            used.append(usage)

    @contextmanager
    def _noted(
        self, kind: Literal["complete", "score"], prompts: Sequence[Messages], most: MostOf
    ) -> Iterator[list[Usage]]:
        """Notes the call of the block, which appends what was used if an answer came."""
        self.log.check()
        line = AuditLine(
            time="",
            model=self.name,
            server=self._server(),
            runs_here=self.runs_here,
            kind=kind,
            prompts=len(prompts),
            texts=texts_sent(),
            sha256=fingerprint(prompts),
            prompt_tokens=None,
            completion_tokens=None,
            cost=None,
            outcome="answered",
        )
        used: list[Usage] = []
        try:
            yield used
        except GeneratorExit:
            line = replace(line, outcome="failed: stopped early", **_most(most))
            raise
        except BaseException as error:
            line = replace(line, outcome=f"failed: {type(error).__name__}")
            line = replace(line, **(_most(most) if may_be_paid(error) else _NONE))
            raise
        finally:
            if used:
                line = _answered(line, used[0], most)
            self.log.add(replace(line, time=datetime.now(UTC).isoformat(timespec="milliseconds")))

    def _server(self) -> str:
        """Where texts go; never a whole address with anything after its path."""
        if self.runs_here:
            return "this machine"
        return self.identity().get("server", self.name)


MostOf: TypeAlias = Callable[[], Estimate]

_NONE: Mapping[str, Any] = MappingProxyType(
    {"prompt_tokens": 0, "completion_tokens": 0, "cost": 0.0}
)
"""What a call has used that was refused, or never sent."""


def _most(most: MostOf) -> dict[str, Any]:
    try:
        found = most()
    except ActiveLLMError:  # a model that cannot be loaded cannot count either
        return {}
    return {"tokens_most": found.tokens_most, "cost_most": found.cost_most}


def _answered(line: AuditLine, usage: Usage, most: MostOf) -> AuditLine:
    line = replace(
        line,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cost=usage.cost,
    )
    return line if tokens_of(usage) is not None else replace(line, **_most(most))
