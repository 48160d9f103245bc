"""What weak labels add to 32 or 100 labels of people, gate on and off.

    python benchmarks/weak_labels.py SHARED CACHE [--draws 10] [--table FILE.md]

The 14 judged data sets x 5 sets of 200 candidates, two judges, logistic regression on the embedded
encoder's vectors, up to 600 test texts. People label n of the 200, drawn at random or picked by
coverage; the judge's labels of the rest may teach ("1000": of the other four sets too). What is
done is kept in CACHE/weak_labels.jsonl and not done again.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from bench_data import (
    BATCH,
    JUDGES,
    TUNED,
    Bench,
    Embed,
    candidate_sets,
    embedder,
    interval,
    lines,
    read_data_set,
)
from sklearn.metrics import accuracy_score, f1_score

from activellm.successors import Successor
from activellm.successors.linear import Linear
from activellm.successors.weak import WeakLabels, WeaklyTaught


@dataclass(frozen=True)
class Kind:
    """A setting that is measured.

    Attributes:
        labels: How many texts people label.
        picks: "random" or "coverage".
        pool: Judged texts: 200, or 1000 with those of the other sets.
        draws: The most draws, or seeds of the picks, for each candidate set.
    """

    labels: int
    picks: str
    pool: int = 200
    draws: int = 10


KINDS = (
    Kind(32, "random"),
    Kind(100, "random", draws=3),
    Kind(32, "coverage", draws=3),
    Kind(32, "random", pool=1000, draws=2),
    Kind(32, "coverage", pool=1000, draws=2),
)


def judged_sets(shared: Path) -> list[str]:
    """The data sets that both judges judged."""
    return sorted({row["dataset"] for row in lines(shared / "judgements" / JUDGES["135M"])})


def scores(successor: Successor, bench: Bench, rows: np.ndarray) -> list[float]:
    """Accuracy and macro-F1, in per cent, of a successor trained on some examples."""
    successor.fit([bench.example(int(row)).content for row in rows], bench.gold[rows])
    first = len(bench.gold)
    tests = [bench.example(row).content for row in range(first, first + len(bench.test_gold))]
    guess = successor.predict(tests)
    f1 = f1_score(bench.test_gold, guess, average="macro", zero_division=0)
    return [100 * float(accuracy_score(bench.test_gold, guess)), 100 * float(f1)]


def measure(bench: Bench, kind: Kind, number: int, draw: int) -> dict[str, Any]:
    """People's labels alone, balanced, and with weak labels whatever the gate says."""
    candidates = np.arange(BATCH)
    if kind.picks == "random":
        rows = np.random.default_rng([number, draw]).permutation(BATCH)[: kind.labels]
    else:
        rows = bench.pick(kind.picks, candidates, kind.labels, draw)
    make: Callable[..., Successor] = partial(Linear, bench.task, seed=0, encoder=bench.encoder)
    teaches = ~np.isin(np.arange(len(bench.gold)), rows)
    contents = tuple(bench.example(row).content for row in range(len(bench.gold)))
    assert bench.judged is not None
    weak = WeakLabels(contents, bench.judged, teaches)
    taught = WeaklyTaught(make(), weak, checker=make, gate=False)
    found = {
        "alone": scores(make(), bench, rows),
        "balanced": scores(make(class_weights="balanced"), bench, rows),
        "weak": scores(taught, bench, rows),
    }
    trust = taught.trust
    return {**found, "gain": trust.gain, "judge": trust.judge, "own": trust.own}


def run(shared: Path, cache: Path, most: int) -> list[dict[str, Any]]:
    """Do what is missing, one draw of everything after the other, and give all results."""
    store, embed = cache / "weak_labels.jsonl", embedder(cache)
    rows = [json.loads(line) for line in store.open()] if store.exists() else []
    done = {(r["kind"], r["judge_name"], r["dataset"], r["set"], r["draw"]) for r in rows}
    benches = {name: open_benches(shared, name, embed) for name in judged_sets(shared)}
    for draw in range(most):
        for kind in (one for one in KINDS if draw < one.draws):
            key = f"{kind.labels} {kind.picks} {kind.pool}"
            for name, judge, number in [
                (data, asked, place)
                for data in benches
                for asked in JUDGES
                for place in range(len(benches[data]))
            ]:
                if (key, judge, name, number, draw) in done:
                    continue
                bench = benches[name][number][kind.pool, judge]
                row = {"kind": key, "judge_name": judge, "dataset": name, "set": number,
                       "draw": draw, **measure(bench, kind, number, draw)}  # fmt: skip
                with store.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                rows.append(row)
    return rows


def open_benches(shared: Path, name: str, embed: Embed) -> list[dict[tuple[int, str], Bench]]:
    """Of each candidate set: by pool size and judge; the set's own texts come first."""
    data = read_data_set(shared, name)
    sets = candidate_sets(shared, data)
    test = embed(data.test.contents)
    found = []
    for one in sets:
        own = set(one.texts.contents)
        parts = [(one, np.arange(BATCH))]
        for other in sets:
            fresh = [row for row, text in enumerate(other.texts.contents) if text not in own]
            own |= {other.texts.contents[row] for row in fresh}
            parts.append((other, np.array(fresh, dtype=np.int64)))
        contents = [part.texts.contents[row] for part, rows in parts for row in rows]
        gold = np.concatenate([part.texts.labels[rows] for part, rows in parts])
        vectors = embed(contents)
        whole = Bench(data.task, vectors, gold, test, data.test.labels)
        small = replace(whole, vectors=vectors[:BATCH], gold=gold[:BATCH])
        benches = {}
        for judge in JUDGES:
            judged = np.concatenate([part.judged[judge][rows] for part, rows in parts])
            benches[1000, judge] = replace(whole, judged=judged)
            benches[200, judge] = replace(small, judged=judged[:BATCH])
        found.append(benches)
    return found


