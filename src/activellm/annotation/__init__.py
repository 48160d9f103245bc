"""Labels from people: in the browser, in the terminal, from a file, from a gold column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activellm.lazy import lazily

if TYPE_CHECKING:
    from activellm.annotation.browser import BrowserOracle
    from activellm.annotation.column import ColumnOracle
    from activellm.annotation.contract import Annotation, AnnotationLog, Oracle, QueueItem
    from activellm.annotation.file_labels import FileOracle
    from activellm.annotation.oracles import ORACLES, OracleOptions, open_oracle
    from activellm.annotation.terminal import TerminalOracle


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

__getattr__ = lazily(
    __name__,
    {
        "browser": "BrowserOracle",
        "column": "ColumnOracle",
        "contract": "Annotation AnnotationLog Oracle QueueItem",
        "file_labels": "FileOracle",
        "oracles": "ORACLES OracleOptions open_oracle",
        "terminal": "TerminalOracle",
    },
)
