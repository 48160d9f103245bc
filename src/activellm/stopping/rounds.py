"""Stop after so many rounds."""

from __future__ import annotations

from typing import ClassVar

from activellm.stopping.contract import History, Verdict
from activellm.stopping.options import check_number
from activellm.stopping.words import plural


class Rounds:
    """So many rounds are done.

    Args:
        most: After how many rounds to stop, at least 1.

    Raises:
        UsageError: If `most` is no whole number from 1 on.
    """

    name: ClassVar[str] = "rounds"
    needs: ClassVar[frozenset[str]] = frozenset()
    source: ClassVar[str] = (
        "a limit that people set; Bayer, Lutz and Reuter 2026, ActiveLLM: 25 texts a round to 300"
    )

    def __init__(self, most: int) -> None:
        self.most = int(check_number(self.name, "most", most, low=1, whole=True))

    def judge(self, history: History) -> Verdict:
        """See `StoppingCriterion.judge`."""
        done = history.rounds[-1].number if history.rounds else 0
        return Verdict(
            self.name,
            "stop" if done >= self.most else "go on",
            float(done),
            float(self.most),
            f"{done} of {plural(self.most, 'round')} {'is' if done == 1 else 'are'} done.",
        )
