"""What `large_pool.py` measured, as Markdown tables and a figure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from large_curves import Curve, Row, curves, number, power, table
from large_steps import STEPS

BESIDE = (
    ("import CSV", "plain read, write"),
    ("import Parquet", "polars unique"),
    ("fold near copies", "datasketch, near copies"),
    ("predict tfidf", "scikit-learn predict"),
)
"""Our step, and what other software does with the same files."""


def tables(rows: Sequence[Row], figure: str = "") -> str:
    """All tables."""
    if not rows:
        return "Nothing is measured yet.\n"
    here = curves(rows)
    sizes = sorted({row["pool"] for row in rows})
    machines = sorted({row["machine"] for row in rows})
    loads = [row["load"] for row in rows]
    parts = [
        "# A large pool, from file to predictions\n",
        f"`python benchmarks/large_pool.py`, {min(row['when'] for row in rows)[:10]} to "
        f"{max(row['when'] for row in rows)[:10]}; {'; '.join(machines)}. Made-up messages of "
        "about 90 characters, 5 % exact and 10 % near copies; each step is the user's own command, "
        "start-up included. Load of the machine when steps began: "
        f"{min(loads):.1f} to {max(loads):.1f}.\n",
    ]
    if figure:
        parts.append(f"![Cost against size, both on logarithmic scales]({figure})\n")
    parts += [
        "## Time\n\nSeconds of the wall clock (CPU seconds). Exponents here and below: of growth "
        "between the two largest sizes, less what the smallest of three took; 1: in proportion.\n",
        _by_size(here, sizes, "cpu_s", "CPU µs a row more", 1e6,
                 lambda row: f"{number(row['seconds'])} ({number(row['cpu_s'])})"),
        "## Memory\n\nMB at most, of all processes: own, and in brackets with the pages of mapped "
        "files, which the system may drop and read again.\n",
        _by_size(here, sizes, "own_mb", "bytes a row more", 2**20,
                 lambda row: f"{row['own_mb']:,.0f} ({row['peak_mb']:,.0f})"),
        "## Disk\n\nMB that stay, and in brackets MB that were written, and the most that the disk "
        "lost for the time (also to others).\n",
        _by_size(here, sizes, "kept_mb", "bytes a row more", 2**20,
                 lambda row: f"{number(row['kept_mb'])} ({row['written_mb']:,.0f}, "
                             f"{row['disk_mb']:,.0f})"),
    ]  # fmt: skip
    parts += [_copies(rows), _peers(here, sizes), _executors(rows), _kills(rows)]
    return "\n".join(part for part in parts if part)


def _by_size(
    here: Sequence[Curve],
    sizes: Sequence[int],
    what: str,
    more: str,
    unit: float,
    cell: Callable[[Row], str],
) -> str:
    """A line a step, a column a size, how it grows, and what a further row costs."""
    lines = []
    for one in here:
        slope, a_row = one.slope(what), one.a_row(what)
        lines.append([
            one.name + (f" ({one.last['rows']:,} rows)" if one.some else ""),
            *("" if row is None else cell(row) for row in map(one.at, sizes)),
            "" if slope is None else f"{slope:.2f}",
            "" if a_row is None else number(unit * a_row),
        ])  # fmt: skip
    return table(["step", *map(power, sizes), "exponent", more], lines)


def _copies(rows: Sequence[Row]) -> str:
    """What was folded, beside what the made-up texts hold."""
    found = [
        (row["step"], power(row["pool"]), row["texts"])
        for row in rows
        if row["texts"] and not row["killed"] and row["executor"] == "here"
    ]
    parts = []
    for head, title in _COPIES:
        lines = [
            [step, size, *(f"{facts[name]:,}" for name in head)]
            for step, size, facts in found
            if facts.keys() == set(head)
        ]
        if lines:
            parts.append(table(["step", "size", *title], lines))
    return "## Copies\n\n" + "\n".join(parts) if parts else ""


_COPIES = (
    (("rows", "left", "distinct"), ("rows", "texts left", "distinct texts in truth")),
    (
        ("texts", "near", "folded", "right"),
        ("texts", "near copies in truth", "folded", "of them into a text of the same origin"),
    ),
)
"""Facts of steps that fold, and their titles."""


def _peers(here: Sequence[Curve], sizes: Sequence[int]) -> str:
    by_name = {one.name: one for one in here}
    lines = []
    for ours, other in BESIDE:
        for size in sizes:
            pair = [by_name[name].at(size) for name in (ours, other) if name in by_name]
            if len(pair) == 2 and all(pair):
                a, b = pair
                ratios = [f"{a[what] / max(b[what], 0.01):.1f}" for what in ("cpu_s", "own_mb")]
                lines.append([ours, other, power(size), *ratios])
    if not lines:
        return ""
    head = ["ours", "beside", "rows", "CPU time, ours / other", "own memory, ours / other"]
    return "## Beside other software\n\n" + table(head, lines)


def _executors(rows: Sequence[Row]) -> str:
    """Who did a step in which time, and whether the results are equal."""
    plain = [row for row in rows if not row["killed"] and STEPS[row["step"]].blocks]
    lines = []
    for row in sorted(plain, key=lambda row: (list(STEPS).index(row["step"]), row["pool"])):
        base = _same(plain, row, executor="here")
        if row["executor"] != "here":
            lines.append([row["step"], power(row["pool"]), f"{row['executor']}, {row['workers']}",
                          number(base["seconds"]) if base else "", number(row["seconds"]),
                          number(base["cpu_s"]) if base else "", number(row["cpu_s"]),
                          f"{row['own_mb']:,.0f}",
                          _equal(row, base) if base else "not done here"])  # fmt: skip
    if not lines:
        return ""
    head = ["step", "rows", "executor, workers", "seconds here", "seconds", "CPU s here", "CPU s",
            "own memory, MB", "result"]  # fmt: skip
    return "## By several workers\n\n" + table(head, lines)


def _kills(rows: Sequence[Row]) -> str:
    """What a kill cost, and whether the result is that of a run in peace."""
    lines = []
    for row in rows:
        base = _same([one for one in rows if not one["killed"]], row, executor=row["executor"])
        if row["killed"] and base:
            at = "" if row["killed_after_s"] is None else number(row["killed_after_s"])
            lines.append(
                [
                    row["step"],
                    power(row["pool"]),
                    f"{row['executor']}, {row['workers']}",
                    row["killed"],
                    at or "was not",
                    number(row["seconds"]),
                    number(base["seconds"]),
                    str(row["left"]),
                    _equal(row, base),
                ]
            )
    if not lines:
        return ""
    head = ["step", "rows", "executor, workers", "killed", "after s", "seconds in all",
            "seconds in peace", "left running", "result"]  # fmt: skip
    return "## Killed and started again\n\n" + table(head, lines)


def _same(rows: Sequence[Row], row: Row, executor: str) -> Row | None:
    """The measurement of the same step and size by another executor, or in peace."""
    workers = None if executor == "here" else row["workers"]
    return next(
        (
            one
            for one in rows
            if (one["step"], one["pool"], one["executor"]) == (row["step"], row["pool"], executor)
            and workers in (None, one["workers"])
        ),
        None,
    )


def _equal(row: Row, base: Row) -> str:
    return "equal" if row["outcome"] == base["outcome"] else "**differs**"


def draw(rows: Sequence[Row], target: Path) -> None:
    """CPU seconds and own memory against the size, both on logarithmic scales."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "large-pool", "font.size": 9}
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    titles = (("cpu_s", "CPU seconds"), ("own_mb", "own memory, MB"))
    shown = [one for one in curves(rows) if not one.some]
    for panel, (what, title) in zip(panels, titles, strict=True):
        for place, one in enumerate(shown):
            points = [(row["pool"], row[what]) for row in one.rows if row[what] > 0]
            style = ":" if STEPS[one.name].peer else "-"
            panel.plot(*zip(*points, strict=True), style, marker="o", markersize=3,
                       color=plt.colormaps["tab20"](place % 20), label=one.name)  # fmt: skip
        panel.set(xscale="log", yscale="log", xlabel="texts", title=title)
        panel.grid(alpha=0.3)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=5)
    figure.savefig(target, metadata={"Date": None})
    plt.close(figure)
    target.write_text(re.sub(r"(\d\.\d\d)\d+", r"\1", target.read_text()))
