"""JSON arrays and lines, one element at a time, in memory for one element."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from activellm.errors import DataError
from activellm.pool.sources.raw import RawInput, readable

LONGEST = 1 << 28
"""Characters that one element may have."""

_CHUNK = 1 << 18
_SLACK = 64
"""An error this near the end of what was read may be only a cut: more is read first."""

_SPACE = " \t\r\n"


def array_elements(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a JSON array, each with its place ("FILE, record 3").

    Raises:
        DataError: If the file is no JSON array of objects, is damaged or cut off.
    """
    raw = RawInput(path)
    with _utf8(raw.name), raw.open() as file:
        text = _Text(file)
        _begin(text, raw.name)
        number = 0
        while True:
            number += 1
            where = f"{raw.name}, record {number}"
            if text.skip() == "]":
                break
            if number > 1:
                text.expect(",", where)
            yield where, _object(text.value(where), where)
        text.expect("]", raw.name)
        if text.skip():
            raise DataError("Something follows after the array's end.", where=raw.name)


def lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a JSON Lines file, each with its place ("FILE, line 3"); blank lines pass.

    Raises:
        DataError: For the first line that is no JSON object.
    """
    raw = RawInput(path)
    with _utf8(raw.name), raw.open() as file:
        for number, line in enumerate(codecs.getreader("utf-8-sig")(file), start=1):
            if line and not line.isspace():
                where = f"{raw.name}, line {number}"
                yield where, _object(parsed(line, where), where)


def parsed(text: str, where: str) -> Any:
    """The value of a JSON text.

    Raises:
        DataError: If it is none.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise DataError("The JSON is nested too deeply.", where=where) from None
    except ValueError as error:
        raise _invalid(where, str(error)) from None


def write_array(values: Iterable[Any], path: Path) -> None:
    """Write a JSON array, an element a line."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("[")
        for number, value in enumerate(values):
            file.write(",\n" if number else "\n")
            file.write(dumped(value))
        file.write("\n]\n")


def write_lines(values: Iterable[Any], path: Path) -> None:
    """Write JSON Lines."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(dumped(value) + "\n" for value in values)


def dumped(value: Any) -> str:
    """A value as JSON on one line, also for those who break lines at U+2028 or U+0085."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    for odd in "\x85\u2028\u2029":
        if odd in text:
            text = text.replace(odd, f"\\u{ord(odd):04x}")
    return text


@contextmanager
def _utf8(name: str) -> Iterator[None]:
    """Errors for users: JSON is UTF-8 and nothing else."""
    with readable(name):
        try:
            yield
        except UnicodeDecodeError:
            raise DataError(
                "It is not UTF-8 text.", where=name, remedy="Export it again as JSON in UTF-8."
            ) from None


def _begin(text: _Text, name: str) -> None:
    first = text.skip()
    if first != "[":
        kind = "is empty" if not first else "is no JSON array"
        raise DataError(f"It {kind}.", where=name, remedy="Is it in this format? Look at --format.")
    text.expect("[", name)


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DataError(f"Here should be an object, not {type(value).__name__}.", where=where)
    return value


def _invalid(where: str, why: str) -> DataError:
    return DataError(f"This is not valid JSON: {why}.", where=where)


class _Text:
    """The file's text from where reading stands; only what is needed is held."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._held, self._at, self._ended = "", 0, False
        self._decoder = json.JSONDecoder()

    def _more(self) -> bool:
        """Read on, twice as much as is held; False at the end."""
        if self._ended:
            return False
        chunk = self._file.read(max(_CHUNK, len(self._held) - self._at))
        self._ended = not chunk
        self._held = self._held[self._at :] + self._decode(chunk, self._ended)
        self._at = 0
        return not self._ended

    def skip(self) -> str:
        """Pass over white space; gives the next character, "" at the end."""
        while True:
            while self._at < len(self._held) and self._held[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def expect(self, character: str, where: str) -> None:
        """Pass over white space and this character."""
        found = self.skip()
        if found != character:
            shown = repr(found) if found else "the file ends"
            raise _invalid(where, f"{character!r} is missing, {shown}")
        self._at += 1

    def value(self, where: str) -> Any:
        """The next value, whole."""
        self.skip()
        while True:
            try:
                value, self._at = self._decoder.raw_decode(self._held, self._at)
                return value
            except RecursionError:
                raise DataError("The JSON is nested too deeply.", where=where) from None
            except ValueError as error:
                if not isinstance(error, json.JSONDecodeError):
                    raise _invalid(where, str(error)) from None  # a number of endless digits
                cut = "Unterminated string" in error.msg or (error.pos > len(self._held) - _SLACK)
                if cut and len(self._held) - self._at > LONGEST:
                    raise DataError(
                        f"It is longer than {LONGEST:,} characters.", where=where
                    ) from None
                if not cut or not self._more():
                    why = "the file ends before the record does" if cut else error.msg
                    raise _invalid(where, why) from None
