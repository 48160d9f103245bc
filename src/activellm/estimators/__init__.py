"""ActiveLLM among other Python tools: scikit-learn's estimators, and other libraries' loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activellm.lazy import lazily

if TYPE_CHECKING:
    from activellm.estimators.classifier import TextClassifier
    from activellm.estimators.inputs import InputError
    from activellm.estimators.scikit_activeml import ScikitActivemlStrategy
    from activellm.estimators.selector import Selector
    from activellm.estimators.small_text import SmallTextStrategy

__all__ = [
    "InputError",
    "ScikitActivemlStrategy",
    "Selector",
    "SmallTextStrategy",
    "TextClassifier",
]

__getattr__ = lazily(
    __name__,
    {
        "classifier": "TextClassifier",
        "inputs": "InputError",
        "scikit_activeml": "ScikitActivemlStrategy",
        "selector": "Selector",
        "small_text": "SmallTextStrategy",
    },
)
