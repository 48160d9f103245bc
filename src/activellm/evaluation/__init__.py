"""How good a classifier is, how far the number can be trusted, and what to do next."""

from activellm.evaluation.advice import Advice, advise
from activellm.evaluation.comparison import (
    Comparison,
    Difference,
    compare_with_random,
)
from activellm.evaluation.cross_validation import cross_validate
from activellm.evaluation.intervals import Estimate, wilson
from activellm.evaluation.measure import (
    Evaluation,
    evaluate,
    judged_predictions,
    majority_predictions,
)
from activellm.evaluation.metrics import LabelScore
from activellm.evaluation.powered import Powered, powered_accuracy
from activellm.evaluation.runs import Done, LabelledTexts, MakeSuccessor

__all__ = [
    "Advice",
    "Comparison",
    "Difference",
    "Done",
    "Estimate",
    "Evaluation",
    "LabelScore",
    "LabelledTexts",
    "MakeSuccessor",
    "Powered",
    "advise",
    "compare_with_random",
    "cross_validate",
    "evaluate",
    "judged_predictions",
    "majority_predictions",
    "powered_accuracy",
    "wilson",
]
