"""One text (or pair of texts) of the pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Content: TypeAlias = str | tuple[str, str]
"""What a model reads of an example: a text, or the two texts of a pair."""


@dataclass(frozen=True, slots=True)
class Example:
    """One text of the pool, or a pair of texts.

    Attributes:
        id: Stable identity: from an id column, or made from the content.
        text: The text; of a pair the first.
        pair: The second text of a pair, else None.
        row: Where it stood in the source: 1 is the first record (headers not counted).
        copies: How many source rows were folded into this one, itself included.
        label: The label cell, as written, if the source had one for this row.
        meta: The source's other columns.
    """

    id: str
    text: str
    pair: str | None = None
    row: int = 0
    copies: int = 1
    label: str | None = None
    meta: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> Content:
        """What a model reads: the text, or both texts of a pair."""
        return self.text if self.pair is None else (self.text, self.pair)
