"""What a person types at the terminal, and which labels it means."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from activellm.annotation.keys import label_keys
from activellm.errors import DataError
from activellm.task import SEPARATOR, Answer, Task


class Choices:
    """The labels of a task as they can be typed: by key (or number), or by name."""

    def __init__(self, task: Task) -> None:
        names = tuple(label.name for label in task.offered)
        keys = label_keys(len(names))
        self._task = task
        self.single_keys = bool(keys)
        self.keys = keys or tuple(str(number) for number in range(1, len(names) + 1))
        self._by_key = dict(zip(self.keys, names, strict=True))
        self._by_name = {name.casefold(): name for name in names}

    def labels(self, said: str) -> Answer:
        """The labels that a line or a key means.

        Raises:
            DataError: If it is no key and no name, or not one label where one is needed.
        """
        if not self._task.multi:
            return (self._one(said),)
        if said.casefold() in self._by_name:
            return (self._one(said),)
        return self._task.answer([self._one(part) for part in self._split(said)])

    def _split(self, said: str) -> list[str]:
        """The parts of a multi-label line: "A | B", "1,3", "1 3", or "13" (single keys)."""
        for separator in (SEPARATOR, ","):
            if separator in said:
                return [part for part in said.split(separator) if part.strip()]
        if self.single_keys and set(said.lower()) <= set(self.keys):
            return list(said)
        return said.split()

    def _one(self, said: str) -> str:
        said = said.strip()
        found = self._by_key.get(said.lower()) or self._by_name.get(said.casefold())
        if found is None:
            keys = ", ".join(f"{key} {name}" for key, name in self._by_key.items())
            raise DataError(f"{said!r} is no label.", remedy=f"Keys: {keys}.")
        return found


@contextmanager
def keys_at_once(stdin: TextIO) -> Iterator[None]:
    """Let key presses arrive without Enter and unechoed, in a terminal; put it back afterwards."""
    if sys.platform == "win32":
        yield
        return
    import termios
    import tty

    handle = stdin.fileno()
    before = termios.tcgetattr(handle)
    try:
        tty.setcbreak(handle, termios.TCSADRAIN)
        yield
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)


def read_key(stdin: TextIO) -> str | None:
    """Wait for one key press; None at the end of the input (Ctrl-D), "" for Enter and the like.

    Ctrl-C raises KeyboardInterrupt as usual.
    """
    if sys.platform == "win32":
        return _read_key_windows()
    handle = stdin.fileno()
    pressed = os.read(handle, 1)
    if pressed in (b"", b"\x04"):
        return None
    if pressed == b"\x1b":
        _swallow_sequence(handle)
        return ""
    while pressed[0] >= 0xC0 and len(pressed) < _utf8_length(pressed[0]):
        pressed += os.read(handle, 1)
    return pressed.decode("utf-8", errors="replace").strip()


def _utf8_length(first: int) -> int:
    return 2 if first < 0xE0 else 3 if first < 0xF0 else 4


def _swallow_sequence(handle: int) -> None:
    """Read the rest of what arrows and function keys send, and no key after it."""
    import select

    def follows() -> bool:
        return bool(select.select([handle], [], [], 0.02)[0])

    if follows() and os.read(handle, 1) in (b"[", b"O"):
        while follows() and not 0x40 <= os.read(handle, 1)[0] <= 0x7E:
            pass


def _read_key_windows() -> str | None:
    import msvcrt

    pressed: str = msvcrt.getwch()  # type: ignore[attr-defined]
    if pressed == "\x03":
        raise KeyboardInterrupt
    if pressed in ("\x00", "\xe0"):
        msvcrt.getwch()  # type: ignore[attr-defined]
        return ""
    return None if pressed in ("\x04", "\x1a") else pressed.strip()
