"""What is asked of tuning: the settings to try, and the default that they must beat."""

from __future__ import annotations

from dataclasses import dataclass

from activellm.errors import UsageError

STRATEGIES = ("auto", "random", "typiclust")
CANDIDATES = (50, 100, 200)
SELECT = (16, 32, 64)


@dataclass(frozen=True)
class Request:
    """The grid, and what decides.

    Attributes:
        strategies: The first is the default.
        successors: Learners; the first is the default.
        candidates: How many texts are shown.
        select: How many of them are labelled, in one round.
        shown: The default number of candidates.
        labels: At how many labels the settings are compared.
        llm: The query model of the strategies that ask one.
        encoder: The encoder of all of them.
        device: Where learners and embeddings compute.
        draws: How many draws of the labelled texts, each split anew.
        draws_like: How many draws of each data set like it.
        target: Macro-F1 to reach, in per cent; None for none.
        seed: Decides all that is random.
    """

    strategies: tuple[str, ...] = STRATEGIES
    successors: tuple[str, ...] = ("linear",)
    candidates: tuple[int, ...] = CANDIDATES
    select: tuple[int, ...] = SELECT
    shown: int = 200
    labels: int = 32
    llm: str = "none"
    encoder: str = "embedded"
    device: str = "auto"
    draws: int = 24
    draws_like: int = 5
    target: float | None = None
    seed: int = 0

    def check(self) -> None:
        """Refuse what cannot be before anything is computed.

        Raises:
            UsageError: For sizes that fit nothing, and too few draws.
        """
        if not self.strategies or not self.successors:
            raise UsageError("At least one strategy and one learner are needed.")
        for name, values in (("--candidates", self.candidates), ("--select", self.select)):
            if not values or min(values) < 2 or len({*values}) < len(values):
                raise UsageError(
                    f"{list(values)} are no sizes: numbers of 2 and more, each once, are needed.",
                    where=name,
                )
        if self.labels not in self.select:
            raise UsageError(
                f"{self.labels} is none of the numbers of labels that are tried.",
                where="--labels",
                remedy=f"Add --select {self.labels}.",
            )
        if self.draws < 4 or self.draws_like < 1:
            raise UsageError(
                "Fewer than 4 draws cannot be halved into some that choose and some that tell.",
                where="--draws",
            )
        if self.target is not None and not 1 < self.target < 100:
            raise UsageError("Macro-F1 in per cent: over 1 and under 100.", where="--target")
