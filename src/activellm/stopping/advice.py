"""What all criteria say together. Nothing stops by itself: people decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from activellm.stopping.contract import History, StoppingCriterion, Verdict
from activellm.stopping.words import listed, plural


def advise_stopping(history: History, criteria: Iterable[StoppingCriterion]) -> tuple[Verdict, ...]:
    """Ask each criterion whether to stop after the last round.

    Args:
        history: All rounds so far.
        criteria: Whom to ask; the verdicts come in their order.
    """
    return tuple(criterion.judge(history) for criterion in criteria)


def said(verdicts: Sequence[Verdict]) -> str:
    """All verdicts in one sentence: "1 of 2 criteria says stop: kappa; 1 says go on"."""
    if not verdicts:
        return "No stopping criterion was asked."
    stopping = [one.criterion for one in verdicts if one.says == "stop"]
    total = plural(len(verdicts), "criterion").replace("criterions", "criteria")
    head = f"{len(stopping) or 'None'} of {total} {_verb(len(stopping))} stop"
    going = sum(one.says == "go on" for one in verdicts)
    unable = sum(one.says == "cannot say" for one in verdicts)
    counts = [f"{going} {_verb(going)} go on"] if going else []
    counts += [f"{unable} cannot say"] if unable else []
    return "; ".join([f"{head}: {listed(stopping)}" if stopping else head, *counts]) + "."


def _verb(number: int) -> str:
    return "say" if number > 1 else "says"
