"""Which learner for 32 and for 100 labels: each on every data set, with the same draws.

    python benchmarks/learners.py ../shared CACHE benchmarks/results/learners.jsonl \
        --learner linear --learner "finetune(epochs=25)" --sets sst2 cti --draws 10

Two draws of each of five candidate sets of 200 texts: labels picked at random, and by coverage with
the 1.5B judge's stored judgements. Measured on the first 600 test texts. The query model alone is
measured on the judged texts that were not picked (no test text is judged). Each result is a line of
JSON in the file named last; what is there is not done again. `--report` prints the tables only.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from bench_data import (
    BATCH,
    SETS,
    Bench,
    CandidateSet,
    DataSet,
    Embed,
    candidate_sets,
    data_sets,
    embedder,
    interval,
    read_data_set,
)
from sklearn.metrics import accuracy_score, f1_score

from activellm.successors import make_successor, read_successor

LABELS, PICKS, JUDGE = (32, 100), ("random", "coverage"), "1.5B"
QUERY_MODEL = "query model alone"
BASE = "linear"
"""What the others are compared with."""

Row = dict[str, Any]


def picked(bench: Bench, how: str, n: int, draw: int) -> np.ndarray | None:
    """Which of the candidates are labelled; None where there is no judge to choose them."""
    if how == "random":
        return np.random.default_rng([n, draw]).permutation(BATCH)[:n]
    if bench.judged is None:
        return None
    return bench.pick("coverage", np.arange(BATCH), n, draw)


def scores(gold: np.ndarray, chances: np.ndarray) -> Row:
    """Accuracy, macro-F1 (per cent) and log loss."""
    found = chances.argmax(axis=1)
    right = chances[np.arange(len(gold)), gold]
    return {
        "accuracy": round(100 * float(accuracy_score(gold, found)), 3),
        "macro_f1": round(100 * float(f1_score(gold, found, average="macro", zero_division=0)), 3),
        "log_loss": round(float(-np.log(np.clip(right, 1e-6, 1)).mean()), 4),
    }


def trained(
    learner: str, data: DataSet, one: CandidateSet, rows: np.ndarray, draw: int, encoder: Any
) -> Row:
    """Train on some candidates and measure on the test texts."""
    name, settings = read_successor(learner)
    model = make_successor(
        name,
        data.task,
        seed=draw,
        encoder=encoder if name == "linear" else "embedded",
        device="cpu",
        **settings,
    )
    started = time.process_time()
    model.fit([one.texts.contents[row] for row in rows], one.texts.labels[rows])
    fitted = time.process_time()
    chances = model.predict_proba(data.test.contents)
    ended = time.process_time()
    return scores(data.test.labels, chances) | {
        "fit_s": round(fitted - started, 2),
        "predict_s": round(ended - fitted, 2),
    }


def judged(sets: list[CandidateSet], number: int, rows: np.ndarray, judge: str) -> Row:
    """The query model alone, on all judged texts but the picked ones."""
    keep = [np.arange(BATCH) for _ in sets]
    keep[number] = np.setdiff1d(keep[number], rows)
    gold = np.concatenate([one.texts.labels[own] for one, own in zip(sets, keep, strict=True)])
    chances = [one.judged[judge][own] for one, own in zip(sets, keep, strict=True)]
    return scores(gold, np.concatenate(chances))


def cells(
    data: DataSet, sets: list[CandidateSet], learners: list[str], draws: int, encoder: Any
) -> Iterator[tuple[Row, Callable[[], Row]]]:
    """Every cell's name, and what computes it; the first draw of everything comes first."""
    embed: Embed = encoder.embed

    @cache
    def bench(number: int) -> Bench:
        one = sets[number]
        vectors = embed(one.texts.contents)
        none = np.zeros(0, dtype=np.int64)
        return Bench(data.task, vectors, one.texts.labels, vectors[:0], none, one.judged.get(JUDGE))

    for draw in range(draws):
        number = draw % SETS
        for n in LABELS:
            for how in PICKS:
                rows = picked(bench(number), how, n, draw)
                if rows is None:
                    continue
                name = {"data": data.name, "labels": n, "picks": how, "draw": draw}
                for learner in learners:
                    yield (
                        {**name, "learner": learner},
                        lambda rows=rows, learner=learner, number=number, draw=draw: trained(
                            learner, data, sets[number], rows, draw, encoder
                        ),
                    )
                for judge in sets[number].judged:
                    yield (
                        {**name, "learner": f"{QUERY_MODEL}, {judge}"},
                        lambda rows=rows, number=number, judge=judge: judged(
                            sets, number, rows, judge
                        ),
                    )


