"""Stop when the labels, the money or the tokens are used up."""

from __future__ import annotations

from typing import ClassVar

from activellm.errors import UsageError
from activellm.stopping.contract import History, RoundFacts, Verdict
from activellm.stopping.options import WHERE, check_number
from activellm.stopping.words import cannot_say


class Budget:
    """One of the limits is reached; the verdict tells of the one that is used up the most.

    Args:
        labels: The most texts to label; None for no limit.
        cost: The most US dollars to spend on query models; None for no limit.
        tokens: The most tokens for query models to read and write; None for no limit.

    Raises:
        UsageError: If no limit is given, or one is no number from 1 on (cost: above 0).
    """

    name: ClassVar[str] = "budget"
    needs: ClassVar[frozenset[str]] = frozenset({"cost"})
    source: ClassVar[str] = "a limit that people set"

    def __init__(
        self, labels: int | None = None, cost: float | None = None, tokens: int | None = None
    ) -> None:
        given = {"labels": labels, "cost": cost, "tokens": tokens}
        self.limits = {
            option: check_number(self.name, option, limit, low=1e-9 if option == "cost" else 1)
            for option, limit in given.items()
            if limit is not None
        }
        if not self.limits:
            raise UsageError(
                f"The stopping criterion {self.name!r} has no limit.",
                where=WHERE,
                remedy="Give it labels, cost or tokens, such as 'budget(labels=300)'.",
            )

    def judge(self, history: History) -> Verdict:
        """See `StoppingCriterion.judge`."""
        facts = history.rounds[-1] if history.rounds else RoundFacts(0, 0, cost=0.0)
        used = {option: getattr(facts, option) for option in self.limits}
        known = {
            option: float(amount)
            for option, amount in used.items()
            if amount is not None and amount >= 0
        }
        unknown = [
            f"How much of the {option} is used is not known." for option in used.keys() - known
        ]
        if not known:
            return cannot_say(self.name, unknown[0], next(iter(self.limits.values())))
        nearest = max(known, key=lambda option: known[option] / self.limits[option])
        amount, limit = known[nearest], self.limits[nearest]
        text = f"Used: {_said(nearest, amount)} of {_said(nearest, limit)}."
        return Verdict(
            self.name,
            "stop" if amount >= limit else "go on",
            amount,
            limit,
            " ".join([text, *unknown]),
        )


def _said(option: str, amount: float) -> str:
    return f"${amount:,.2f}" if option == "cost" else f"{amount:,.0f} {option}"
