"""What query models may cost, held to before each call.

A call is let through only if the most that it can cost still fits, beside the most that all calls
under way can cost. Afterwards what it really used takes the place of that estimate.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from activellm.errors import ActiveLLMError, QueryModelError
from activellm.llm.estimates import UNCOUNTED, Estimate, estimate, estimate_scores
from activellm.llm.prices import FORM, Price
from activellm.llm.protocol import Completion, Messages, QueryModel, Usage
from activellm.llm.scoring import Row
from activellm.llm.servers.dialect import Question
from activellm.llm.wrapper import WrappedModel, innermost, waits_for_batches


class BudgetError(QueryModelError):
    """A call was not made, because it could have broken the budget."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What has been used so far.

    Attributes:
        tokens: Read and written ones.
        cost: US dollars, of the calls whose cost is known.
        unknown: Calls whose cost is not.
    """

    tokens: int = 0
    cost: float = 0.0
    unknown: int = 0

    def plus(self, tokens: int, cost: float | None) -> Spent:
        """With one more call."""
        return Spent(self.tokens + tokens, self.cost + (cost or 0.0), self.unknown + (cost is None))


class Reservation:
    """What is set aside for one call under way.

    Args:
        most: The most that the call can use.
    """

    def __init__(self, most: Estimate) -> None:
        self.most = most


class Budget:
    """Limits that several query models share, on however many threads.

    Args:
        max_cost: US dollars in all; None for no limit.
        max_tokens: Tokens in all, read and written; None for no limit.
        spent: What was used before.
        owed: What questions may take whose batches a killed run was waiting for: the most tokens
            and dollars (None if unknown) by the key of their content. It counts as spent until
            they are asked again.
    """

    def __init__(
        self,
        max_cost: float | None = None,
        max_tokens: int | None = None,
        *,
        spent: Spent = Spent(),
        owed: Mapping[str, tuple[int, float | None]] | None = None,
    ) -> None:
        self.max_cost = max_cost
        self.max_tokens = max_tokens
        self._owed = dict(owed or {})
        for tokens, cost in self._owed.values():
            spent = spent.plus(tokens, cost)
        self._spent = spent
        self._under_way: list[Reservation] = []
        self._changed = threading.Condition()

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return self.max_cost is not None or self.max_tokens is not None

    @property
    def spent(self) -> Spent:
        """What has been used so far."""
        with self._changed:
            return self._spent

    def go_on_from(self, spent: Spent) -> None:
        """Take what others have spent of the same limits meanwhile; no call may be under way."""
        with self._changed:
            self._spent = spent

    def goes_on(self, key: Callable[[], str]) -> None:
        """No longer count as spent what is owed for a question that is asked now.

        Args:
            key: Gives the key of its content; called if anything is owed.
        """
        with self._changed:
            if not self._owed or (owed := self._owed.pop(key(), None)) is None:
                return
            tokens, cost = owed
            self._spent = Spent(
                self._spent.tokens - tokens,
                self._spent.cost - (cost or 0.0),
                self._spent.unknown - (cost is None),
            )

    def check_price(self, price: Price | None, *, where: str) -> None:
        """Refuse what no cost limit can be held for, before anything is counted or sent.

        Raises:
            BudgetError: If there is a cost limit and the model's price, or the cost of earlier
                calls, is unknown.
        """
        if self.max_cost is None:
            return
        if price is None:
            raise BudgetError(
                f"Its price is unknown, so ${self.max_cost:g} (--max-cost) cannot be kept to.",
                where=where,
                remedy=f"Give its price in a file by --prices. {FORM}",
            )
        if (unknown := self.spent.unknown) and price.cost(1_000_000, 1_000_000) > 0:
            raise BudgetError(
                f"The cost of {unknown} earlier calls is unknown, so ${self.max_cost:g} "
                "(--max-cost) cannot be kept to.",
                where=where,
                remedy=f"Give the price of their model in a file by --prices. {FORM}",
            )

    def reserve(self, most: Estimate, *, where: str) -> Reservation:
        """Set aside the most that a call can use; wait for calls under way if that may help.

        Raises:
            BudgetError: If it does not fit, even if all calls under way should use nothing.
        """
        with self._changed:
            while not self._fits(most, self._under_way):
                if not self._fits(most, ()):
                    raise self._refusal(most, where)
                self._changed.wait()
            reservation = Reservation(most)
            self._under_way.append(reservation)
            return reservation

    def settle(self, reservation: Reservation, usage: Usage | None) -> None:
        """Put what a call has used in the place of what was set aside for it.

        Args:
            reservation: What was set aside.
            usage: What was used. What it does not know counts as set aside; None means that all of
                it does, as for a call that failed and may have been paid for all the same.
        """
        most = reservation.most
        cost = most.cost_most if usage is None or usage.cost is None else usage.cost
        tokens = most.tokens_most if usage is None else tokens_of(usage)
        with self._changed:
            self._under_way.remove(reservation)
            self._spent = self._spent.plus(most.tokens_most if tokens is None else tokens, cost)
            self._changed.notify_all()

    def _fits(self, most: Estimate, under_way: Sequence[Reservation]) -> bool:
        calls = [most, *(reservation.most for reservation in under_way)]
        tokens = self._spent.tokens + sum(call.tokens_most for call in calls)
        cost = self._spent.cost + math.fsum(call.cost_most or 0.0 for call in calls)
        return (self.max_tokens is None or tokens <= self.max_tokens) and (
            self.max_cost is None or cost <= self.max_cost
        )

    def _refusal(self, most: Estimate, where: str) -> BudgetError:
        spent, cost = self._spent, most.cost_most or 0.0
        if self.max_cost is not None and spent.cost + cost > self.max_cost:
            limit, used = f"${self.max_cost:g} (--max-cost)", f"${spent.cost:.4f} is"
            may = f"${cost:.4f}"
        else:
            limit, used = f"{self.max_tokens:,} tokens (--max-tokens)", f"{spent.tokens:,} are"
            may = f"{most.tokens_most:,} tokens"
        return BudgetError(
            f"A call was not made: it may take up to {may}, and of {limit} {used} spent.",
            where=where,
            remedy="Raise the limit, or ask for less.",
        )


class BudgetedModel(WrappedModel):
    """A query model that makes no call which could break the budget.

    Args:
        model: The model inside; its usage says what calls cost (`PricedModel`).
        budget: The limits, shared with other models.
        price: The model's price; None if unknown.

    Raises:
        BudgetError: If a cost limit cannot be held, because the price is unknown.
    """

    def __init__(self, model: QueryModel, budget: Budget, price: Price | None) -> None:
        super().__init__(model)
        budget.check_price(price, where=model.name)
        self.budget = budget
        self.price = price

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
            BudgetError: If the call could break the budget; it was not made.
        """
        if waits_for_batches(self.model):
            question = Question(messages, max_tokens, temperature, seed, json_schema)
            self.budget.goes_on(lambda: innermost(self.model).question_key(question))  # type: ignore[attr-defined]
        most = UNCOUNTED
        if self.budget.limited:
            most = estimate(self.model, messages, max_tokens, self.price, json_schema=json_schema)
        with self._reserved(most) as used:
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
        """The model's scores; what all prompts may cost is set aside before the first.

        Raises:
            BudgetError: If they could break the budget; no call was made.
        """
        most = UNCOUNTED
        if self.budget.limited:
            most = estimate_scores(self.model, prompts, continuations, self.price)
        with self._reserved(most) as used:
            usage = Usage()
            for row in super().score_rows(prompts, continuations):
                usage += row.usage
                yield row
            used.append(usage)

    @contextmanager
    def _reserved(self, most: Estimate) -> Iterator[list[Usage]]:
        """Sets tokens and cost aside; the block appends what was used in their place."""
        reservation = self.budget.reserve(most, where=self.name)
        used: list[Usage] = []
        try:
            yield used
        except ActiveLLMError as error:
            if not may_be_paid(error):
                used = [Usage()]
            raise
        finally:
            self.budget.settle(reservation, used[0] if used else None)


def may_be_paid(error: BaseException) -> bool:
    """Whether a call that failed with this may have been charged for.

    Only a query model's failure and an interruption can; and a failure that says of itself that
    nothing was charged (`unpaid`: the server refused the question) cannot.
    """
    if isinstance(error, ActiveLLMError) and not isinstance(error, QueryModelError):
        return False
    return not getattr(error, "unpaid", False)


def tokens_of(usage: Usage) -> int | None:
    """Read and written tokens; None if unknown."""
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return None
    return usage.prompt_tokens + usage.completion_tokens
