"""Stop after so much work."""

from __future__ import annotations

from typing import ClassVar

from activellm.stopping.contract import History, Verdict
from activellm.stopping.options import check_number
from activellm.stopping.words import cannot_say


class Time:
    """People and machine have worked so long.

    Args:
        seconds: After how many seconds of work to stop, above 0. Breaks between the texts do not
            count as far as the seconds of each round leave them out.

    Raises:
        UsageError: If `seconds` is no number, or negative.
    """

    name: ClassVar[str] = "time"
    needs: ClassVar[frozenset[str]] = frozenset()
    source: ClassVar[str] = "a limit that people set"

    def __init__(self, seconds: float) -> None:
        self.seconds = check_number(self.name, "seconds", seconds)

    def judge(self, history: History) -> Verdict:
        """See `StoppingCriterion.judge`."""
        worked = history.rounds[-1].seconds if history.rounds else 0.0
        if not worked >= 0:
            return cannot_say(self.name, "How long the work took is not known.", self.seconds)
        return Verdict(
            self.name,
            "stop" if worked >= self.seconds else "go on",
            worked,
            self.seconds,
            f"The work took {_minutes(worked)}; the limit is {_minutes(self.seconds)}.",
        )


def _minutes(seconds: float) -> str:
    """1 h 05 min, 5.0 min, or 12 s."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.1f} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min"
