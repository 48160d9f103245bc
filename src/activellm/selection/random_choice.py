"""Random picks: the yardstick that every other strategy has to beat."""

from __future__ import annotations

from typing import ClassVar

from activellm.selection.context import SelectionContext, check_request
from activellm.selection.contract import Pick, Selection


class RandomChoice:
    """Each set of n candidates is equally likely."""

    name: ClassVar[str] = "random"
    needs: ClassVar[frozenset[str]] = frozenset()
    source: ClassVar[str] = "The baseline of every active-learning study"

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Draw n distinct candidates, without looking at them.

        Raises:
            UsageError: If n is below 1 or above the number of candidates.
        """
        check_request(context, n)
        chosen = context.rng.permutation(len(context.candidates))[:n]
        picks = tuple(Pick(context.candidates[index].id, "drawn at random") for index in chosen)
        return Selection(
            strategy=self.name,
            picks=picks,
            explanation=f"{n} of {len(context.candidates)} candidates, drawn at random.",
        )
