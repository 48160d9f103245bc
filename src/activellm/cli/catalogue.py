"""The plug-ins of each kind, with what they say of themselves."""

from __future__ import annotations

import inspect
from typing import Any

from activellm.registry import Registry

KINDS = ("models", "oracles", "samplers", "strategies", "successors")


def catalogue(kind: str) -> list[dict[str, Any]]:
    """Every plug-in of a kind: name, first line of its docstring, needs and source if it has any."""
    registry = _registry(kind)
    return [_entry(name, registry.get(name)) for name in registry.names()]


def _registry(kind: str) -> Registry[Any]:
    if kind == "strategies":
        from activellm.selection import STRATEGIES

        return STRATEGIES
    if kind == "successors":
        from activellm.successors import SUCCESSORS

        return SUCCESSORS
    if kind == "oracles":
        from activellm.annotation import ORACLES

        return ORACLES
    if kind == "samplers":
        from activellm.pool.sampling import SAMPLERS

        return SAMPLERS
    from activellm.llm import MODELS

    return MODELS


def _entry(name: str, plugin: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": name,
        "about": (inspect.getdoc(plugin) or "").partition("\n")[0],
    }
    if needs := getattr(plugin, "needs", None):
        entry["needs"] = sorted(needs)
    if source := getattr(plugin, "source", None):
        entry["source"] = source
    return entry
