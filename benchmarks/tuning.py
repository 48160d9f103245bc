"""What `bench tune` advises from some labelled texts, beside what is true on many others.

    python benchmarks/tuning.py DATA_FOLDER WORK_FOLDER [data set ...]

Each data set's pool is cut into two parts. Small labelled samples of the first part are tuned on;
the truth is the same grid on 2,000 texts of the second part, with more draws. Every setting is
taken as the default once, so that there are bad defaults to be found. Prints a row a data set and
size, and the totals; a second run goes on from the first.
"""

from __future__ import annotations

import gzip
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from activellm.bench.statistics import studentised_interval
from activellm.bench.tuning.evidence import COMMON, weigh
from activellm.bench.tuning.labelled import read_labelled
from activellm.bench.tuning.request import Request
from activellm.bench.tuning.simulate import simulate_own
from activellm.bench.tuning.sizes import fit_sizes
from activellm.bench.tuning.values import Choice, Values
from activellm.seeding import generator

NAMES = ("sst2", "ag_news", "emotion", "cr", "tweet_offensive")
SIZES, SEEDS, TRUTH = (150, 400), 3, 2000
GRID = Request(
    successors=("linear(class_weights=balanced)", "linear"),
    select=(32,),
    device="cpu",
)


@dataclass(frozen=True)
class Case:
    """One default on one labelled sample."""

    data: str
    texts: int
    seed: int
    base: Choice
    changed: bool
    agreed: float
    promised: float
    low: float
    high: float
    naive: float
    true: float
    best: float


def simulated(data: Path, work: Path, name: str, rows: list[dict[str, str]], draws: int) -> Values:
    """The grid on some labelled texts."""
    file = work / f"{name}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    part = read_labelled(file)
    sizes = fit_sizes(len(part.rows), GRID.candidates, GRID.select)
    return simulate_own(part, sizes, replace(GRID, draws=draws), work / f"{name}.tune").values


def cases(data: Path, work: Path, name: str) -> list[Case]:
    """Every labelled sample of a data set, with every default."""
    with gzip.open(data / name / "pool.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    order = generator(0, "tuning", name).permutation(len(rows)).tolist()
    others, own = order[:TRUTH], order[TRUTH : TRUTH + 4000]
    own = own or order[len(order) // 2 :]
    truth = simulated(data, work, f"{name}-truth", [rows[i] for i in others], 40)
    found = []
    for texts in SIZES:
        for seed in range(SEEDS):
            some = generator(seed, "sample").permutation(len(own))[:texts]
            sample = [rows[own[i]] for i in some]
            values = simulated(data, work, f"{name}-{texts}-{seed}", sample, GRID.draws)
            for base in sorted(values.table):
                found.append(case(name, texts, seed, base, values, truth))
    return found


def case(name: str, texts: int, seed: int, base: Choice, values: Values, truth: Values) -> Case:
    """What is advised in place of a default, and what that is worth."""
    sizes = fit_sizes(texts, GRID.candidates, GRID.select)
    shared = COMMON * sizes.shared
    found = weigh(values, base, 32, of="draws", seed=seed, shared=shared)
    assert found is not None
    beside = truth.beside(base, 32)
    gains = dict(zip(beside.choices, beside.differences.mean(axis=0), strict=True))
    known = [gains[choice] for choice in values.table]
    promise = found.promise
    return Case(
        name, texts, seed, base, found.changed, promise.agreed, promise.gain, promise.low,
        promise.high, promise.naive, float(gains[found.chosen]), float(max(known)),
    )  # fmt: skip


def report(title: str, some: list[Case]) -> None:
    """One row: how often it advises a change, what that gains, and whether the promise holds."""
    changed = [one for one in some if one.changed]
    helped = [one for one in changed if one.true > 0]
    row = f"{title:<28} changed {len(changed):>3} of {len(some):>3}"
    if changed:
        # A sample is the unit: defaults of one sample share its luck.
        units = sorted({(one.data, one.texts, one.seed) for one in changed})
        means = np.array(
            [
                np.mean([o.true for o in changed if (o.data, o.texts, o.seed) == unit])
                for unit in units
            ]
        )
        row += f", better {len(helped)}, true gain {np.mean([o.true for o in changed]):+.1f}"
        if len(means) > 1:
            low, high = studentised_interval(means, generator(0, "report"))
            row += f" (a sample {means.mean():+.1f}, {low:+.1f} to {high:+.1f}, {len(means)})"
        row += f", promised {np.mean([o.promised for o in changed]):+.1f}"
        row += f", naive {np.mean([o.naive for o in changed]):+.1f}"
    above = np.mean([one.true >= one.low for one in some])
    inside = np.mean([one.low <= one.true <= one.high for one in some])
    print(f"{row}; true >= low {above:.2f}, inside {inside:.2f}", flush=True)


def main() -> None:
    """All data sets, then the totals."""
    data, work = Path(sys.argv[1]), Path(sys.argv[2])
    found: list[Case] = []
    for name in sys.argv[3:] or NAMES:
        own = cases(data, work, name)
        found += own
        for texts in SIZES:
            report(f"{name}, {texts} texts", [one for one in own if one.texts == texts])
    ours = Choice("auto", 200, GRID.successors[0])
    for texts in SIZES:
        some = [one for one in found if one.texts == texts]
        report(f"all, {texts} texts", some)
        report(f"  good default, {texts}", [one for one in some if one.best < 2])
        report(f"  bad default, {texts}", [one for one in some if one.best >= 4])
        nearest = 200 if texts >= 300 else 100
        base = replace(ours, candidates=nearest)
        report(f"  our default, {texts}", [one for one in some if one.base == base])


if __name__ == "__main__":
    main()
