"""When would each stopping criterion have stopped, and did the learning curve foresee what came?

    python benchmarks/stopping.py ../shared/data [--sets sst2 ag_news cti] [--runs 10] [--json]

Pools of 1,500 texts, embedded encoder, `linear`, 25 random labels a round. Measured on up to 800
test texts, and on 100 of them as a small hold-out. A criterion's stop is compared with the mean
curve of 100 runs: what would 25 more labels, and labels up to 300, still have brought?
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
from benchmark_data import read_data
from sklearn.linear_model import LogisticRegression

from activellm.encoders import CachedEncoder, open_encoder
from activellm.evaluation import evaluate
from activellm.evaluation.metrics import count, indicators
from activellm.progress import silent
from activellm.stopping import DEFAULT, History, RoundFacts, advise_stopping, read_criteria
from activellm.stopping.forecast import Point, forecast
from activellm.successors.checks import decide
from activellm.successors.linear import Linear
from activellm.task import Task

POOL, TEST, SMALL, STOP_SET, ROUND, ROUNDS, MEAN_OF = 1500, 800, 100, 500, 25, 12, 100
FORECAST_FROM = 3


class Data(NamedTuple):
    """One data set: texts of the pool and the test, with their labels."""

    name: str
    task: Task
    pool: list[str]
    pool_labels: np.ndarray
    test: list[str]
    test_labels: np.ndarray


def read(folder: Path) -> Data:
    """A fixed sample of the data set's pool and test."""
    rng = np.random.default_rng(0)
    task, pool, pool_labels = read_data(folder / "pool.jsonl.gz")
    _, test, test_labels = read_data(folder / "test.jsonl.gz")
    some, few = rng.permutation(len(pool))[:POOL], rng.permutation(len(test))[:TEST]
    return Data(
        folder.name, task,
        [pool[row] for row in some], pool_labels[some],
        [test[row] for row in few], test_labels[few],
    )  # fmt: skip


def rounds_of(data: Data, encoder: CachedEncoder, seed: int, tested: int) -> list[RoundFacts]:
    """The facts of all rounds of one run."""
    order = np.random.default_rng(1000 + seed).permutation(len(data.pool))
    facts = []
    for number in range(1, ROUNDS + 1):
        rows = order[: ROUND * number]
        model = Linear(data.task, seed=0, encoder=encoder)
        model.fit([data.pool[row] for row in rows], data.pool_labels[rows])
        measured = evaluate(
            data.task,
            data.test_labels[:tested],
            decide(model.predict_proba(data.test[:tested], progress=silent), data.task),
            subject="successor",
            texts="hold-out",
        )
        stop_set = model.predict_proba(data.pool[:STOP_SET])
        facts.append(
            RoundFacts(
                number,
                len(rows),
                probabilities=stop_set,
                macro_f1=measured.macro_f1,
                accuracy=measured.accuracy,
                measured_on="hold-out",
            )
        )
    return facts


def mean_curve(data: Data, encoder: CachedEncoder) -> np.ndarray:
    """Macro-F1 on the test texts after each round, the mean of many runs."""
    pool, test = encoder.embed(data.pool), encoder.embed(data.test)
    truth = indicators(data.task, data.test_labels)
    curves = np.zeros((MEAN_OF, ROUNDS))
    for run in range(MEAN_OF):
        order = np.random.default_rng(run).permutation(len(pool))
        for number in range(ROUNDS):
            rows = order[: ROUND * (number + 1)]
            labels = data.pool_labels[rows]
            guess = np.full(len(test), labels[0])
            if len(np.unique(labels)) > 1:
                guess = (
                    LogisticRegression(C=10, max_iter=1000).fit(pool[rows], labels).predict(test)
                )
            curves[run, number] = count(truth, indicators(data.task, guess)).macro_f1()
    return curves.mean(axis=0)


def stops(data: Data, runs: list[list[RoundFacts]], curve: np.ndarray) -> dict[str, dict]:
    """For each criterion: in which round it first says stop, and what was still to come."""
    found: dict[str, list[int | None]] = defaultdict(list)
    for facts in runs:
        first: dict[str, int | None] = {}
        for number in range(1, ROUNDS):
            history = History(data.task, tuple(facts[:number]), POOL - ROUND * number, ROUND)
            for verdict in advise_stopping(history, read_criteria(DEFAULT)):
                first.setdefault(verdict.criterion, None)
                if verdict.says == "stop" and first[verdict.criterion] is None:
                    first[verdict.criterion] = number
        for name, number in first.items():
            found[name].append(number)
    return {name: stopped(numbers, curve) for name, numbers in found.items()}


