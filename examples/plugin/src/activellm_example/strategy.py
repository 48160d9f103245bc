"""A query strategy: one text after the other that brings the most words not seen before."""

from __future__ import annotations

from typing import ClassVar

from activellm.selection import Pick, Selection, SelectionContext
from activellm.selection.context import check_request
from activellm_example.words import words


class NewWords:
    """One text after the other that holds the most words that no pick before it held."""

    name: ClassVar[str] = "new-words"
    needs: ClassVar[frozenset[str]] = frozenset()
    source: ClassVar[str] = "Greedy maximum coverage; Nemhauser, Wolsey and Fisher 1978"

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose n candidates; the seed decides among equals.

        Raises:
            UsageError: If n does not fit the candidates.
        """
        check_request(context, n)
        seen = {word for content in context.labelled_contents for word in words(content)}
        order = context.rng.permutation(len(context.candidates)).tolist()
        left = [(context.candidates[row].id, {*words(context.contents[row])}) for row in order]
        picks = []
        for _ in range(n):
            id_, own = max(left, key=lambda one: len(one[1] - seen))
            new = len(own - seen)
            picks.append(Pick(id_, f"{new} words that are new here", float(new)))
            left.remove((id_, own))
            seen |= own
        return Selection(
            strategy=self.name,
            picks=tuple(picks),
            explanation=f"{n} texts that together hold as many different words as they can.",
        )
