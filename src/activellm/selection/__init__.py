"""Query strategies: which of the candidates should people label?"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that importing the package costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "strategies" if name in ("STRATEGIES", "open_strategy") else "contract"
    return getattr(import_module(f"{__name__}.{home}"), name)
