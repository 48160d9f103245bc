"""Several tests at once: p-values that count how many there were."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


def holm(p_values: Mapping[Name, float]) -> dict[Name, float]:
    """P-values adjusted for their number, by Holm's step-down method.

    Below 0.05 they are significant with at most 5 % risk that even one of them is by chance.

    Source: Holm 1979, A simple sequentially rejective multiple test procedure, Scand. J. Stat. 6.
    """
    adjusted: dict[Name, float] = {}
    highest, left = 0.0, len(p_values)
    for name, p in sorted(p_values.items(), key=lambda item: item[1]):
        highest = max(highest, min(1.0, left * p))
        adjusted[name] = highest
        left -= 1
    return {name: adjusted[name] for name in p_values}
