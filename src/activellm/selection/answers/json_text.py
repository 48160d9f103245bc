"""JSON in an answer, read with patience: words around it, cut off, loosely written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"

DEEPEST = 50
"""Brackets inside each other; deeper nesting is no answer."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<open>[\[{]) | (?P<close>[\]}]) | (?P<mark>[,:])
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<number>[+-]?\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,3})?(?![\w.]))
      | (?P<word>true|false|null|True|False|None)\b
      | (?P<dots>\.\.\.|…)
    )""",
    re.VERBOSE | re.DOTALL,
)
_BRACKET = re.compile(r"[\[{]")
_NOT_SPACE = re.compile(r"\S")
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Found:
    """A JSON value in a text, and where it stands."""

    value: Value
    start: int
    end: int


def json_in(text: str) -> Iterator[Found]:
    """Every array or object that is not inside another one, in the order of the text.

    Trailing commas, single quotes, omission dots and the names that Python has for true, false and
    null are forgiven. At the end of the text all that is open is closed; a number or a text that
    the end may have cut is left out. Brackets that hold anything else are no JSON. The time is
    proportional to the length of the text: none of it is tried twice.
    """
    at = 0
    while bracket := _BRACKET.search(text, at):
        reader = _Reader(text, bracket.start())
        found = reader.read()
        if found is not None:
            yield found
        at = max(reader.at, bracket.end())


class _Reader:
    """Reads one value by its own stack, never by recursion."""

    def __init__(self, text: str, start: int) -> None:
        self.text, self.start, self.at = text, start, start
        self.bottom: list[Value] | dict[str, Value] = []
        self.stack: list[list[Value] | dict[str, Value]] = []
        self.keys: list[str | None] = []

    def read(self) -> Found | None:
        """The value that begins here; None if it is no JSON."""
        while True:
            token = _TOKEN.match(self.text, self.at)
            if token is None:
                return self._cut()
            if token.lastgroup == "open" and len(self.stack) == DEEPEST:
                return None
            if token.lastgroup == "number" and token.end() == len(self.text):
                self.at = token.end()
                return self._whole()
            whole = self._take(token)
            if whole is False:
                return None
            self.at = token.end()
            if whole is True:
                return self._whole()

    def _cut(self) -> Found | None:
        """What was read before the text ended; None if it goes on with something else."""
        rest = _NOT_SPACE.search(self.text, self.at)
        if rest and rest.group() != '"':  # a text that does not end is cut, too
            return None
        self.at = len(self.text)
        return self._whole()

    def _whole(self) -> Found:
        return Found(self.bottom, self.start, self.at)

    def _take(self, token: re.Match[str]) -> bool | None:
        """Use a token: True when the value is complete, False when this is no JSON."""
        kind, written = token.lastgroup, token.group().strip()
        if kind == "open":
            value: list[Value] | dict[str, Value] = [] if written == "[" else {}
            if not self.stack:
                self.bottom = value
            elif not self._add(value):
                return False
            self.stack.append(value)
            self.keys.append(None)
            return None
        if kind == "close":
            top, key = self.stack.pop(), self.keys.pop()
            fits = key is None and written == ("]" if isinstance(top, list) else "}")
            return (not self.stack or None) if fits else False
        if kind in ("mark", "dots"):
            return False if written == "," and self.keys[-1] is not None else None
        return None if self._add(_scalar(str(kind), written)) else False

    def _add(self, value: Value) -> bool:
        top = self.stack[-1]
        if isinstance(top, list):
            top.append(value)
            return True
        key = self.keys[-1]
        if key is None and isinstance(value, str | int):
            self.keys[-1] = str(value)
            return True
        if key is None:
            return False
        top[_free(key, top)] = value
        self.keys[-1] = None
        return True


def _free(key: str, taken: dict[str, Value]) -> str:
    """The key, or a changed one where an object has it twice."""
    return key if key not in taken else f"{key} {len(taken)}"


def _scalar(kind: str, written: str) -> Value:
    if kind == "word":
        return _WORDS[{"None": "null"}.get(written, written.lower())]
    if kind == "text":
        return _unquoted(written)
    number = float(written)
    return int(written) if written.lstrip("+-").isdigit() else number


def _unquoted(written: str) -> str:
    if written[0] == '"':
        try:
            return str(json.loads(written, strict=False))
        except ValueError:
            pass
    return written[1:-1]
