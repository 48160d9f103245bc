"""A billion texts: what the measured steps would take, and by which arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

from large_curves import Curve, Row, curves, number, power, table
from large_steps import FILES, STEPS

TEXTS, CORES = 10**9, 100

_SMALL = (
    "**Only small sizes are measured**: memory that is still filling up at such sizes is taken for "
    "growth, and start-up for what one process does. Measure 10^6 and 10^7.\n\n"
)


def at_size(one: Curve, what: str, texts: int = TEXTS) -> float:
    """What a step would take at a size that was not measured.

    The larger of two: in proportion to the rows beyond the largest size that was measured, and,
    where it grew faster than the rows, by the same power.

    Args:
        one: A step that was measured at two sizes, or on a part of the rows.
        what: "cpu_s", "own_mb" ...
        texts: The size.
    """
    last, a_row = one.last, one.a_row(what)
    straight = last[what] + a_row * (texts - last["rows"])
    start, slope = one.start(what), one.slope(what)
    if slope is None or slope <= 1:
        return straight
    return max(straight, start + (last[what] - start) * (texts / last["rows"]) ** slope)


def alone(rows: Sequence[Row], step: str) -> float:
    """The share of a step's CPU time that one process takes however many work: 1 if unknown."""
    known = [
        row
        for row in rows
        if (row["step"], row["killed"]) == (step, "") and row["executor"] != "here"
    ]
    if not known:
        return 1.0
    largest = max(known, key=lambda row: row["pool"])
    return largest["driver_cpu_s"] / largest["cpu_s"]


def billion(rows: Sequence[Row], texts: int = TEXTS, cores: int = CORES) -> str:
    """A table of all steps at a size that was not measured; empty without two sizes."""
    here = [one for one in curves(rows) if not STEPS[one.name].peer]
    lines = []
    for one in here:
        if one.a_row("cpu_s") is None or one.name == FILES:
            continue
        hours, share = at_size(one, "cpu_s", texts) / 3600, alone(rows, one.name)
        last, slope = one.last, one.slope("cpu_s")
        lines.append([
            one.name,
            f"{number(last['cpu_s'])} s for {power(last['rows'])}",
            number(1e6 * one.a_row("cpu_s")),
            f"{slope:.2f}" if slope else "",
            number(hours),
            f"{100 * share:.0f} %",
            number(hours * (share + (1 - share) / cores)),
            number(at_size(one, "kept_mb", texts) / 1024),
            number(at_size(one, "own_mb", texts) / 1024),
        ])  # fmt: skip
    if not lines:
        return ""
    head = ["step", "CPU measured", "CPU µs a row more", "exponent", "core-hours",
            "in one process", f"hours on {cores} cores", "disk, GB", "own memory, GB"]  # fmt: skip
    return (
        f"\n## {texts:,} texts, by arithmetic\n\n"
        "Nothing of this size was run. CPU seconds = those measured + CPU of a row more × further "
        "rows; where they grew faster than the rows (exponent above 1), start + (measured - start) "
        "× (rows / rows measured) ^ exponent, if that is more. Disk and memory the same way. "
        "Hours = core-hours × (share + (1 - share) / cores), where share is what one process does "
        "however many work (as measured with several workers, start-up included).\n\n"
        + (_SMALL if max(row["pool"] for row in rows) < 10**6 else "")
        + table(head, lines)
    )
