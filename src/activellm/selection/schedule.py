"""Which query strategy in which round: `coverage*2, bald(passes=20)`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from activellm.errors import UsageError
from activellm.named import NAMED, Options, read_options, write_named

_COMMA = re.compile(r",(?![^()]*\))")
_ENTRY = re.compile(rf"{NAMED}\s*(?:\*\s*([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Entry:
    """A strategy for some rounds in a row.

    Attributes:
        name: The strategy's name.
        options: Its own options, as they were written.
        times: For how many rounds.
    """

    name: str
    options: Options = field(default_factory=dict)
    times: int = 1

    def __str__(self) -> str:
        name = write_named(self.name, self.options)
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
    options = read_options(found[2]) if found else None
    if found is None or options is None or times < 1:
        raise _unreadable(part)
    return Entry(found[1], options, times)


def _unreadable(part: str) -> UsageError:
    return UsageError(
        f"{part!r} is no entry of a schedule.",
        where="--schedule",
        remedy="Write names of query strategies with their number of rounds and their options, "
        "such as 'coverage*2, bald(passes=20)'.",
    )
