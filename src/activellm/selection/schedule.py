"""Which query strategy in which round: `coverage*2, bald`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from activellm.errors import UsageError

_ENTRY = re.compile(r"([A-Za-z][\w.-]*)(?:\s*\*\s*([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Schedule:
    """The strategies of all rounds.

    Attributes:
        entries: Each strategy's name and its number of rounds. The last one goes on for ever.
    """

    entries: tuple[tuple[str, int], ...]

    def strategy(self, number: int) -> str:
        """The strategy of a round, 1 is the first."""
        last = 0
        for name, times in self.entries:
            last += times
            if number <= last:
                return name
        return self.entries[-1][0]

    @property
    def names(self) -> tuple[str, ...]:
        """All strategies that it names, each once, in order."""
        return tuple(dict.fromkeys(name for name, _ in self.entries))

    def begin(self, name: str) -> int:
        """The first round of a strategy that it names."""
        before = 0
        for entry, times in self.entries:
            if entry == name:
                return before + 1
            before += times
        raise KeyError(name)

    def __str__(self) -> str:
        return ", ".join(f"{name}*{times}" if times > 1 else name for name, times in self.entries)


def read_schedule(text: str) -> Schedule:
    """Read strategies with commas between them; `*2` after a name means two rounds.

    Whether there are strategies of these names is not looked at.

    Raises:
        UsageError: For what is no name, or a number of rounds below 1.
    """
    entries = []
    for part in text.split(","):
        found = _ENTRY.fullmatch(part.strip())
        times = int(found[2] or 1) if found else 0
        if found is None or times < 1:
            raise UsageError(
                f"{part.strip()!r} is no entry of a schedule.",
                where="--schedule",
                remedy="Write names of query strategies with their number of rounds, such as "
                "'coverage*2, bald'.",
            )
        entries.append((found[1], times))
    return Schedule(tuple(entries))
