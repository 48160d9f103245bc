"""When to stop labelling: advice from what each round came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activellm.lazy import lazily

if TYPE_CHECKING:
    from activellm.stopping.advice import advise_stopping, said
    from activellm.stopping.contract import History, RoundFacts, StoppingCriterion, Verdict
    from activellm.stopping.criteria import CRITERIA, DEFAULT, open_criterion, read_criteria

__all__ = [
    "CRITERIA",
    "DEFAULT",
    "History",
    "RoundFacts",
    "StoppingCriterion",
    "Verdict",
    "advise_stopping",
    "open_criterion",
    "read_criteria",
    "said",
]

__getattr__ = lazily(
    __name__,
    {
        "advice": "advise_stopping said",
        "contract": "History RoundFacts StoppingCriterion Verdict",
        "criteria": "CRITERIA DEFAULT open_criterion read_criteria",
    },
)
