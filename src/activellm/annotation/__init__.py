"""Labels from people: in the browser, in the terminal, from a file, from a gold column."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from activellm.annotation.browser import BrowserOracle
    from activellm.annotation.column import ColumnOracle
    from activellm.annotation.contract import Annotation, AnnotationLog, Oracle, QueueItem
    from activellm.annotation.file_labels import FileOracle
    from activellm.annotation.oracles import ORACLES, OracleOptions, open_oracle
    from activellm.annotation.terminal import TerminalOracle

_HOMES = {
    "ORACLES": "oracles",
    "Annotation": "contract",
    "AnnotationLog": "contract",
    "BrowserOracle": "browser",
    "ColumnOracle": "column",
    "FileOracle": "file_labels",
    "Oracle": "contract",
    "OracleOptions": "oracles",
    "QueueItem": "contract",
    "TerminalOracle": "terminal",
    "open_oracle": "oracles",
}

__all__ = [
    "ORACLES",
    "Annotation",
    "AnnotationLog",
    "BrowserOracle",
    "ColumnOracle",
    "FileOracle",
    "Oracle",
    "OracleOptions",
    "QueueItem",
    "TerminalOracle",
    "open_oracle",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that importing the package costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
