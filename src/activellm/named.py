"""A name with options in brackets, as users write it: `bald(passes=20)`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, TypeAlias

from activellm.errors import UsageError

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


def check_kinds(maker: Callable[..., Any], options: Mapping[str, Any], where: str) -> None:
    """Refuse words for numbers and numbers for words, as the defaults of what is made have them.

    Args:
        maker: A class or function.
        options: What it is to be called with; what it does not take is not looked at.
        where: Where people write the options.

    Raises:
        UsageError: Naming the option.
    """
    for name, parameter in inspect.signature(maker).parameters.items():
        kind, words = _KINDS.get(type(parameter.default), (object, ""))
        if not isinstance(value := options.get(name, parameter.default), kind):
            raise UsageError(f"{name} is {words}, not {value!r}.", where=where)


_KINDS: Mapping[type, tuple[type, str]] = {
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
    str: (str, "a word"),
}
"""Of a default: what may be in its place, and how that is called."""


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
