"""What it gains to ask the query model about the texts to predict as well (`blend`).

    python benchmarks/blend.py SHARED CACHE [--draws 10] [--table FILE.md]

The 14 judged data sets x 5 sets of 200 candidates, two judges, logistic regression on the embedded
encoder's vectors. People label n of the 200, drawn at random; the others are the test texts, as
only candidates are judged. What is done is kept in CACHE/blend.jsonl and not done again.
"""

from __future__ import annotations

import argparse
import json
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from bench_data import BATCH, JUDGES, TUNED, Bench, embedder
from sklearn.metrics import accuracy_score, f1_score
from weak_labels import cell, judged_sets, mean_by_set, open_benches

from activellm.pool.example import Content
from activellm.progress import Progress
from activellm.successors import Successor, make_successor

LABELS = (32, 100)
ARMS = ("linear", "blend", "zero-shot")


class Stored:
    """A query model whose opinion of every candidate is known already."""

    name = "stored"

    def __init__(self, judged: np.ndarray) -> None:
        self.judged = judged

    def __call__(self, contents: list[Content], progress: Progress) -> np.ndarray:
        keys = [one if isinstance(one, str) else one[0] for one in contents]
        return self.judged[[int(key[1:-1]) for key in keys]]


def scores(successor: Successor, bench: Bench, rows: np.ndarray) -> list[float]:
    """Accuracy and macro-F1, in per cent, on the candidates that are not labelled."""
    successor.fit([bench.example(int(row)).content for row in rows], bench.gold[rows])
    rest = np.setdiff1d(np.arange(BATCH), rows)
    guess = successor.predict([bench.example(int(row)).content for row in rest])
    truth = bench.gold[rest]
    f1 = f1_score(truth, guess, average="macro", zero_division=0)
    return [100 * float(accuracy_score(truth, guess)), 100 * float(f1)]


def measure(bench: Bench, labels: int, number: int, draw: int) -> dict[str, Any]:
    """People's labels alone, blended with the query model, and the query model alone."""
    rows = np.random.default_rng([number, draw]).permutation(BATCH)[:labels]
    assert bench.judged is not None
    make = partial(
        make_successor, task=bench.task, seed=0, encoder=bench.encoder, judge=Stored(bench.judged)
    )
    found: dict[str, Any] = {}
    for name in ARMS:
        made: Any = make(name)
        found[name] = scores(made, bench, rows)
        if name == "blend":
            found["asks"] = made.asks
    return {**found, "alone": found["linear"]}


def run(shared: Path, cache: Path, draws: int) -> list[dict[str, Any]]:
    """Do what is missing, one draw of everything after the other, and give all results."""
    store, embed = cache / "blend.jsonl", embedder(cache)
    rows = [json.loads(line) for line in store.open()] if store.exists() else []
    done = {(r["labels"], r["judge"], r["dataset"], r["set"], r["draw"]) for r in rows}
    benches = {name: open_benches(shared, name, embed) for name in judged_sets(shared)}
    wanted = [
        (labels, judge, name, number, draw)
        for draw in range(draws)
        for labels in LABELS
        for judge in JUDGES
        for name in benches
        for number in range(len(benches[name]))
    ]
    for labels, judge, name, number, draw in wanted:
        if (labels, judge, name, number, draw) in done:
            continue
        found = measure(benches[name][number][BATCH, judge], labels, number, draw)
        row = {"labels": labels, "judge": judge, "dataset": name, "set": number, "draw": draw}
        rows.append({**row, **found})
        with store.open("a") as file:
            file.write(json.dumps(rows[-1]) + "\n")
    return rows


def report(rows: list[dict[str, Any]]) -> str:
    """The tables, as Markdown."""
    groups = [(judge, labels) for judge in JUDGES for labels in LABELS]
    out = [
        "| judge, labels | arm | macro-F1 | accuracy | macro-F1, kept | accuracy, kept "
        "| worst data set (macro-F1) | asked | draws |",
        "|---" * 9 + "|",
    ]
    for judge, labels in groups:
        mine = [row for row in rows if (row["judge"], row["labels"]) == (judge, labels)]
        draws = 1 + max(row["draw"] for row in mine)
        asked = 100 * np.mean([row["asks"] for row in mine])
        for arm in ARMS[1:]:
            found = mean_by_set(mine, lambda row, arm=arm: row[arm])
            all_ = np.array([*found.values()])
            kept = np.array([one for name, one in found.items() if name not in TUNED])
            worst = min(found, key=lambda name: found[name][1])
            share = f"{asked:.0f} %" if arm == "blend" else "100 %"
            out.append(
                f"| {judge}, {labels} | {arm} | {cell(all_[:, 1])} | {cell(all_[:, 0])} "
                f"| {cell(kept[:, 1])} | {cell(kept[:, 0])} | {worst} {found[worst][1]:+.1f} "
                f"| {share} | {draws} |"
            )
    for judge in JUDGES:
        mine = [row for row in rows if (row["judge"], row["labels"]) == (judge, LABELS[0])]
        out += [
            "",
            f"By data set, {judge} judge, {LABELS[0]} labels (macro-F1 / accuracy):",
            "",
            "| data set | linear alone | blend | zero-shot | asked |",
            "|---" * 5 + "|",
        ]
        tables = [mean_by_set(mine, lambda row, arm=arm: row[arm]) for arm in ARMS[1:]]
        for name in tables[0]:
            part = [row for row in mine if row["dataset"] == name]
            alone = np.mean([row["alone"] for row in part], axis=0)
            cells = [f"{one[name][1]:+.1f} / {one[name][0]:+.1f}" for one in tables]
            asked = 100 * np.mean([row["asks"] for row in part])
            out.append(
                f"| {name} | {alone[1]:.1f} / {alone[0]:.1f} | {' | '.join(cells)} "
                f"| {asked:.0f} % |"
            )
    return "\n".join(out) + "\n"


def main() -> None:
    """Run what is missing, print and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message="The number of unique classes")
    table = report(run(options.shared, options.cache, options.draws))
    print(table)
    if options.table:
        options.table.write_text(table)


if __name__ == "__main__":
    main()
