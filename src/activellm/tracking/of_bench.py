"""An experiment's results as tracked runs: one a configuration, a step a round."""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from activellm.bench.results import SCORES, Results
from activellm.errors import DataError
from activellm.tracking.addresses import public_name
from activellm.tracking.contract import Step, TrackedRun

_MADE_BY = ("data", "schedule", "llm", "prompt", "candidates", "select", "rounds", "successor")
"""What one configuration is: the columns of a result that are neither chance nor outcome."""

_METRICS = ("accuracy", "macro_f1", "matthews", "labels", "fit_cpu_s", "predict_cpu_s")


def is_bench(folder: Path) -> bool:
    """Whether a folder holds an experiment's results."""
    return (folder / SCORES).is_file()


def bench_runs(folder: Path) -> list[TrackedRun]:
    """Every configuration of an experiment: means over its draws and seeds, round by round.

    Raises:
        DataError: If there is no result.
    """
    groups: dict[tuple[str, ...], dict[int, list[dict[str, Any]]]] = defaultdict(dict)
    for row in Results(folder).scores():
        made_by = tuple(public_name(str(row.get(name, ""))) for name in _MADE_BY)
        groups[made_by].setdefault(int(row["round"]), []).append(row)
    if not groups:
        raise DataError("There are no results yet.", where=str(folder / SCORES))
    return [_run(made_by, found) for made_by, found in sorted(groups.items())]


def _run(made_by: tuple[str, ...], found: dict[int, list[dict[str, Any]]]) -> TrackedRun:
    parameters = dict(zip(_MADE_BY, made_by, strict=True))
    shown = (parameters[name] for name in ("data", "schedule", "llm", "successor"))
    return TrackedRun(
        key=hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()[:16],
        name=" / ".join(one for one in shown if one),
        parameters={name: value for name, value in parameters.items() if value},
        steps=tuple(Step(number, _means(found[number])) for number in sorted(found)),
    )


def _means(rows: list[dict[str, Any]]) -> dict[str, float]:
    """The mean of each metric over the rows that have it, and how far these spread."""
    means: dict[str, float] = {"measurements": float(len(rows))}
    for name in _METRICS:
        values = [float(row[name]) for row in rows if row.get(name) is not None]
        values = [value for value in values if math.isfinite(value)]
        if values:
            means[name] = fmean(values)
        if len(values) > 1 and name in ("accuracy", "macro_f1", "matthews"):
            means[f"{name}_sd"] = stdev(values)
    return means
