"""Which learner for 32 and for 100 labels: each on every data set, with the same draws.

    python benchmarks/learners.py ../shared CACHE benchmarks/results/learners.jsonl \
        --learner linear --learner "finetune(epochs=25)" --sets sst2 cti --draws 10

On a GPU (`--device cuda --at-once 10`) ten draws are trained side by side. Its rows say so, and
count in place of a CPU's.

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
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from bench_data import (
    BATCH,
    SETS,
    Bench,
    CandidateSet,
    candidate_sets,
    data_sets,
    embedder,
    interval,
    read_data_set,
)
from sklearn.metrics import accuracy_score, f1_score

from activellm.successors import make_successor, read_successor
from activellm.successors.together import fit_together

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


def trained(learner: str, one: Drawn, draws: list[Draw], encoder: Any, device: str) -> list[Row]:
    """Train on each draw, side by side where there are several, and measure on the test texts."""
    name, settings = read_successor(learner)
    given = encoder if name == "linear" else "embedded"
    models: list[Any] = [
        make_successor(
            name, one.data.task, seed=draw.number, encoder=given, device=device, **settings
        )
        for draw in draws
    ]
    work = []
    for draw in draws:
        texts = one.sets[draw.at].texts
        contents = [texts.contents[row] for row in draw.rows]
        work.append((contents, texts.labels[draw.rows], None))
    started, wall = time.process_time(), time.perf_counter()
    if len(models) > 1:
        fit_together(models, work)
    else:
        models[0].fit(*work[0][:2])
    fitted, spent = time.process_time(), time.perf_counter() - wall
    chances = [model.predict_proba(one.data.test.contents) for model in models]
    ended = time.process_time()
    facts: Row = {"fit_s": fitted - started, "predict_s": ended - fitted}
    if device != "cpu":
        facts = {"device": device, "at_once": len(models), "fit_gpu_s": spent}
    for kind in [kind for kind in facts if kind.endswith("_s")]:
        facts[kind] = round(facts[kind] / len(models), 2)
    return [scores(one.data.test.labels, found) | facts for found in chances]


def judged(sets: list[CandidateSet], number: int, rows: np.ndarray, judge: str) -> Row:
    """The query model alone, on all judged texts but the picked ones."""
    keep = [np.arange(BATCH) for _ in sets]
    keep[number] = np.setdiff1d(keep[number], rows)
    gold = np.concatenate([one.texts.labels[own] for one, own in zip(sets, keep, strict=True)])
    chances = [one.judged[judge][own] for one, own in zip(sets, keep, strict=True)]
    return scores(gold, np.concatenate(chances))


@dataclass(frozen=True)
class Draw:
    """Some candidates of a set, to be labelled.

    Attributes:
        number: The draw, which also seeds training.
        at: Which candidate set.
        rows: Which of its candidates.
    """

    number: int
    at: int
    rows: np.ndarray


class Drawn:
    """A data set's candidate sets, and what is drawn of them."""

    def __init__(self, shared: Path, name: str, encoder: Any) -> None:
        self.data = read_data_set(shared, name)
        self.sets = candidate_sets(shared, self.data)
        self._encoder = encoder

    @cache  # noqa: B019  (lives as long as the program)
    def _bench(self, at: int) -> Bench:
        one = self.sets[at]
        vectors = self._encoder.embed(one.texts.contents)
        none = np.zeros(0, dtype=np.int64)
        facts = vectors[:0], none, one.judged.get(JUDGE)
        return Bench(self.data.task, vectors, one.texts.labels, *facts)

    def draws(self, how: str, n: int, numbers: range) -> list[Draw]:
        """Those of some numbers; none where there is no judge to choose them."""
        found = [(x, x % SETS, picked(self._bench(x % SETS), how, n, x)) for x in numbers]
        return [Draw(x, at, rows) for x, at, rows in found if rows is not None]


def key(row: Row) -> tuple[Any, ...]:
    """What names a cell."""
    return tuple(row[name] for name in ("data", "labels", "picks", "draw", "learner"))


