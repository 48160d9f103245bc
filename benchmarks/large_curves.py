"""Measurements of one step at several sizes, and how they grow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from large_steps import STEPS

Row = dict[str, Any]


class Curve:
    """One step done by one executor, at several sizes.

    Args:
        rows: Its measurements, one a size.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = sorted(rows, key=lambda row: row["pool"])
        self.name: str = self.rows[0]["step"]
        self.last = self.rows[-1]

    def at(self, pool: int) -> Row | None:
        """Its measurement at a size."""
        return next((row for row in self.rows if row["pool"] == pool), None)

    def start(self, what: str) -> float:
        """What it takes however few the rows: with three sizes, what the smallest took."""
        return self.rows[0][what] if len(self.rows) > 2 else 0.0

    def slope(self, what: str) -> float | None:
        """The exponent of growth, less what it takes anyhow, between the two largest sizes.

        None below two sizes, or where it did not grow.
        """
        if len(self.rows) < 2 or self.some:
            return None
        before, last = (row[what] - self.start(what) for row in self.rows[-2:])
        if before <= 0 or last <= before:
            return None
        return math.log(last / before) / math.log(self.last["pool"] / self.rows[-2]["pool"])

    @property
    def some(self) -> bool:
        """Whether it looked at a part of the rows, the same at every size."""
        return STEPS[self.name].some

    def a_row(self, what: str) -> float | None:
        """What one more row costs: start-up does not count. None if one size is measured.

        Steps that look at a part of the rows cost the same for every row, but no more memory.
        """
        last = self.last
        if self.some:
            return 0.0 if what in ("own_mb", "peak_mb") else last[what] / last["rows"]
        if len(self.rows) < 2:
            return None
        before = self.rows[-2]
        return max(0.0, last[what] - before[what]) / (last["rows"] - before["rows"])


def curves(rows: Sequence[Row], executor: str = "here", workers: int | None = None) -> list[Curve]:
    """The steps that an executor did without being killed, in the order in which they are done."""
    mine = [
        row
        for row in rows
        if row["executor"] == executor and not row["killed"] and workers in (None, row["workers"])
    ]
    found = {name: [row for row in mine if row["step"] == name] for name in STEPS}
    return [Curve(some) for some in found.values() if some]


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    shown = [head, ["---"] * len(head), *lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in shown)


def number(value: float) -> str:
    """Three digits, more where they stand before the point."""
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.3g}"


def power(size: int) -> str:
    """A size as a power of ten, where it is one."""
    exponent = round(math.log10(size))
    return f"10^{exponent}" if 10**exponent == size else f"{size:,}"