def stopped(numbers: list[int | None], curve: np.ndarray) -> dict[str, float | None]:
    """How often it stopped, where in the middle, and what the mean curve rises by from there."""
    at = np.array([number for number in numbers if number is not None], dtype=int)
    if not len(at):
        return {"stopped": 0.0, "labels": None, "next": None, "to_the_end": None}
    return {
        "stopped": len(at) / len(numbers),
        "labels": float(np.median(at) * ROUND),
        "next": float(np.mean(curve[at] - curve[at - 1])),
        "to_the_end": float(np.mean(curve[-1] - curve[at - 1])),
    }


def foreseen(runs: list[list[RoundFacts]], curve: np.ndarray) -> list[dict[str, float]]:
    """Each forecast beside what the mean curve rises by, and what was measured next."""
    rows = []
    for facts in runs:
        points = [
            Point(one.labels, one.macro_f1.value, (one.macro_f1.high - one.macro_f1.low) / 3.92)
            for one in facts
        ]
        for number in range(FORECAST_FROM, ROUNDS):
            found, gain = forecast(points[:number], ROUND), curve[number] - curve[number - 1]
            measured = points[number].value
            rows.append(
                {
                    "round": number,
                    "held": found.low <= gain <= found.high,
                    "above": gain > found.high,
                    "measured_held": found.measured_low <= measured <= found.measured_high,
                    "width": found.high - found.low,
                    "measured_width": found.measured_high - found.measured_low,
                    "error": found.gain - gain,
                    "gain": gain,
                }
            )
    return rows


def summed_up(rows: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Means over early (to 100 labels), later and all rounds."""
    parts = {
        "to 100 labels": [row for row in rows if row["round"] <= 4],
        "from 125 labels": [row for row in rows if row["round"] > 4],
        "all": rows,
    }
    return {
        name: {key: float(np.mean([row[key] for row in part])) for key in part[0] if key != "round"}
        | {"absolute_error": float(np.mean([abs(row["error"]) for row in part]))}
        for name, part in parts.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="+", default=["sst2", "ag_news", "cti"])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--cache", type=Path, help="folder that keeps the embeddings")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.cache or Path(temporary)
        encoder = CachedEncoder(open_encoder(device="cpu"), folder / "embeddings.db")
        for name in options.sets:
            data = read(options.data / name)
            curve = mean_curve(data, encoder)
            result[name] = {"curve": curve.tolist()}
            for tested in (TEST, SMALL):
                runs = [rounds_of(data, encoder, seed, tested) for seed in range(options.runs)]
                result[name][f"{tested} texts"] = {
                    "stops": stops(data, runs, curve),
                    "foreseen": summed_up(foreseen(runs, curve)),
                }
    print(json.dumps(result, indent=2) if options.json else table(result))


def table(result: dict) -> str:
    """The result as lines for people."""
    lines = []
    for name, found in result.items():
        lines.append(f"{name}: " + " ".join(f"{100 * value:.1f}" for value in found["curve"]))
        for tested, parts in found.items():
            if tested == "curve":
                continue
            lines.append(f"  measured on {tested}")
            for criterion, one in parts["stops"].items():
                at = "-" if one["labels"] is None else (
                    f"at {one['labels']:.0f} labels; next 25 bring {100 * one['next']:+.1f}, "
                    f"up to 300 {100 * one['to_the_end']:+.1f}"
                )  # fmt: skip
                lines.append(f"    {criterion:<22} stops in {one['stopped']:.0%} of the runs {at}")
            for part, one in parts["foreseen"].items():
                points = {key: f"{100 * value:+.2f}" for key, value in one.items()}
                lines.append(
                    f"    {part:<16} gain {points['gain']}, error {points['error']} "
                    f"(absolute {points['absolute_error']}), held {one['held']:.0%} "
                    f"(above {one['above']:.0%}, width {points['width']}), "
                    f"next measurement held {one['measured_held']:.0%} "
                    f"(width {points['measured_width']})"
                )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
