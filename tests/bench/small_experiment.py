"""A small experiment on texts that a tiny encoder can tell apart, for several test files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from activellm.bench.experiment import read_experiment
from activellm.bench.results import Results
from activellm.bench.workshop import Workshop

WORDS = {"good": ["fine", "nice", "lovely", "great"], "bad": ["dull", "awful", "poor", "sad"]}
THINGS = ["film", "meal", "book", "park", "tree", "water", "light", "bus", "text", "road"]

TOML = """
name = "small"
strategies = ["kmeans"]
successors = ["linear", "linear(C=1)"]
encoder = "{encoder}"
device = "cpu"
candidates = [20]
select = [6]
draws = 3

[[data]]
name = "verdicts"
pool = "pool.jsonl"
description = "Which verdict is it?"
test_size = 30
"""


def write(folder: Path, encoder: Path, text: str = TOML) -> Path:
    """The experiment's file, beside its pool."""
    rows = [
        {"text": f"{word} {one} and {other}", "label": label}
        for label, words in WORDS.items()
        for word in words
        for one in THINGS
        for other in THINGS[:3]
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "pool.jsonl").write_text(lines)
    path = folder / "small.toml"
    path.write_text(text.replace("{encoder}", str(encoder)))
    return path


def begin(file: Path, name: str = "out", max_cost: float | None = None) -> tuple[Workshop, Results]:
    """Its workshop, and its results so far."""
    folder = file.parent / name
    experiment = read_experiment(file)
    experiment.check()
    return Workshop(experiment, file.parent, folder, max_cost), Results(folder)


def without_times(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What must be equal in two runs, in one order."""
    timed = ("fit_cpu_s", "predict_cpu_s", "seconds", "usage")
    kept = [{name: row[name] for name in row if name not in timed} for row in rows]
    return sorted(kept, key=lambda row: (row["key"], row["round"]))
