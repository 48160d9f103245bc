"""A billion texts: what the measured steps would take, and by which arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

from large_curves import Curve, Row, curves, number, power, table
from large_steps import FILES, STEPS

TEXTS, CORES = 10**9, 100


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
    slope = None if one.some else one.slope(what)
    power_law = last[what] * (texts / last["rows"]) ** slope if slope and slope > 1 else 0.0
    return max(straight, power_law)


def billion(rows: Sequence[Row], texts: int = TEXTS, cores: int = CORES) -> str:
    """A table of all steps at a size that was not measured; empty without two sizes."""
    here = [one for one in curves(rows) if not STEPS[one.name].peer]
    lines = []
    for one in here:
        if one.a_row("cpu_s") is None or one.name == FILES:
            continue
        hours = at_size(one, "cpu_s", texts) / 3600
        last, slope = one.last, None if one.some else one.slope("cpu_s")
        lines.append([
            one.name,
            f"{number(last['cpu_s'])} s for {power(last['rows'])}",
            number(1e6 * one.a_row("cpu_s")),
            f"{slope:.2f}" if slope else "",
            number(hours),
            number(hours / cores) if STEPS[one.name].blocks else f"{number(hours)} (one core)",
            number(at_size(one, "kept_mb", texts) / 1024),
            number(at_size(one, "own_mb", texts) / 1024),
        ])  # fmt: skip
    if not lines:
        return ""
    head = ["step", "CPU measured", "CPU µs a row more", "exponent", "core-hours",
            f"hours on {cores} cores", "disk, GB", "own memory, GB"]  # fmt: skip
    return (
        f"\n## {texts:,} texts, by arithmetic\n\n"
        "Nothing of this size was run. CPU seconds = those measured + CPU of a row more × further "
        "rows; where they grew faster than the rows (exponent above 1), measured × (rows / rows "
        "measured) ^ exponent, if that is more. Disk and memory the same way. What is done in "
        "blocks is divided by the cores, the rest is not.\n\n" + table(head, lines)
    )