def on(row: Row) -> str:
    """The device that a row was computed on."""
    return str(row.get("device", "cpu"))


def run(options: argparse.Namespace) -> None:
    """Do what is missing, the first draws of all data sets first."""
    encoder = embedder(options.cache).__self__
    done = {(key(row), on(row)) for row in rows_of(options.out)}
    names = options.sets or data_sets(options.shared)
    drawn = {name: Drawn(options.shared, name, encoder) for name in names}
    for start in range(0, options.draws, options.at_once):
        numbers = range(start, min(start + options.at_once, options.draws))
        for one, n, how in product(drawn.values(), options.labels, options.picks):
            draws = one.draws(how, n, numbers)
            for learner in options.learner:
                write(options, done, one, (n, how, learner), draws, encoder)
            for judge in one.sets[0].judged:
                write(options, done, one, (n, how, f"{QUERY_MODEL}, {judge}"), draws, judge)


def write(
    options: argparse.Namespace,
    done: set[Any],
    one: Drawn,
    asked: tuple[int, str, str],
    draws: list[Draw],
    by: Any,
) -> None:
    """Compute the draws that are missing, and add their lines to the file."""
    n, how, learner = asked
    cell = {"data": one.data.name, "labels": n, "picks": how, "learner": learner}
    device = "cpu" if isinstance(by, str) else options.device
    missing = [draw for draw in draws if (key({**cell, "draw": draw.number}), device) not in done]
    if not missing:
        return
    if isinstance(by, str):
        found = [judged(one.sets, draw.at, draw.rows, by) for draw in missing]
    else:
        found = trained(learner, one, missing, by, device)
    with options.out.open("a") as file:
        for draw, row in zip(missing, found, strict=True):
            file.write(json.dumps({**cell, "draw": draw.number} | row) + "\n")


def rows_of(out: Path) -> list[Row]:
    """What is there."""
    return [json.loads(line) for line in out.open()] if out.exists() else []


def read(out: Path) -> list[Row]:
    """What is there, each cell once: where a GPU computed it too, as the GPU did."""
    return list({key(row): row for row in sorted(rows_of(out), key=on)}.values())


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
    for n in LABELS:
        for how in PICKS:
            part = [row for row in rows if (row["labels"], row["picks"]) == (n, how)]
            learners = sorted(
                {row["learner"] for row in part}, key=lambda name: (QUERY_MODEL in name, name)
            )
            if part:
                way = "at random" if how == "random" else "by coverage"
                print(f"\n### {n} labels, picked {way}\n")
                compared(part, learners)
                each(part, learners)


def compared(rows: list[Row], learners: list[str]) -> None:
    """Every learner beside linear."""
    print(
        f"| learner | macro-F1 against {BASE} | accuracy | draws | training, s |\n"
        + "|---" * 5
        + "|"
    )
    for learner in learners:
        own = [row for row in rows if row["learner"] == learner]
        against = [
            "0" if learner == BASE else shown([*difference(rows, learner, BASE, what).values()])
            for what in ("macro_f1", "accuracy")
        ]
        counts = [sum(row["data"] == name for row in own) for name in {row["data"] for row in own}]
        draws = f"{min(counts)} to {max(counts)} on {len(counts)}"
        print(f"| {learner} | {' | '.join(against)} | {draws} | {cost(own)} |")


def cost(rows: list[Row]) -> str:
    """What a training took: CPU seconds, or its share of a GPU's seconds."""
    for kind, unit in (("fit_gpu_s", " GPU"), ("fit_s", "")):
        seconds = [row[kind] for row in rows if kind in row]
        if seconds:
            return f"{np.median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f}){unit}"
    return ""


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
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--at-once", type=int, default=1, help="draws trained side by side")
    parser.add_argument("--report", action="store_true", help="print the tables, compute nothing")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message="The number of unique classes")
    if not options.report:
        run(options)
    report(read(options.out))


if __name__ == "__main__":
    main()
