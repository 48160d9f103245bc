"""What `bench tune` advises from some labelled texts, beside what is true on many others.

    python benchmarks/tuning.py DATA_FOLDER CACHE_FOLDER [data set ...]

Each data set's pool is cut in two. Up to five disjoint labelled samples of one part are tuned on;
the truth is the same grid on at most 2,000 texts of the other part, in 100 draws. Every setting is
taken as the default once, so that there are bad defaults to be found. Draws, splits, choice and
promise are those of the command; selection and training run on the embedded encoder's vectors of
all texts, so that a data set takes a minute and not an hour. Prints a row a data set and size, then
totals and the correlation of draws of one sample.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score

from activellm.bench.statistics import studentised_interval
from activellm.bench.tuning.evidence import COMMON, weigh
from activellm.bench.tuning.sizes import Sizes, fit_sizes
from activellm.bench.tuning.values import Choice, Values, values_of
from activellm.encoders import open_encoder
from activellm.seeding import generator
from activellm.selection.kmeans import representatives
from activellm.successors.regression import Examples, fit_regression

NAMES = ("sst2", "ag_news", "emotion", "cr")
SIZES, SEEDS, DRAWS, TRUTH, TRUE_DRAWS = (150, 400), 5, 24, 2000, 100
CANDIDATES, PICKS = (50, 100, 200), 32
LEARNERS = ("balanced", "none")


@dataclass(frozen=True)
class Texts:
    """Vectors and classes."""

    vectors: np.ndarray
    targets: np.ndarray


@dataclass(frozen=True)
class Case:
    """One default on one labelled sample."""

    data: str
    texts: int
    seed: int
    changed: bool
    promised: float
    low: float
    high: float
    naive: float
    true: float
    best: float
    ours: bool


def read(data: Path, cache: Path, name: str) -> Texts:
    """At most 4,000 texts of a pool in a fixed order, with their vectors."""
    with gzip.open(data / name / "pool.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    rows = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))[:4000]]
    path = cache / f"{name}.npy"
    if not path.exists():
        np.save(path, open_encoder("embedded", device="cpu").embed([row["text"] for row in rows]))
    targets = np.unique([row["label"] for row in rows], return_inverse=True)[1]
    return Texts(np.load(path, allow_pickle=False), targets)


def simulated(texts: Texts, own: np.ndarray, sizes: Sizes, draws: int, name: str) -> Values:
    """The grid on some labelled texts, as the command simulates it."""
    rows = []
    for draw in range(draws):
        order = own[generator(0, "tune", name, draw).permutation(len(own))]
        test, pool = order[: sizes.test], order[sizes.test :][: sizes.pool]
        for shown, schedule in product(sizes.candidates, ("kmeans", "random")):
            rng = generator(0, "draw", name, draw, shown)
            candidates = rng.permutation(pool)[:shown]
            places = rng.choice(shown, PICKS, replace=False)
            if schedule == "kmeans":
                places = [
                    one.index for one in representatives(texts.vectors[candidates], PICKS, rng)
                ]
            for learner in LEARNERS:
                value = trained(texts, candidates[places], test, learner)
                rows.append(
                    {
                        "schedule": schedule, "candidates": shown, "successor": learner,
                        "llm": "none", "prompt": "", "round": 1, "labels": PICKS,
                        "data": f"split {draw}", "draw": 0, "macro_f1": value,
                    }
                )  # fmt: skip
    return values_of(rows)


def trained(texts: Texts, picks: np.ndarray, test: np.ndarray, learner: str) -> float:
    """Macro-F1 of logistic regression on the picks."""
    examples = Examples(texts.vectors[picks], texts.targets[picks], int(texts.targets.max()) + 1)
    regression = fit_regression(examples, 10.0, learner)
    found = regression.probabilities(texts.vectors[test]).argmax(axis=1)
    return float(f1_score(texts.targets[test], found, average="macro", zero_division=0))


def case(name: str, sizes: Sizes, seed: int, base: Choice, values: Values, truth: Values) -> Case:
    """What is advised in place of a default, and what that is worth."""
    found = weigh(values, base, PICKS, of="draws", seed=seed, shared=COMMON * sizes.shared)
    assert found is not None
    beside = truth.beside(base, PICKS)
    gains = dict(zip(beside.choices, beside.differences.mean(axis=0), strict=True))
    known = [float(gains[choice]) for choice in values.table]
    ours = Choice("kmeans", sizes.candidates[-1], "balanced")
    promise = found.promise
    return Case(
        name, sizes.texts, seed, found.changed, promise.gain, promise.low, promise.high,
        promise.naive, float(gains[found.chosen]), max(known), base == ours,
    )  # fmt: skip


def report(title: str, some: list[Case]) -> None:
    """One row: how often it advises a change, what that gains, and whether the promise holds."""
    changed = [one for one in some if one.changed]
    row = f"{title:<24} changed {len(changed):>3} of {len(some):>3}"
    if changed:
        better = sum(one.true > 0 for one in changed)
        row += f", better {better}, true gain {np.mean([one.true for one in changed]):+.1f}"
        samples = sorted({(one.data, one.seed) for one in changed})
        means = [
            np.mean([one.true for one in changed if (one.data, one.seed) == sample])
            for sample in samples
        ]
        if len(means) > 1:  # defaults of one sample share its luck: the sample is the unit
            low, high = studentised_interval(np.array(means), generator(0, "report"))
            row += f" (over {len(means)} samples {np.mean(means):+.1f}, {low:+.1f} to {high:+.1f})"
        row += f", promised {np.mean([one.promised for one in changed]):+.1f}"
        row += f", naive {np.mean([one.naive for one in changed]):+.1f}"
        row += f", true >= low {np.mean([one.true >= one.low for one in changed]):.2f}"
    above = np.mean([one.true >= one.low for one in some])
    inside = np.mean([one.low <= one.true <= one.high for one in some])
    print(f"{row}; all: true >= low {above:.2f}, inside {inside:.2f}", flush=True)


def correlations(samples: list[Values]) -> list[float]:
    """The correlation of two draws of one sample, of each pair of settings (one-way ANOVA)."""
    found = []
    choices = sorted(samples[0].table)
    for place, base in enumerate(choices):
        for other in choices[place + 1 :]:
            table = []
            for values in samples:
                beside = values.beside(base, PICKS)
                table.append(beside.differences[:, beside.choices.index(other)])
            draws = np.array(table)
            within = draws.var(axis=1, ddof=1).mean()
            between = draws.mean(axis=1).var(ddof=1) - within / draws.shape[1]
            found.append(float(between / (between + within)))
    return found


def main() -> None:
    """All data sets, then the totals."""
    data, cache = Path(sys.argv[1]), Path(sys.argv[2])
    found: list[Case] = []
    shared: dict[int, list[float]] = {texts: [] for texts in SIZES}
    for name in sys.argv[3:] or NAMES:
        texts = read(data, cache, name)
        half = len(texts.targets) // 2
        wide = Sizes(TRUTH, 1000, 220, CANDIDATES, (PICKS,), ())
        truth = simulated(texts, np.arange(half)[:TRUTH], wide, TRUE_DRAWS, f"{name} truth")
        for size in SIZES:
            sizes = fit_sizes(size, CANDIDATES, (PICKS,))
            count = min(SEEDS, half // size)
            samples = [
                simulated(
                    texts, half + np.arange(size * seed, size * (seed + 1)), sizes, DRAWS,
                    f"{name} {size} {seed}",
                )
                for seed in range(count)
            ]  # fmt: skip
            own = [
                case(name, sizes, seed, base, values, truth)
                for seed, values in enumerate(samples)
                for base in sorted(values.table)
            ]
            found += own
            shared[size] += correlations(samples)
            report(f"{name}, {size} texts", own)
    for size in SIZES:
        some = [one for one in found if one.texts == size]
        report(f"all, {size} texts", some)
        report("  best is under 2 ahead", [one for one in some if one.best < 2])
        report("  best is over 4 ahead", [one for one in some if one.best >= 4])
        report("  our default", [one for one in some if one.ours])
        spread = np.quantile(shared[size], (0.25, 0.5, 0.75))
        print(f"  correlation of draws: mean {np.mean(shared[size]):.3f}, quartiles {spread}")
    print(f"{time.process_time():.0f} CPU s")


if __name__ == "__main__":
    main()
