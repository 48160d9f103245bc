"""A name with options in brackets, as users write it: `bald(passes=20)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

Options: TypeAlias = Mapping[str, int | float | str]
"""Options by name, as they were written: a number where it is one, else the word."""

NAMED = r"([A-Za-z][\w.-]*)\s*(?:\(([^()]*)\))?"
"""Two groups: the name, and what stands in brackets (None without any)."""

_OPTION = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*([^\s=]+)\s*")


def read_options(written: str | None) -> Options | None:
    """Options from what stands in the brackets; None if it cannot be read."""
    parts = written.split(",") if written and written.strip() else []
    options = [_OPTION.fullmatch(part) for part in parts]
    values = {option[1]: _value(option[2]) for option in options if option}
    return values if len(values) == len(parts) else None


def write_named(name: str, options: Options) -> str:
    """The same as users write it."""
    inside = ", ".join(f"{key}={value}" for key, value in options.items())
    return f"{name}({inside})" if inside else name


def _value(word: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word
