"""Every query strategy on every data set at 32 labels, beside random draws of the same candidates.

    python benchmarks/strategies.py SHARED CACHE [--sets sst2 cti] [--again auto]

SHARED holds data/ and judgements/. A data set gives five sets of 200 candidates (those that are
judged already, where there are some) and up to 600 test texts; the learner is logistic regression
on the embedded encoder's vectors. Strategies that can start from nothing choose 32; the others
choose 16 after 16 random labels, and are compared with the same 16 and 16 more at random. ALPS
reads all texts with the embedded query model, so it gets one candidate set of each data set. What
is done is kept in CACHE/strategies.jsonl and not done again.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable, Iterator
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
    CandidateSet,
    DataSet,
    Embed,
    candidate_sets,
    data_sets,
    embedder,
    interval,
    read_data_set,
    surprisals,
)

from activellm.files import atomic_path
from activellm.selection.strategies import STRATEGIES

PICKS, START = 32, 16
DRAWS, SEEDS, STARTS = 20, 8, 10
"""Random draws; runs of a strategy that starts from nothing; starts of one that needs labels."""

COLD = ("kmeans", "coreset", "typiclust", "probcover")
ALPS, ALPS_SETS = "alps", 1
"""Reading texts with a language model takes long: so many candidate sets of each data set."""

JUDGED = ("coverage", "hybrid", "auto")
WARM = (
    "least-confidence", "entropy", "breaking-ties", "bald", "batchbald", "badge", "cal",
    "discriminative", "balanced-least-confidence", "balanced-entropy", "balanced-breaking-ties",
    "balanced-bald",
)  # fmt: skip
WARM_TOO = ("coreset", "typiclust", "probcover")
"""These take what is labelled into account: they are also tried after a random start."""

WARM_JUDGED = ("coverage", "hybrid")
RANDOM = "random"


@dataclass(frozen=True)
class Entry:
    """A line of the table.

    Attributes:
        strategy: Its name.
        judge: Whose judgements it reads, or empty.
        warm: Whether it chooses 16 after 16 random labels.
    """

    strategy: str
    judge: str = ""
    warm: bool = False

    @property
    def key(self) -> str:
        """How results are kept and shown."""
        judge = f", {self.judge} judge" if self.judge else ""
        return f"{'16 random, ' if self.warm else ''}{self.strategy}{judge}"


def entries() -> list[Entry]:
    """All lines, of strategies that are there."""
    found = [Entry(name) for name in (*COLD, ALPS)]
    found += [Entry(name, judge) for name in JUDGED for judge in JUDGES]
    found += [Entry(name, warm=True) for name in (*WARM, *WARM_TOO)]
    found += [Entry(name, judge, warm=True) for name in WARM_JUDGED for judge in JUDGES]
    return [entry for entry in found if entry.strategy in STRATEGIES.names()]


def draws(number: int) -> list[np.ndarray]:
    """The random draws of a candidate set, of which warm strategies get the first half."""
    rng = np.random.default_rng(number)
    return [rng.permutation(BATCH)[:PICKS] for _ in range(DRAWS)]


def scores_of(entry: Entry, bench: Bench, number: int) -> list[tuple[float, float]]:
    """Accuracy and macro-F1 of each run of a strategy on a candidate set."""
    candidates = np.arange(BATCH)
    if not entry.warm:
        picked = [bench.pick(entry.strategy, candidates, PICKS, seed) for seed in range(SEEDS)]
        return [bench.measure(rows) for rows in picked]
    found = []
    for seed, start in enumerate(draws(number)[:STARTS]):
        known = start[:START]
        left = np.setdiff1d(candidates, known)
        more = bench.pick(entry.strategy, left, PICKS - START, seed, labelled=known)
        found.append(bench.measure(np.concatenate([known, more])))
    return found


def work_on(
    data: DataSet, embed: Embed, cache: Path, number: int, one: CandidateSet
) -> dict[str, Callable[[], list[tuple[float, float]]]]:
    """Key -> what gives the scores on a candidate set."""
    test, vectors = embed(data.test.contents), embed(one.texts.contents)
    bench = Bench(data.task, vectors, one.texts.labels, test, data.test.labels)
    found = {RANDOM: partial(_random, bench, number)}
    for entry in entries():
        mine = bench
        if entry.strategy == ALPS:
            if number >= ALPS_SETS:
                continue
            mine = replace(bench, surprise=surprisals(cache, data, number, one.texts))
        if entry.judge:
            if entry.judge not in one.judged:
                continue
            mine = replace(bench, judged=one.judged[entry.judge])
        found[entry.key] = partial(scores_of, entry, mine, number)
    return found


def _random(bench: Bench, number: int) -> list[tuple[float, float]]:
    return [bench.measure(rows) for rows in draws(number)]


def run(shared: Path, cache: Path, names: list[str]) -> Iterator[dict[str, Any]]:
    """Do what is missing, and give all results."""
    store, embed = cache / "strategies.jsonl", embedder(cache)
    kept = [json.loads(line) for line in store.open()] if store.exists() else []
    yield from (row for row in kept if row["dataset"] in names)
    done = {(row["dataset"], row["set"], row["key"]) for row in kept}
    for name in names:
        data = read_data_set(shared, name)
        for number, one in enumerate(candidate_sets(shared, data)):
            for key, scores in work_on(data, embed, cache, number, one).items():
                if (name, number, key) in done:
                    continue
                row = {"dataset": name, "set": number, "key": key, "scores": scores()}
                with store.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                yield row


def forget(store: Path, names: list[str]) -> None:
    """Drop the results of some strategies, whose code has changed."""
    if names:
        keys = {entry.key for entry in entries() if entry.strategy in names}
        kept = [line for line in store.open() if json.loads(line)["key"] not in keys]
        with atomic_path(store) as part:
            part.write_text("".join(kept))


Table = dict[tuple[str, str], np.ndarray]


def differences(rows: list[dict[str, Any]]) -> Table:
    """By key and data set: mean difference to random in accuracy and macro-F1, over its sets."""
    scores = {(r["dataset"], r["set"], r["key"]): np.array(r["scores"]) for r in rows}
    found: dict[tuple[str, str], list[np.ndarray]] = {}
    for (name, number, key), ours in scores.items():
        drawn = scores[name, number, RANDOM]
        base = drawn[:STARTS] if key.startswith("16 ") else drawn
        found.setdefault((key, name), []).append(ours.mean(axis=0) - base.mean(axis=0))
    return {place: np.mean(sets, axis=0) for place, sets in found.items()}


def cell(values: np.ndarray) -> str:
    """Mean, interval over data sets and wins; bold where the spread does not hide it."""
    mean, low, high = interval(values)
    shown = f"{mean:+.1f} ({low:+.1f} to {high:+.1f})"
    clear = low > 0 or high < 0
    return f"{f'**{shown}**' if clear else shown}, {(values > 0.05).sum()}/{len(values)}"


def line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def report(rows: list[dict[str, Any]]) -> None:
    """Print both tables."""
    table = differences(rows)
    names = sorted({name for _, name in table})
    order = {entry.key: place for place, entry in enumerate(entries())}
    keys = sorted({key for key, _ in table} & order.keys(), key=order.__getitem__)
    print(line("strategy", "macro-F1", "accuracy", "macro-F1 where no threshold was tuned"))
    print("|---" * 4 + "|")
    for key in keys:
        have = [name for name in names if (key, name) in table]
        values = np.array([table[key, name] for name in have])
        other = np.array([table[key, name][1] for name in have if name not in TUNED])
        print(line(key, cell(values[:, 1]), cell(values[:, 0]), cell(other)))
    print("\n" + line("macro-F1", *names) + "\n" + "|---" * (len(names) + 1) + "|")
    drawn = [
        np.array([r["scores"] for r in rows if (r["dataset"], r["key"]) == (name, RANDOM)])
        for name in names
    ]
    print(line("random itself", *(f"{one[..., 1].mean():.1f}" for one in drawn)))
    spreads = [one[..., 1].std(axis=1, ddof=1).mean() for one in drawn]
    print(line("one draw's spread (sd)", *(f"{spread:.1f}" for spread in spreads)))
    for key in keys:
        shown = [f"{table[key, name][1]:+.1f}" if (key, name) in table else "" for name in names]
        print(line(key, *shown))


def main() -> None:
    """Run what is missing and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--again", nargs="+", default=[], help="strategies to run anew")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message="The number of unique classes")
    forget(options.cache / "strategies.jsonl", options.again)
    report(list(run(options.shared, options.cache, options.sets or data_sets(options.shared))))


if __name__ == "__main__":
    main()
