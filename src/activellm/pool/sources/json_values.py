"""What the two JSON formats share: from any JSON value to rows of text cells."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from activellm.errors import DataError
from activellm.pool.identity import storable

TEXT = "text"
"""The column of a value that is a string and no object."""


def parse(text: str, place: Callable[[], str]) -> Any:
    """The value of a JSON text.

    Raises:
        DataError: At the place that `place` gives, with what is wrong.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        at = f"line {error.lineno}, character" if "\n" in text.strip() else "character"
        problem = f"{error.msg} at {at} {error.colno}"
    except RecursionError:
        problem = "it is nested too deeply"
    except ValueError as error:
        problem = str(error)
    raise DataError(f"This is not valid JSON: {problem}.", where=place())


def as_object(value: Any, place: Callable[[], str]) -> dict[str, Any]:
    """A row's object; a bare string becomes the column "text".

    Raises:
        DataError: If it is neither.
    """
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        return {TEXT: value}
    kind = type(value).__name__
    raise DataError(f"Here should be an object or a string, not {kind}.", where=place())


def as_cells(value: dict[str, Any], columns: Iterable[str]) -> dict[str, str]:
    """The row's cells as text, with "" for what is missing."""
    return {column: as_cell(value.get(column)) for column in columns}


def as_cell(value: Any) -> str:
    """A string as it is, None as "", everything else as JSON text."""
    if isinstance(value, str):
        return storable(value)
    if value is None:
        return ""
    return storable(json.dumps(value, ensure_ascii=False, default=str))
