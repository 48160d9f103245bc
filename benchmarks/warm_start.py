"""Learning curves to 300 labels: classic strategies after a random and after a warm start.

    python benchmarks/warm_start.py SHARED CACHE [--seeds 10] [--figure FILE.svg]

Rounds of 25 in a pool of up to 2,000 texts that is kept; logistic regression on the embedded
encoder's vectors, up to 600 test texts. A cold start is one round at random. A warm start is two
rounds of coverage (stored judgements) or k-means, each of 200 candidates, as in the product; the
classic strategies look at the whole pool. Curves that are done are kept in CACHE/warm_start.jsonl.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from bench_data import (
    JUDGES,
    SETS,
    Bench,
    DataSet,
    candidate_sets,
    embedder,
    interval,
    read_data_set,
)

from activellm.files import atomic_path
from activellm.selection.schedule import read_schedule

NAMES = ("sst2", "cti", "ag_news")
POOL, ROUND, ROUNDS = 2000, 25, 12
CLASSIC = ("bald", "least-confidence", "entropy")
STARTS = {
    "random": "random*1",
    "random, 50": "random*2",
    "k-means": "kmeans*2",
    "coverage, 135M judge": "coverage*2",
    "coverage, 1.5B judge": "coverage*2",
}
THROUGHOUT = {
    "random": "random",
    "k-means": "kmeans",
    "coverage, 135M judge": "coverage",
    "coverage, 1.5B judge": "coverage",
    "hybrid, 135M judge": "hybrid",
    "hybrid, 1.5B judge": "hybrid",
}
SHOWS_200 = {"kmeans", "coverage", "hybrid"}
"""Strategies that look at 200 candidates a round."""


def arms() -> dict[tuple[str, str], str]:
    """(start, strategy) -> schedule; the strategy is "throughout" where one chooses all."""
    found = {(start, "throughout"): schedule for start, schedule in THROUGHOUT.items()}
    for strategy in CLASSIC:
        found |= {(start, strategy): f"{first}, {strategy}" for start, first in STARTS.items()}
    return found


def open_pool(
    shared: Path, data: DataSet, seed: int, embed: Callable[..., np.ndarray]
) -> tuple[dict[str, Bench], list[np.ndarray]]:
    """A bench for each judge on one pool, and the rows of the five judged candidate sets."""
    sets = candidate_sets(shared, data)
    numbers: dict[Any, int] = {}
    rows = [
        np.array([numbers.setdefault(one, len(numbers)) for one in part.texts.contents])
        for part in sets
    ]
    gold = dict(zip(data.pool.contents, data.pool.labels.tolist(), strict=True))
    for part in sets:
        gold |= zip(part.texts.contents, part.texts.labels.tolist(), strict=True)
    others = [one for one in dict.fromkeys(data.pool.contents) if one not in numbers]
    order = np.random.default_rng([11, seed]).permutation(len(others))
    contents = [*numbers, *(others[row] for row in order[: POOL - len(numbers)])]
    bench = Bench(
        data.task,
        embed(contents),
        np.array([gold[one] for one in contents]),
        embed(data.test.contents),
        data.test.labels,
    )
    judged = {}
    for judge in JUDGES:
        table = np.full((len(contents), len(data.task.labels)), np.nan)
        for part, places in zip(sets, rows, strict=True):
            table[places] = part.judged[judge]
        judged[judge] = replace(bench, judged=table)
    return {"": bench, **judged}, [np.unique(places) for places in rows]


def curve(
    bench: Bench, sets: list[np.ndarray], schedule: str, seed: int
) -> list[tuple[float, float]]:
    """Accuracy and macro-F1 after each round."""
    plan, found = read_schedule(schedule), []
    known = np.array([], dtype=np.int64)
    for number in range(1, ROUNDS + 1):
        entry = plan.entry(number)
        shown = np.arange(len(bench.gold))
        if entry.name in SHOWS_200:
            shown = sets[(seed + number - 1) % SETS]
        left = np.setdiff1d(shown, known)
        # One stream a round: arms that begin alike have the same first rounds.
        picked = bench.pick(
            entry.name, left, ROUND, 1000 * seed + number, labelled=known, **entry.options
        )
        known = np.concatenate([known, picked])
        found.append(bench.measure(known))
    return found


def run(shared: Path, cache: Path, names: list[str], seeds: int) -> list[dict[str, Any]]:
    """All curves, from the cache where they are done."""
    store = cache / "warm_start.jsonl"
    found = [json.loads(line) for line in store.open()] if store.exists() else []
    done = {(row["dataset"], row["seed"], row["start"], row["strategy"]) for row in found}
    embed = embedder(cache)
    for seed in range(seeds):
        for name in names:
            todo = [arm for arm in arms() if (name, seed, *arm) not in done]
            if not todo:
                continue
            benches, sets = open_pool(shared, read_data_set(shared, name), seed, embed)
            for start, strategy in todo:
                judge = start.partition(", ")[2].removesuffix(" judge")
                bench = benches.get(judge, benches[""])
                scores = curve(bench, sets, arms()[start, strategy], seed)
                row = {"dataset": name, "seed": seed, "start": start, "strategy": strategy,
                       "scores": scores}  # fmt: skip
                with store.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                found.append(row)
    return [row for row in found if row["seed"] < seeds and row["dataset"] in names]


def forget(store: Path, names: list[str]) -> None:
    """Drop the curves in which some strategies act, whose code has changed."""
    if names:
        gone = {
            arm
            for arm, plan in arms().items()
            if not {*names}.isdisjoint(read_schedule(plan).names)
        }
        rows = map(json.loads, store.open())
        kept = [json.dumps(r) + "\n" for r in rows if (r["start"], r["strategy"]) not in gone]
        with atomic_path(store) as part:
            part.write_text("".join(kept))


def by_seed(rows: list[dict[str, Any]], name: str, start: str, strategy: str) -> np.ndarray:
    """Macro-F1 of an arm, shape (seeds, rounds)."""
    mine = [r for r in rows if (r["dataset"], r["start"], r["strategy"]) == (name, start, strategy)]
    return np.array([np.array(r["scores"])[:, 1] for r in sorted(mine, key=lambda r: r["seed"])])


def difference(values: np.ndarray) -> str:
    """Mean with interval over seeds, and whether the spread hides it."""
    mean, low, high = interval(values)
    return f"{mean:+.1f} ({low:+.1f} to {high:+.1f}){'' if low > 0 or high < 0 else ', hidden'}"


def report(rows: list[dict[str, Any]], names: list[str]) -> None:
    """Print, for each data set, areas under the curves and their differences."""
    columns = ["start, then", "25", "50", "100", "200", "300", "area (sd over seeds)",
               "against random throughout", "against 25 at random first",
               "against 50 at random first"]  # fmt: skip
    for name in names:
        print(f"\n**{name}**\n\n| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
        plain = by_seed(rows, name, "random", "throughout").mean(axis=1)
        for start, strategy in arms():
            f1 = by_seed(rows, name, start, strategy)
            area = f1.mean(axis=1)
            shown = [f"{f1[:, at // ROUND - 1].mean():.1f}" for at in (25, 50, 100, 200, 300)]
            shown.append(f"{area.mean():.1f} ({area.std(ddof=1):.1f})")
            alone = (start, strategy) == ("random", "throughout")
            shown.append("" if alone else difference(area - plain))
            for cold in ("random", "random, 50"):
                compared = strategy in CLASSIC and start not in ("random", cold)
                shown.append(
                    difference(area - by_seed(rows, name, cold, strategy).mean(axis=1))
                    if compared
                    else ""
                )
            print(f"| {start}, {strategy} | " + " | ".join(shown) + " |")


TITLES = {"random": "25 at random", "random, 50": "50 at random"}
COLOURS = {
    "random": "#777777",
    "random, 50": "#bbbbbb",
    "k-means": "#0072b2",
    "coverage, 135M judge": "#e69f00",
    "coverage, 1.5B judge": "#d55e00",
    "hybrid, 135M judge": "#56b4e9",
    "hybrid, 1.5B judge": "#009e73",
}


def draw(rows: list[dict[str, Any]], names: list[str], target: Path) -> None:
    """A grid of figures: data sets by strategies, a line a start, bars of one standard error."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "warm-start", "font.size": 9}
    import matplotlib.pyplot as plt

    columns = [*CLASSIC, "throughout"]
    figure, axes = plt.subplots(
        len(names), len(columns), figsize=(13, 3 * len(names)), sharex=True, sharey="row",
        layout="constrained", squeeze=False,
    )  # fmt: skip
    labels = ROUND * np.arange(1, ROUNDS + 1)
    for line, name in zip(axes, names, strict=True):
        plain = by_seed(rows, name, "random", "throughout")
        for panel, strategy in zip(line, columns, strict=True):
            panel.plot(labels, plain.mean(axis=0), ":", color="black", label="random throughout")
            for start in (one for one, column in arms() if column == strategy):
                if (start, strategy) == ("random", "throughout"):
                    continue
                f1 = by_seed(rows, name, start, strategy)
                error = f1.std(axis=0, ddof=1) / np.sqrt(len(f1))
                panel.errorbar(labels, f1.mean(axis=0), error, color=COLOURS[start], label=start,
                               linewidth=1.2, elinewidth=0.6)  # fmt: skip
            panel.set_title(f"{name}: {strategy}")
            panel.grid(alpha=0.3)
        line[0].set_ylabel("macro-F1")
    for panel in axes[-1]:
        panel.set_xlabel("labels")
    shown = {
        f"start: {TITLES.get(word, word)}" if "throughout" not in word else word: handle
        for panel in axes[0]
        for handle, word in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    figure.legend(shown.values(), shown.keys(), loc="outside lower center", ncols=4)
    figure.savefig(target, metadata={"Date": None})
    # Two digits of a point's thousandth show nothing and take a third of the file.
    target.write_text(re.sub(r"(\d\.\d\d)\d+", r"\1", target.read_text()))


def main() -> None:
    """Run what is missing, print the tables, draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(NAMES))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--again", nargs="+", default=[], help="strategies to run anew")
    options = parser.parse_args()
    forget(options.cache / "warm_start.jsonl", options.again)
    rows = run(options.shared, options.cache, options.sets, options.seeds)
    report(rows, options.sets)
    if options.figure:
        draw(rows, options.sets, options.figure)


if __name__ == "__main__":
    main()
