"""What there is of each kind, with what it says of itself; and what other packages add."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from typing import Any

from activellm.errors import MissingExtraError
from activellm.plugins import Plugin
from activellm.registry import Registry

REGISTRIES = {
    "formats": "activellm.exchange:FORMATS",
    "models": "activellm.llm:MODELS",
    "oracles": "activellm.annotation:ORACLES",
    "samplers": "activellm.pool:SAMPLERS",
    "stopping": "activellm.stopping:CRITERIA",
    "strategies": "activellm.selection:STRATEGIES",
    "successors": "activellm.successors:SUCCESSORS",
    "trackers": "activellm.tracking:TRACKERS",
}
"""Where the registry of each kind is."""

PLUGINS = "plugins"
"""What other packages add, of all kinds."""

KINDS = (*REGISTRIES, PLUGINS)


def catalogue(kind: str) -> list[dict[str, Any]]:
    """Everything of a kind: its name, what it is, what it needs, and its source.

    What another package adds names the package, and why it is skipped where it is. Query models
    also say where they run, whether they can be used now, and why not.
    """
    if kind == PLUGINS:
        return list(_all_plugins())
    if kind == "models":
        return _models()
    registry = registry_of(kind)
    plugins = registry.plugins(load=True)
    owners = {one.name: {"package": one.package} for one in plugins if not one.problem}
    names = sorted({*registry.builtin, *owners})
    own = [_known(registry, name) | owners.get(name, {}) for name in names]
    return own + [_skipped(one) for one in plugins if one.problem]


def registry_of(kind: str) -> Registry[Any]:
    """The registry of a kind."""
    module, _, attribute = REGISTRIES[kind].partition(":")
    found: Registry[Any] = getattr(import_module(module), attribute)
    return found


def _all_plugins() -> Iterator[dict[str, Any]]:
    for kind in REGISTRIES:
        registry = registry_of(kind)
        for one in registry.plugins(load=True):
            about = f"{registry.kind.capitalize()}."
            entry = _skipped(one) if one.problem else {"name": one.name, "package": one.package}
            skipped = f" {entry['about']}" if one.problem else ""
            yield entry | {"about": about + skipped, "kind": kind}


def _skipped(plugin: Plugin) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "about": f"Skipped, from the package {plugin.package}.",
        "package": plugin.package,
        "usable": False,
        "why": plugin.problem,
    }


def _known(registry: Registry[Any], name: str) -> dict[str, Any]:
    """What something says of itself, or which packages it lacks here."""
    try:
        return _entry(name, registry.get(name))
    except MissingExtraError as error:
        about = f"{registry.kind.capitalize()}. Its packages are not installed here."
        return {"name": name, "about": about, "usable": False, "why": error.remedy}


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
