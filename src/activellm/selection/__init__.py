"""Query strategies: which of the candidates should people label?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from activellm.lazy import lazily

if TYPE_CHECKING:
    from activellm.selection.context import Labelled, SelectionContext
    from activellm.selection.contract import Health, Judgement, Pick, QueryStrategy, Selection
    from activellm.selection.strategies import STRATEGIES, open_strategy

__all__ = [
    "STRATEGIES",
    "Health",
    "Judgement",
    "Labelled",
    "Pick",
    "QueryStrategy",
    "Selection",
    "SelectionContext",
    "open_strategy",
]

__getattr__ = lazily(
    __name__,
    {
        "context": "Labelled SelectionContext",
        "contract": "Health Judgement Pick QueryStrategy Selection",
        "strategies": "STRATEGIES open_strategy",
    },
)
