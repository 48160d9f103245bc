"""Coverage by expected class: every class that the query model sees gets its share of the picks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from activellm.selection.context import Labelled, SelectionContext, check_request
from activellm.selection.contract import Health, Pick, Selection
from activellm.selection.correction import corrected, to_judge
from activellm.selection.judgements import Judgements
from activellm.selection.judging import judge, plan_judging
from activellm.selection.kmeans import representatives, resemblance
from activellm.selection.plan import Plan
from activellm.task import Task

CLEARER = 0.6
"""The part of each expected class from which its representatives come: the clearest cases.

With labels that correct the judge, the whole class is better."""


class Coverage:
    """The query model labels the candidates; each expected class gets its share of the picks.

    Inside a class, its share is the representatives of as many k-means clusters of the clearer
    part of the class. What is labelled already counts against a class's share, and corrects the
    judgements; the whole of each class can then be picked.
    """

    name: ClassVar[str] = "coverage"
    needs: ClassVar[frozenset[str]] = frozenset({"model", "embeddings"})
    source: ClassVar[str] = "ActiveLLM; see docs/design/choosing-by-coverage.md"

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Judge candidates and labelled texts, then choose representatives of each expected class.

        Raises:
            UsageError: If n does not fit the candidates, or model or encoder are missing.
            QueryModelError: If the query model failed.
        """
        check_request(context, n)
        model, _ = context.model, context.vectors  # both needs are met before anything is paid
        judgements = judge(model, context.task, to_judge(context), progress=context.progress)
        return choose_by_coverage(context, n, judgements)

    def plan(self, context: SelectionContext, n: int) -> Plan:
        """The questions for judgements; nothing is sent.

        Raises:
            UsageError: As `select`.
        """
        check_request(context, n)
        return plan_judging(context.model, context.task, to_judge(context))


def choose_by_coverage(context: SelectionContext, n: int, judgements: Judgements) -> Selection:
    """Choose n candidates that are judged already.

    Args:
        context: Its embeddings and its random generator are used, not its model.
        n: From 1 to the number of candidates.
        judgements: Of `to_judge(context)`, in this order.
    """
    own = judgements.first(len(context.candidates))
    probabilities = corrected(context, judgements)
    expected = probabilities.argmax(axis=1)
    members = [
        np.flatnonzero(own.judged & (expected == label))
        for label in range(len(context.task.labels))
    ]
    available = [len(rows) for rows in members]
    before = labels_given(context.task, context.labelled)
    shares = fair_shares(min(n, sum(available)), available, before)
    by_class = [
        _picks_of_class(context, probabilities[:, label], label, rows, share)
        for label, (rows, share) in enumerate(zip(members, shares, strict=True))
    ]
    in_turn = chain.from_iterable(zip_longest(*by_class))
    picks = [pick for pick in in_turn if pick is not None]
    picks += _unjudged(context, own, n - len(picks))
    return Selection(
        strategy=Coverage.name,
        picks=tuple(picks),
        explanation=_explain(context, available, shares),
        health=Health(suspicious=judgements.suspicious, warnings=judgements.warnings),
        judgements=own.as_tuple(),
        usage=judgements.usage,
        recordings=judgements.recordings,
    )


def fair_shares(n: int, available: Sequence[int], before: Sequence[int]) -> list[int]:
    """How many of n picks each class gets, so that all classes end up with as many as possible.

    One pick after the other goes to the class that has the fewest so far, those labelled before
    included; of equals to the one with more texts, then to the first.

    Args:
        n: At most the sum of `available`.
        available: How many texts each class can give.
        before: How many of each class are labelled already.
    """
    shares = [0] * len(available)
    for _ in range(n):
        free = [label for label, most in enumerate(available) if shares[label] < most]
        poorest = min(free, key=lambda label: (before[label] + shares[label], -available[label]))
        shares[poorest] += 1
    return shares


def labels_given(task: Task, labelled: Sequence[Labelled]) -> list[int]:
    """How often people have given each label so far, in the task's label order."""
    return [sum(name in one.answer for one in labelled) for name in task.label_names]


def clearer_part(
    rows: npt.NDArray[np.int64],
    clearness: npt.NDArray[np.float64],
    share: int,
    part: float = CLEARER,
) -> npt.NDArray[np.int64]:
    """The clearer part of a class, or as many as its share needs, in their old order."""
    kept = max(share, math.ceil(part * len(rows)))
    clearest = np.argsort(-clearness[rows], kind="stable")[:kept]
    return np.sort(rows[clearest])


def _picks_of_class(
    context: SelectionContext,
    probability: npt.NDArray[np.float64],
    label: int,
    rows: npt.NDArray[np.int64],
    share: int,
) -> list[Pick]:
    if share == 0:
        return []
    part = 1.0 if context.labelled else CLEARER
    clear = clearer_part(rows, probability, share, part)
    picks = []
    for one in representatives(context.vectors[clear], share, context.rng):
        row = clear[one.index]
        reason = (
            f"expected label {context.task.label_names[label]} "
            f"(probability {probability[row]:.2f}), {resemblance(one.size)}"
        )
        picks.append(Pick(context.candidates[row].id, reason, float(probability[row])))
    return picks


def _unjudged(context: SelectionContext, judgements: Judgements, n: int) -> list[Pick]:
    if n == 0:
        return []
    rows = np.flatnonzero(~judgements.judged)
    chosen = representatives(context.vectors[rows], n, context.rng)
    return [
        Pick(
            context.candidates[rows[one.index]].id,
            f"the query model gave no usable judgement, {resemblance(one.size)}",
        )
        for one in chosen
    ]


def _explain(context: SelectionContext, available: Sequence[int], shares: Sequence[int]) -> str:
    parts = [
        f"{share} of {count} expected to be {name}"
        for name, share, count in zip(context.task.label_names, shares, available, strict=True)
    ]
    corrected_by = f", corrected by {len(context.labelled)} labels" if context.labelled else ""
    return (
        f"The query model said which label it expects for each candidate{corrected_by}, and each "
        f"expected label got its share of the picks: {', '.join(parts)}."
    )