def key(row: Row) -> tuple[Any, ...]:
    """What names a cell."""
    return tuple(row[name] for name in ("data", "labels", "picks", "draw", "learner"))


def run(options: argparse.Namespace) -> None:
    """Do what is missing, one draw of all data sets after the other."""
    encoder = embedder(options.cache).__self__
    done = {key(row) for row in read(options.out)}
    names = options.sets or data_sets(options.shared)
    data = {name: read_data_set(options.shared, name) for name in names}
    sets = {name: candidate_sets(options.shared, one) for name, one in data.items()}
    for draws in range(1, options.draws + 1):
        for name in names:
            for cell, compute in cells(data[name], sets[name], options.learner, draws, encoder):
                if cell["labels"] not in options.labels or cell["picks"] not in options.picks:
                    continue
                if key(cell) in done:
                    continue
                done.add(key(cell))
                with options.out.open("a") as file:
                    file.write(json.dumps(cell | compute()) + "\n")


def read(out: Path) -> list[Row]:
    """What is there."""
    return [json.loads(line) for line in out.open()] if out.exists() else []


def difference(rows: list[Row], learner: str, base: str, what: str) -> dict[str, float]:
    """Data set -> mean difference of two learners over the draws that both have."""
    values = {key(row): row[what] for row in rows}
    found: dict[str, list[float]] = {}
    for row in rows:
        other = key({**row, "learner": base})
        if row["learner"] == learner and other in values:
            found.setdefault(row["data"], []).append(row[what] - values[other])
    return {name: float(np.mean(ones)) for name, ones in found.items()}


def shown(values: list[float]) -> str:
    """Mean and interval over data sets, and on how many it is above 0; bold where that is clear."""
    if len(values) < 2:
        return "" if not values else f"{values[0]:+.1f} (one data set)"
    mean, low, high = interval(np.array(values))
    text = f"{mean:+.1f} ({low:+.1f} to {high:+.1f})"
    better = sum(value > 0.05 for value in values)
    return f"{f'**{text}**' if low > 0 or high < 0 else text}, {better}/{len(values)}"


def report(rows: list[Row]) -> None:
    """Print a table for each number of labels and way of picking."""
    learners = sorted(
        {row["learner"] for row in rows}, key=lambda name: (QUERY_MODEL in name, name)
    )
    for n in LABELS:
        for how in PICKS:
            part = [row for row in rows if (row["labels"], row["picks"]) == (n, how)]
            if part:
                way = "at random" if how == "random" else "by coverage"
                print(f"\n### {n} labels, picked {way}\n")
                compared(part, learners)
                each(part, learners)


def compared(rows: list[Row], learners: list[str]) -> None:
    """Every learner beside linear."""
    print(
        f"| learner | macro-F1 against {BASE} | accuracy | draws | training, CPU s |\n"
        + "|---" * 5
        + "|"
    )
    for learner in learners:
        own = [row for row in rows if row["learner"] == learner]
        if not own:
            continue
        against = [
            "0" if learner == BASE else shown([*difference(rows, learner, BASE, what).values()])
            for what in ("macro_f1", "accuracy")
        ]
        counts = [sum(row["data"] == name for row in own) for name in {row["data"] for row in own}]
        draws = f"{min(counts)} to {max(counts)} on {len(counts)}"
        seconds = [row["fit_s"] for row in own if "fit_s" in row]
        cost = (
            f"{np.median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})"
            if seconds
            else ""
        )
        print(f"| {learner} | {' | '.join(against)} | {draws} | {cost} |")


def each(rows: list[Row], learners: list[str]) -> None:
    """Macro-F1 and its spread over draws, data set by data set."""
    names = sorted({row["data"] for row in rows})
    print(
        "\n| macro-F1, mean (sd over draws) | "
        + " | ".join(names)
        + " |\n"
        + "|---" * (len(names) + 1)
        + "|"
    )
    for learner in learners:
        cells_ = []
        for name in names:
            own = [r["macro_f1"] for r in rows if (r["learner"], r["data"]) == (learner, name)]
            spread = f" ({np.std(own, ddof=1):.1f})" if len(own) > 1 else ""
            cells_.append(f"{np.mean(own):.1f}{spread}" if own else "")
        print(f"| {learner} | " + " | ".join(cells_) + " |")


def main() -> None:
    """Run what is missing and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--learner", action="append", default=[], help="as for --successor")
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--labels", nargs="+", type=int, default=LABELS)
    parser.add_argument("--picks", nargs="+", default=PICKS)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--report", action="store_true", help="print the tables, compute nothing")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message="The number of unique classes")
    if not options.report:
        run(options)
    report(read(options.out))


if __name__ == "__main__":
    main()
