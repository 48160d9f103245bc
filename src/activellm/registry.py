"""Plug-ins by name: our own, and those that other packages register by entry point."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar, cast

from activellm.errors import UnknownNameError

T = TypeVar("T")


class Registry(Generic[T]):
    """Names of one kind of plug-in, each imported only when it is asked for.

    Args:
        kind: What users call it, for messages ("query strategy").
        group: The entry-point group in which other packages register theirs.
        builtin: Our own: name -> "module:attribute".
    """

    def __init__(self, kind: str, group: str, builtin: Mapping[str, str]) -> None:
        self.kind = kind
        self.group = group
        self._builtin = dict(builtin)

    def targets(self) -> dict[str, str]:
        """All registered names with the "module:attribute" behind each; our own names win."""
        found = {entry.name: entry.value for entry in entry_points(group=self.group)}
        return dict(sorted((found | self._builtin).items()))

    def names(self) -> tuple[str, ...]:
        """All registered names, sorted."""
        return tuple(self.targets())

    def check(self, name: str, *, where: str = "") -> str:
        """Return `name` if it is registered.

        Raises:
            UnknownNameError: If not, with the list and the nearest match.
        """
        if name not in self._builtin and name not in (targets := self.targets()):
            raise UnknownNameError(self.kind, name, targets, where=where)
        return name

    def get(self, name: str, *, where: str = "") -> T:
        """Import and return what is registered under `name`.

        Raises:
            UnknownNameError: If nothing is, with the list and the nearest match.
        """
        self.check(name, where=where)
        target = self._builtin.get(name) or self.targets()[name]
        module, _, attribute = target.partition(":")
        loaded: Any = importlib.import_module(module)
        return cast(T, getattr(loaded, attribute))
