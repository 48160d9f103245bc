"""Which query strategy in which round: `coverage*2, bald(passes=20)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from activellm.errors import UsageError

_COMMA = re.compile(r",(?![^()]*\))")
_ENTRY = re.compile(r"([A-Za-z][\w.-]*)\s*(?:\(([^()]*)\))?\s*(?:\*\s*([0-9]+))?")
_OPTION = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*([^\s=]+)\s*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A strategy for some rounds in a row.

    Attributes:
        name: The strategy's name.
        options: Its own options, as they were written.
        times: For how many rounds.
    """

    name: str
    options: Mapping[str, int | float | str] = field(default_factory=dict)
    times: int = 1

    def __str__(self) -> str:
        options = ", ".join(f"{key}={value}" for key, value in self.options.items())
        name = f"{self.name}({options})" if options else self.name
        return f"{name}*{self.times}" if self.times > 1 else name


@dataclass(frozen=True, slots=True)
class Schedule:
    """The strategies of all rounds. The last entry goes on for ever."""

    entries: tuple[Entry, ...]

    def entry(self, number: int) -> Entry:
        """What acts in a round, 1 is the first."""
        last = 0
        for entry in self.entries:
            last += entry.times
            if number <= last:
                return entry
        return self.entries[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """All strategies that it names, each once, in order."""
        return tuple(dict.fromkeys(entry.name for entry in self.entries))

    def __str__(self) -> str:
        return ", ".join(map(str, self.entries))


def read_schedule(text: str) -> Schedule:
    """Read strategies with commas between them.

    A strategy's own options stand in brackets behind its name, the number of its rounds behind an
    asterisk. Whether there are such strategies and options is not looked at.

    Raises:
        UsageError: For what is no name or option, or a number of rounds below 1.
    """
    return Schedule(tuple(_entry(part.strip()) for part in _COMMA.split(text)))


def _entry(part: str) -> Entry:
    found = _ENTRY.fullmatch(part)
    times = int(found[3] or 1) if found else 0
    if found is None or times < 1:
        raise _unreadable(part)
    written = found[2].split(",") if found[2] and found[2].strip() else []
    options = [_OPTION.fullmatch(option) for option in written]
    values = {option[1]: _value(option[2]) for option in options if option}
    if len(values) < len(written):
        raise _unreadable(part)
    return Entry(found[1], values, times)


def _value(word: str) -> int | float | str:
    """A number where it is one, else the word itself."""
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word


def _unreadable(part: str) -> UsageError:
    return UsageError(
        f"{part!r} is no entry of a schedule.",
        where="--schedule",
        remedy="Write names of query strategies with their number of rounds and their options, "
        "such as 'coverage*2, bald(passes=20)'.",
    )
