"""The oracles by name, and how a user's `--oracle` becomes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from activellm.annotation.contract import Oracle
from activellm.errors import UsageError
from activellm.registry import Registry


@dataclass(frozen=True, slots=True)
class OracleOptions:
    """What an oracle may need to know besides its argument; each takes what concerns it.

    Attributes:
        annotator: Under which name the answers are kept.
        port: The page's port; None for a free one.
        open_browser: Whether the page opens by itself.
        announce: Told the page's address, with its one-time token.
        label_column: The column that became `Example.label` when the pool was read.
    """

    annotator: str = "annotator"
    port: int | None = None
    open_browser: bool = True
    announce: Callable[[str], None] | None = None
    label_column: str = "label"


class OracleKind(Protocol):
    """What is registered: a class that makes itself from the part after the colon."""

    def from_spec(self, argument: str, options: OracleOptions, /) -> Oracle:
        """Make the oracle.

        Raises:
            UsageError: If the argument is missing, unwanted, or unusable.
        """
        ...


ORACLES: Registry[OracleKind] = Registry(
    "oracle",
    "activellm.oracles",
    {
        "browser": "activellm.annotation.browser:BrowserOracle",
        "column": "activellm.annotation.column:ColumnOracle",
        "file": "activellm.annotation.file_labels:FileOracle",
        "terminal": "activellm.annotation.terminal:TerminalOracle",
    },
    wants=("name", "from_spec", "answer"),
)
"""All oracles; other packages add theirs under the entry point `activellm.oracles`."""


def open_oracle(spec: str, options: OracleOptions | None = None) -> Oracle:
    """Make the oracle that `spec` names: "browser", "terminal", "column:NAME" or "file:PATH".

    Raises:
        UsageError: If there is no such oracle (with the list), or its argument does not fit.
    """
    name, _, argument = spec.partition(":")
    kind = ORACLES.get(name.strip(), where="--oracle")
    return kind.from_spec(argument, options or OracleOptions())


def no_argument(name: str, argument: str) -> None:
    """Refuse text after the colon for an oracle that takes none.

    Raises:
        UsageError: If there is some.
    """
    if argument:
        raise UsageError(
            f"The oracle {name!r} takes nothing after a colon, but {argument!r} is there.",
            where="--oracle",
            remedy=f"Write --oracle {name}.",
        )
