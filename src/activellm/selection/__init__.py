"""Query strategies: which of the candidates should people label?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from activellm.lazy import lazily

if TYPE_CHECKING:
    from activellm.selection.contract import (
        Health,
        Judgement,
        Labelled,
        Pick,
        QueryStrategy,
        Selection,
        SelectionContext,
    )
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
        "contract": "Health Judgement Labelled Pick QueryStrategy Selection SelectionContext",
        "strategies": "STRATEGIES open_strategy",
    },
)