def gated(row: dict[str, Any]) -> list[float]:
    """The scores with the gate."""
    opens = row["gain"] is not None and row["gain"] > 0 and row["judge"] > 0
    return row["weak"] if opens else row["alone"]


ARMS: dict[str, Callable[[dict[str, Any]], list[float]]] = {
    "people's labels balanced by class": lambda row: row["balanced"],
    "weak labels, no gate": lambda row: row["weak"],
    "weak labels, gate": gated,
}


def mean_by_set(rows: list[dict[str, Any]], arm: Callable[..., list[float]]) -> dict[str, Any]:
    """Data set -> mean difference to people's labels alone, accuracy and macro-F1."""
    names = sorted({row["dataset"] for row in rows})
    return {
        name: np.mean(
            [np.subtract(arm(row), row["alone"]) for row in rows if row["dataset"] == name], axis=0
        )
        for name in names
    }


def cell(values: np.ndarray) -> str:
    """Mean, 95 % interval over data sets, data sets better."""
    mean, low, high = interval(values)
    return f"{mean:+.1f} ({low:+.1f} to {high:+.1f}), {(values > 0.05).sum()}/{len(values)}"


def report(rows: list[dict[str, Any]]) -> str:
    """The tables, as Markdown."""
    out = [
        "Differences to people's labels alone, in points: mean, 95 % interval over data sets, data "
        "sets better. `kept`: the seven data sets on which nothing was chosen.", "",
        "| judge, labels, picks, judged texts | arm | macro-F1 | accuracy | macro-F1, kept "
        "| accuracy, kept | worst data set (macro-F1) | gate open | draws |",
        "|---" * 9 + "|",
    ]  # fmt: skip
    groups = sorted({(row["judge_name"], row["kind"]) for row in rows})
    for judge, kind in groups:
        mine = [row for row in rows if (row["judge_name"], row["kind"]) == (judge, kind)]
        opened = np.mean([gated(row) is row["weak"] for row in mine])
        draws = 1 + max(row["draw"] for row in mine)
        for name, arm in ARMS.items():
            found = mean_by_set(mine, arm)
            all_ = np.array([*found.values()])
            kept = np.array([one for data, one in found.items() if data not in TUNED])
            worst = min(found, key=lambda data: found[data][1])
            out.append(
                f"| {judge}, {kind.replace(' ', ', ')} | {name} | {cell(all_[:, 1])} "
                f"| {cell(all_[:, 0])} | {cell(kept[:, 1])} | {cell(kept[:, 0])} "
                f"| {worst} {found[worst][1]:+.1f} | {100 * opened:.0f} % | {draws} |"
            )
    for judge, kind in groups:
        mine = [row for row in rows if (row["judge_name"], row["kind"]) == (judge, kind)]
        if not kind.startswith("32 random 200"):
            continue
        out += ["", f"By data set, {judge} judge, 32 labels at random (macro-F1 / accuracy):", "",
                "| data set | alone | " + " | ".join(ARMS) + " | gate open |",
                "|---" * (3 + len(ARMS)) + "|"]  # fmt: skip
        tables = [mean_by_set(mine, arm) for arm in ARMS.values()]
        for name in tables[0]:
            part = [row for row in mine if row["dataset"] == name]
            alone = np.mean([row["alone"] for row in part], axis=0)
            opened = np.mean([gated(row) is row["weak"] for row in part])
            cells = [f"{one[name][1]:+.1f} / {one[name][0]:+.1f}" for one in tables]
            out.append(f"| {name} | {alone[1]:.1f} / {alone[0]:.1f} | {' | '.join(cells)} "
                       f"| {100 * opened:.0f} % |")  # fmt: skip
    out += ["", *against_random(rows)]
    return "\n".join(out) + "\n"


def against_random(rows: list[dict[str, Any]]) -> list[str]:
    """Coverage picks against random picks with people's labels alone, 32 labels each."""
    out = ["32 coverage picks against 32 random picks with people's labels alone:", "",
           "| judge, judged texts | weak labels, gate | macro-F1 | accuracy | macro-F1, kept |",
           "|---|---|---|---|---|"]  # fmt: skip
    for judge in JUDGES:
        own = [row for row in rows if row["judge_name"] == judge]
        base = [row for row in own if row["kind"] == "32 random 200"]
        for pool in (200, 1000):
            mine = [row for row in own if row["kind"] == f"32 coverage {pool}"]
            for used, arm in (("no", lambda row: row["alone"]), ("yes", gated)):
                names = sorted({row["dataset"] for row in mine})
                found = {
                    name: np.mean([arm(row) for row in mine if row["dataset"] == name], axis=0)
                    - np.mean([row["alone"] for row in base if row["dataset"] == name], axis=0)
                    for name in names
                }
                all_ = np.array([*found.values()])
                kept = np.array([one for name, one in found.items() if name not in TUNED])
                out.append(f"| {judge}, {pool} | {used} | {cell(all_[:, 1])} | {cell(all_[:, 0])} "
                           f"| {cell(kept[:, 1])} |")  # fmt: skip
    return out


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
