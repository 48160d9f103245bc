"""When workers that die are one too many."""

from __future__ import annotations

from activellm.errors import ActiveLLMError

MOST_DEATHS = 3
"""How often in a row workers may die before the run gives up."""


class Deaths:
    """Counts the workers that died since work was last done."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def none(self) -> None:
        """Work was done."""
        self._in_a_row = 0

    def another(self) -> None:
        """A worker has died.

        Raises:
            ActiveLLMError: If it was one too many.
        """
        self._in_a_row += 1
        if self._in_a_row >= MOST_DEATHS:
            raise too_many() from None


def too_many() -> ActiveLLMError:
    """What is told when workers die again and again."""
    return ActiveLLMError(
        "The worker processes were killed again and again.",
        remedy="Is there enough memory? Try fewer with --workers.",
    )
