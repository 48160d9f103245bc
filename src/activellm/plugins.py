"""Packages that register something by entry point: what each offers, and why some of it is skipped.

Nothing that another package does wrong may break a command that has no need of it.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, distributions
from traceback import walk_tb
from typing import Any

from activellm.errors import ActiveLLMError
from activellm.named import NAMED


@dataclass(frozen=True, slots=True)
class Plugin:
    """One thing that another package registers.

    Attributes:
        name: How users are to ask for it.
        target: The "module:attribute" behind it.
        package: Whose it is, with the version where that is known.
        problem: Why it is skipped, in a sentence; empty while nothing speaks against it.
    """

    name: str
    target: str
    package: str
    problem: str = ""


class PluginError(ActiveLLMError):
    """Something that another package registers cannot be used."""

    def __init__(self, kind: str, plugin: Plugin, *, where: str = "") -> None:
        self.plugin = plugin
        super().__init__(
            f"The {kind} {plugin.name!r} of the package {plugin.package} cannot be used: "
            f"{plugin.problem}",
            where=where,
            remedy="Mend or remove that package, or choose another one.",
        )


def find_plugins(entries: Iterable[EntryPoint], taken: Collection[str]) -> tuple[Plugin, ...]:
    """What the entry points offer, by name; nothing is imported.

    Of two packages with one name the first in the alphabet has it.

    Args:
        entries: The entry points of one group.
        taken: The names of our own, which go first.
    """
    found: list[Plugin] = []
    owners: dict[str, str] = {}
    ordered = sorted(entries, key=lambda one: (one.name, _package(one), one.value))
    for plugin in (Plugin(one.name, one.value, _package(one)) for one in ordered):
        name = plugin.name
        problem = ""
        if not re.fullmatch(NAMED, name) or "(" in name:
            problem = "Its name is no word of letters, digits, '.', '_' and '-'."
        elif name in taken:
            problem = "ActiveLLM has one of that name, which stays."
        elif name in owners:
            problem = f"The package {owners[name]} has one of that name, which stays."
        else:
            owners[name] = plugin.package
        found.append(replace(plugin, problem=problem))
    return tuple(found)


def load_plugin(plugin: Plugin, wants: Sequence[str]) -> tuple[Any, Plugin]:
    """What is registered, and the plug-in with the problem that it turned out to have, if one.

    Args:
        plugin: Without a problem so far.
        wants: The attributes that its kind must have.
    """
    module, _, attribute = plugin.target.partition(":")
    try:
        loaded: Any = importlib.import_module(module)
        for part in attribute.split("."):
            loaded = getattr(loaded, part)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # foreign code may raise anything, even SystemExit
        said = f": {error}" if str(error) else ""
        return None, replace(plugin, problem=f"{type(error).__name__} at its import{said}.")
    return loaded, replace(plugin, problem=_misfit(plugin, loaded, wants))


def at_fault(error: BaseException) -> str:
    """The package with plug-ins whose code was running when an error was raised; empty if none."""
    running = {
        str(frame.f_globals.get("__name__", "")).partition(".")[0]
        for frame, _ in walk_tb(error.__traceback__)
    }
    entries = (one for package in distributions() for one in package.entry_points)
    added = (one for one in entries if one.group.startswith("activellm."))
    return next((_package(one) for one in added if one.module.partition(".")[0] in running), "")


def _misfit(plugin: Plugin, loaded: Any, wants: Sequence[str]) -> str:
    """Why an object is not of its kind, in a sentence; empty if it may be."""
    if not callable(loaded):
        return f"{plugin.target} is no class or function but {type(loaded).__name__}."
    if missing := [name for name in wants if not hasattr(loaded, name)]:
        return f"{plugin.target} has no {' and no '.join(missing)}."
    for text in {"name", "source"} & {*wants}:
        if not isinstance(getattr(loaded, text), str):
            return f"The {text} of {plugin.target} is no text."
    if "needs" in wants and not isinstance(loaded.needs, frozenset | set):
        return f"The needs of {plugin.target} are no set of words."
    if "name" in wants and loaded.name != plugin.name:
        return f"{plugin.target} calls itself {loaded.name!r}; both names must be the same."
    return ""


def _package(entry: EntryPoint) -> str:
    """The name and version of the package that an entry point belongs to."""
    if entry.dist is None:
        return entry.value.partition(":")[0]
    return f"{entry.dist.name} {entry.dist.version}"
