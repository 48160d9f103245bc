"""What can be asked for by name: our own, and what other packages register by entry point."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar, cast

from activellm.errors import MissingExtraError, UnknownNameError
from activellm.plugins import Plugin, PluginError, find_plugins, load_plugin

T = TypeVar("T")

_OF_LOCAL = ("safetensors", "torch", "transformers")
"""What the extra `local` brings and some of our own import."""


class Registry(Generic[T]):
    """Names of one kind of thing, each imported only when it is asked for.

    What another package registers is looked at before it is used: one that cannot be imported, is
    no such thing, or has a name that is taken, is skipped with the reason.

    Args:
        kind: What users call it, for messages ("query strategy").
        group: The entry-point group in which other packages register theirs.
        builtin: Our own: name -> "module:attribute".
        wants: The attributes that each must have; with "name" among them, also the same name.
    """

    def __init__(
        self, kind: str, group: str, builtin: Mapping[str, str], wants: Sequence[str] = ()
    ) -> None:
        self.kind = kind
        self.group = group
        self._builtin = dict(builtin)
        self._wants = tuple(wants)

    @property
    def builtin(self) -> tuple[str, ...]:
        """The names of our own, sorted."""
        return tuple(sorted(self._builtin))

    def targets(self) -> dict[str, str]:
        """All names that can be asked for with the "module:attribute" behind each; sorted."""
        return dict(sorted((self._added() | self._builtin).items()))

    def names(self) -> tuple[str, ...]:
        """All names that can be asked for, sorted. A plug-in's may turn out not to load."""
        return tuple(self.targets())

    def plugins(self, *, load: bool = False) -> tuple[Plugin, ...]:
        """What other packages register, also what is skipped.

        Args:
            load: Whether to import each, which shows those that are broken.
        """
        found = find_plugins(entry_points(group=self.group), self._builtin)
        if not load:
            return found
        return tuple(one if one.problem else load_plugin(one, self._wants)[1] for one in found)

    def check(self, name: str, *, where: str = "") -> str:
        """Return `name` if it can be used. Of our own, nothing is imported.

        Raises:
            UnknownNameError: If nothing is registered under it, with the list and the nearest.
            PluginError: If it is another package's, and broken.
        """
        if name not in self._builtin:
            self._load(name, where)
        return name

    def get(self, name: str, *, where: str = "") -> T:
        """Import and return what is registered under `name`.

        Raises:
            UnknownNameError: If nothing is, with the list and the nearest match.
            PluginError: If it is another package's, and broken.
            MissingExtraError: If it is our own, and the packages that it needs are missing.
        """
        if name not in self._builtin:
            return self._load(name, where)
        module, _, attribute = self._builtin[name].partition(":")
        try:
            loaded: Any = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] in _OF_LOCAL:
                raise MissingExtraError(f"The {self.kind} {name}", "local") from None
            raise
        return cast(T, getattr(loaded, attribute))

    def _added(self) -> dict[str, str]:
        """The other packages' names that nothing speaks against so far."""
        return {one.name: one.target for one in self.plugins() if not one.problem}

    def _load(self, name: str, where: str) -> T:
        named = [one for one in self.plugins() if one.name == name and not one.problem]
        if not named:
            raise UnknownNameError(self.kind, name, self.targets(), where=where)
        loaded, plugin = load_plugin(named[0], self._wants)
        if plugin.problem:
            raise PluginError(self.kind, plugin, where=where)
        return cast(T, loaded)
