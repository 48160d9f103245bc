"""What a plan's questions take at the most: tokens, dollars, and a rough time."""

from __future__ import annotations

from collections.abc import Sequence

from activellm.llm.estimates import NOTHING, Estimate
from activellm.llm.protocol import QueryModel
from activellm.llm.wrapper import waits_for_batches
from activellm.selection.plan import Plan

HERE, ELSEWHERE = (100.0, 8.0, 0.0), (3000.0, 50.0, 1.5)
"""For the time: tokens read and written a second, and seconds before the first. Rough: a small
model on two cores of a CPU, and a hosted one."""

BATCH = 3600.0
"""Seconds for a batch: most end within the hour, the provider's limit is a day."""


def for_later(plan: Plan, known: Sequence[Estimate]) -> Estimate:
    """What later questions take, whose words are not known: as much a text as the known ones.

    Args:
        plan: What is asked.
        known: What its known questions take.
    """
    total = sum(known, start=NOTHING)
    texts = sum(one.texts for one in plan.questions)
    share = sum(one.calls * one.texts for one in plan.later) / texts if texts else 0.0
    return Estimate(
        round(total.prompt_tokens * share),
        round(total.completion_tokens_most * share),
        None if total.cost_most is None else total.cost_most * share,
    )


def seconds_for(
    models: Sequence[QueryModel], most: Estimate, calls: int, batches: int = 1
) -> float:
    """How long calls take, roughly, as many side by side as the models allow.

    Args:
        models: Who is asked.
        most: All tokens.
        calls: How many.
        batches: How many follow one another, where some model's questions go by batches.
    """
    if not models:
        return 0.0
    if any(waits_for_batches(one) for one in models):
        return BATCH * batches
    read, write, wait = HERE if any(one.runs_here for one in models) else ELSEWHERE
    places = max(1, min(calls, sum(one.parallel for one in models)))
    return (most.prompt_tokens / read + most.completion_tokens_most / write + calls * wait) / places
