"""Whether seeing the query model's weak label sways people: anchoring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from activellm.annotation.contract import Annotation
from activellm.annotation.shares import Share, share_of
from activellm.annotation.votes import standing

FEW = 20
"""Answers of either kind below which a difference says nothing."""


@dataclass(frozen=True, slots=True)
class Anchoring:
    """How often answers equal the weak label.

    Attributes:
        unseen: Where it had not been seen, also if the answer was changed later; None if there
            are no such answers.
        before: Where it was seen before the first answer; None likewise.
        after: Where the answer was changed after it was seen; None likewise. These chose
            themselves, so they are compared with nothing.
        difference: `before` minus `unseen`, in share; None if either is missing.
        low, high: Its 95 % interval (Newcombe 1998, method 10); None likewise.
        few: Whether there are too few answers to say anything.
    """

    unseen: Share | None
    before: Share | None
    after: Share | None
    difference: float | None
    low: float | None
    high: float | None
    few: bool

    def as_json(self) -> dict[str, Any]:
        """For the dashboard and the report."""
        shares = {"unseen": self.unseen, "before": self.before, "after": self.after}
        return {name: share and share.as_json() for name, share in shares.items()} | {
            "difference": self.difference,
            "low": self.low,
            "high": self.high,
            "few": self.few,
        }


def anchoring(events: Sequence[Annotation], weak: Mapping[str, str]) -> Anchoring:
    """Compare answers with the weak label, by whether it had been seen.

    Who looks at the weak label may look where they are unsure; so a difference is a sign, not a
    proof.

    Args:
        events: In the order in which they arrived.
        weak: The weak label of each text that has one.
    """
    counted = [
        (answer.revealed, answer.labels == (weak[id_],))
        for id_, by in standing(events).items()
        if id_ in weak
        for answer in by.values()
        if answer.action == "label"
    ]
    counted += [("", one.labels == (weak[one.example_id],)) for one in _given_up(events)
                if one.example_id in weak]  # fmt: skip
    of = Counter(kind for kind, _ in counted)
    hits = Counter(kind for kind, same in counted if same)
    unseen, before, after = (share_of(hits[kind], of[kind]) for kind in ("", "before", "after"))
    few = min(of[""], of["before"]) < FEW
    if unseen is None or before is None:
        return Anchoring(unseen, before, after, None, None, None, few)
    difference = before.share - unseen.share
    down = ((before.share - before.low) ** 2 + (unseen.high - unseen.share) ** 2) ** 0.5
    up = ((before.high - before.share) ** 2 + (unseen.share - unseen.low) ** 2) ** 0.5
    return Anchoring(unseen, before, after, difference, difference - down, difference + up, few)


def _given_up(events: Sequence[Annotation]) -> list[Annotation]:
    """The answers that somebody had given before they saw the weak label and answered anew.

    They were given without it, and would be missed among those: who changes an answer mostly
    changes it to what was shown.
    """
    unseen = {(one.example_id, one.annotator): one
              for one in events if one.action == "label" and not one.revealed}  # fmt: skip
    return [
        unseen[id_, name]
        for id_, by in standing(events).items()
        for name, answer in by.items()
        if answer.action == "label" and answer.revealed == "after" and (id_, name) in unseen
    ]
