"""The formats by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from activellm.errors import UsageError
from activellm.exchange.contract import Format
from activellm.registry import Registry

FORMATS: Registry[Callable[[], Format]] = Registry(
    "format",
    "activellm.formats",
    {
        "argilla": "activellm.exchange.argilla:Argilla",
        "csv": "activellm.exchange.csv_table:CsvTable",
        "doccano": "activellm.exchange.doccano:Doccano",
        "hugging-face": "activellm.exchange.hugging_face:HuggingFace",
        "jsonl": "activellm.exchange.json_lines:JsonLines",
        "label-studio": "activellm.exchange.label_studio:LabelStudio",
        "parquet": "activellm.exchange.parquet:Parquet",
        "prodigy": "activellm.exchange.prodigy:Prodigy",
    },
    wants=("name", "folder", "beside", "write", "read"),
)
"""All formats; other packages add theirs under the entry point `activellm.formats`."""

_BY_SUFFIX = {".csv": "csv", ".parquet": "parquet"}


def open_format(name: str | None, path: Path) -> Format:
    """The format of this name; without one, that of a file whose name tells it.

    Raises:
        UsageError: If there is no such format, or the file's name does not tell.
    """
    name = name or _BY_SUFFIX.get(path.suffix.lower())
    if name is None:
        raise UsageError(
            "Its name does not tell its format.",
            where=str(path),
            remedy=f"Name it with --format: {', '.join(FORMATS.names())}.",
        )
    return FORMATS.get(name, where="--format")()
