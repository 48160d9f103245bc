"""The plug-ins of each kind, with what they say of themselves."""

from __future__ import annotations

import inspect
from dataclasses import asdict
from importlib import import_module
from typing import Any

from activellm.registry import Registry

KINDS = {
    "formats": "activellm.exchange:FORMATS",
    "models": "activellm.llm:MODELS",
    "oracles": "activellm.annotation:ORACLES",
    "samplers": "activellm.pool:SAMPLERS",
    "stopping": "activellm.stopping:CRITERIA",
    "strategies": "activellm.selection:STRATEGIES",
    "successors": "activellm.successors:SUCCESSORS",
}
"""Where the registry of each kind is."""


def catalogue(kind: str) -> list[dict[str, Any]]:
    """Every plug-in of a kind: its name, what it is, what it needs, and its source.

    Query models also say where they run, whether they can be used now, and why not.
    """
    if kind == "models":
        return _models()
    module, _, attribute = KINDS[kind].partition(":")
    registry: Registry[Any] = getattr(import_module(module), attribute)
    return [_entry(name, registry.get(name)) for name in registry.names()]


def _models() -> list[dict[str, Any]]:
    from activellm.llm.availability import available_models

    return [asdict(found) for found in available_models()]


def _entry(name: str, plugin: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": name,
        "about": (inspect.getdoc(plugin) or "").partition("\n")[0],
    }
    if hasattr(plugin, "needs"):
        entry["needs"] = sorted(plugin.needs)
    if source := getattr(plugin, "source", None):
        entry["source"] = source
    return entry
