"""A table of the paper as Markdown: our numbers beside those of its authors' logs."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from activellm.bench.paper.draws import ALL, AREA
from activellm.bench.paper.measured import Measured
from activellm.bench.paper.numbers import reported
from activellm.bench.paper.study import Table
from activellm.bench.paper.verdicts import KINDS, RISK, Verdict, in_logs, interval_of, verdict

HEAD = (
    *("data set", "way of choosing", "labels", "here", "random here", "difference (95 %)"),
    *("p (Holm)", "draws x seeds", "logs: random", "logs", "logs: difference", "reading"),
)

MEANING = (
    "Per cent of the test texts (accuracy; CoLA: Matthews' correlation times 100). Our differences "
    "are from random picking on the same candidates, with 95 % intervals over draws, and over data "
    "sets in rows of all tasks. The logs' numbers are means ± standard deviation over seeds; \"one "
    'run" is one draw and one answer of the LLM. Levels differ with encoder and test texts; '
    "differences are what is compared."
)


def markdown(
    table: Table,
    found: Sequence[Measured],
    left_out: Iterable[str] = (),
    idle: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The table, for each learner, then a sentence on each row and on the whole.

    Args:
        table: Which.
        found: What was measured.
        left_out: What is not in it, or otherwise than in the logs, and why.
        idle: Learner -> what to say of trainings in which it learned nothing.
    """
    parts = [f"## {table.name}: {table.about}"]
    for successor in dict.fromkeys(one.place.successor for one in found):
        own = sorted((one for one in found if _shown(table, one, successor)), key=_order)
        rows = [(one, verdict(table.name, one)) for one in own]
        parts += [
            f"### {successor}",
            *filter(None, [idle.get(successor)]),
            "\n".join(
                [_line(HEAD), "|" + "---|" * len(HEAD), *(_row(table, *row) for row in rows)]
            ),
            "\n".join(_sentences(rows)),
            " ".join(filter(None, [_count(rows), _luck(own)])),
        ]
    if not found:
        parts.append("Nothing was measured.")
    parts.append(MEANING)
    if told := [f"- {one}" for one in left_out]:
        parts.append("\n".join(["Left out, or otherwise than in the logs:", *told]))
    return "\n\n".join(parts) + "\n"


def _shown(table: Table, one: Measured, successor: str) -> bool:
    """Whether it is a row of a learner's table."""
    place = one.place
    listed = not table.labels or place.labels in (AREA, *table.labels)
    begins = place.way.startswith("cold ") and place.labels == min(table.labels)  # random itself
    return place.successor == successor and listed and not begins


def _order(one: Measured) -> tuple[object, ...]:
    """By data set, all of them at the end, and by way; numbers in names by their size."""
    place = one.place
    parts = re.split(r"(\d+)", place.way)
    way = [(int(part), "") if part.isdecimal() else (0, part) for part in parts]
    return place.task == ALL, place.task, way, place.llm, place.base, place.labels


def _row(table: Table, ours: Measured, verdict: Verdict) -> str:
    place = ours.place
    known = reported(table.name) if in_logs(table.name, place.successor) else {}
    logs, random = (known.get((place.task, way, place.labels)) for way in (place.way, place.base))
    return _line(
        (
            _task(ours),
            _way(ours),
            "area" if place.labels == AREA else str(place.labels),
            f"{ours.value:.1f}",
            f"{ours.base:.1f}",
            _difference(ours),
            "" if ours.p_adjusted is None else f"{ours.p_adjusted:.3f}",
            f"{ours.difference.draws} x {ours.seeds}",
            str(random or ""),
            str(logs or ""),
            "" if verdict.claim is None else f"{verdict.claim.difference:+.1f}",
            verdict.kind,
        )
    )


def _task(ours: Measured) -> str:
    return f"{len(ours.tasks)} data sets" if ours.place.task == ALL else ours.place.task


def _way(ours: Measured) -> str:
    place = ours.place
    against = "" if place.base == "random" else f" against {place.base}"
    name, recorded, _ = place.llm.partition(", recorded")
    llm = "recorded" if recorded and place.way.startswith(f"{name}, ") else place.llm
    return f"{place.way}{against} ({llm})" if llm else f"{place.way}{against}"


def _difference(ours: Measured) -> str:
    mean, interval = f"{ours.difference.mean:+.1f}", interval_of(ours.difference)
    if interval is None:
        return f"{mean} (one draw)"
    text = f"{mean} ({interval[0]:+.1f} to {interval[1]:+.1f})"
    return f"**{text}**" if _apart(ours) else text


def _sentences(rows: Sequence[tuple[Measured, Verdict]]) -> Iterable[str]:
    """A sentence a row; of curves only the one on their area. A caution is said once."""
    curves = any(one.place.labels == AREA for one, _ in rows)
    said: set[str] = set()
    for ours, found in rows:
        if curves and ours.place.labels != AREA:
            continue
        fresh = [one.text for one in found.cautions if one.text not in said]
        said.update(fresh)
        place = ours.place
        labels = "area" if place.labels == AREA else f"{place.labels} labels"
        head = f"- {_task(ours)}, {_way(ours)}, {labels}: "
        yield " ".join([head + found.sentence, *fresh])


def _count(rows: Sequence[tuple[Measured, Verdict]]) -> str:
    """How often each verdict was reached, and how many of the differences many rows may cause."""
    times = Counter(one.kind for _, one in rows)
    listed = ", ".join(f"{kind} {times[kind]}" for kind in KINDS if times[kind])
    intervals = sum(interval_of(ours.difference) is not None for ours, _ in rows)
    if not intervals:
        return f"Of {len(rows)} rows: {listed}."
    found = [ours for ours, _ in rows if _apart(ours)]
    if not found:
        return f"Of {len(rows)} rows: {listed}. None of {intervals} intervals excludes 0."
    sure = sum(one.p_adjusted is not None and one.p_adjusted <= RISK for one in found)
    return (
        f"Of {len(rows)} rows: {listed}. Of {intervals} intervals {len(found)} exclude 0, where "
        f"chance alone makes {intervals / 20:.1f}; {sure} of them also by Holm's correction."
    )


def _luck(found: Sequence[Measured]) -> str:
    """How the selections of all rows stand among random ones from the same texts."""
    shares: dict[str, list[float]] = defaultdict(list)
    for one in found:
        if one.random and one.place.task != ALL and one.place.llm:
            shares[one.place.task] += [one.beaten / one.random] * one.difference.draws
    if not shares or any(one.place.labels == AREA for one in found):
        return ""
    selections = sum(map(len, shares.values()))
    mean = 100 * float(np.mean([np.mean(own) for own in shares.values()]))
    over = f" (mean over {len(shares)} data sets)" if len(shares) > 1 else ""
    return (
        f"Selections of LLMs ({selections}): ahead of {mean:.0f} % of the random ones from "
        f"the same texts, where luck gives 50 %{over}."
    )


def _apart(ours: Measured) -> bool:
    interval = interval_of(ours.difference)
    return interval is not None and (interval[0] > 0 or interval[1] < 0)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
