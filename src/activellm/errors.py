"""The errors that users see: what is wrong, where, and what to do about it.

Everything else that is raised is a bug of ours and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ActiveLLMError(Exception):
    """Something failed that the user can act on. The command exits with 1.

    Args:
        what: What is wrong, in one sentence.
        where: The file, row, column or option concerned.
        remedy: What the user can do now.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head} {self.remedy}" if self.remedy else head


class UsageError(ActiveLLMError):
    """The request itself is wrong: an option, a name, a combination. The command exits with 2."""

    exit_code = 2


class DataError(UsageError):
    """An input file or a row of it cannot be used."""


class UnknownNameError(UsageError):
    """A name that nothing is registered under.

    Args:
        kind: What was looked up, as users call it ("query strategy").
        name: The unknown name.
        known: The names that exist.
        where: The option or field that held it.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str = "") -> None:
        self.kind, self.name, self.known = kind, name, tuple(sorted(known))
        near = difflib.get_close_matches(name, self.known, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        choices = ", ".join(self.known) or "none"
        super().__init__(
            f"There is no {kind} called {name!r}.", where=where, remedy=f"{hint}Known: {choices}."
        )


class MissingExtraError(ActiveLLMError):
    """An optional dependency is not installed; the message names the exact install line.

    Args:
        purpose: What needs it.
        extra: The extra that brings it.
        also: Another command that is needed after it.
    """

    def __init__(self, purpose: str, extra: str, *, also: str = "") -> None:
        self.extra = extra
        further = f" && {also}" if also else ""
        super().__init__(
            f"{purpose} needs packages that are not installed.",
            remedy=f"Install them with: pip install 'activellm[{extra}]'{further}",
        )


class QueryModelError(ActiveLLMError):
    """The query model (LLM) could not be loaded, reached, or did not answer usably.

    Attributes:
        unpaid: Whether it is sure that the failed call cost nothing.
    """

    unpaid = False


class StoreError(ActiveLLMError):
    """The project folder or its database cannot be read or written."""
