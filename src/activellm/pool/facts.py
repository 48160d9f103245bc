"""What a report says about a pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from activellm.pool.example import Content
from activellm.pool.importer import ImportReport


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """A pool in numbers.

    Attributes:
        source: Where the texts came from.
        texts: Distinct texts (or pairs).
        duplicates: Rows folded into them.
        empty: Rows set aside because they hold no text.
        labelled: Texts that came with a label.
        pair: Whether they are pairs.
        characters: Length of a text (of both texts of a pair), in a sample: quantile -> length,
            for the quantiles 0, 0.1, 0.5, 0.9 and 1.
    """

    source: str
    texts: int
    duplicates: int
    empty: int
    labelled: int
    pair: bool
    characters: dict[float, int]

    @classmethod
    def of(cls, report: ImportReport, sample: Sequence[Content]) -> Self:
        """The facts, from the import's report and some of the texts (at least one)."""
        lengths = [len(c) if isinstance(c, str) else len(c[0]) + len(c[1]) for c in sample]
        levels = (0.0, 0.1, 0.5, 0.9, 1.0)
        quantiles = np.quantile(lengths, levels, method="nearest").astype(int).tolist()
        return cls(
            source=report.source,
            texts=report.kept,
            duplicates=report.folded,
            empty=report.empty,
            labelled=report.labelled,
            pair=report.columns.pair is not None,
            characters=dict(zip(levels, quantiles, strict=True)),
        )
