"""Does the interval from a few human labels and many weak ones hold, and how much is it narrower?

    python benchmarks/powered.py synthetic [--repetitions 2000]
    python benchmarks/powered.py macro-f1 [--repetitions 1000]
    python benchmarks/powered.py real ../shared /tmp/powered [--draws 100] [--trainings 20]

synthetic: classifiers of known accuracy and judges of known quality. macro-f1: the same for
macro-F1 by a bootstrap of both samples. real: the stored judgements of 14 public data sets, all
candidates of a data set together; `linear` trained on 32 random ones, 30 of the others as hold-out,
200 as weak labels, and the truth from the gold labels of all the others. Prints Markdown.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from bench_data import Bench, candidate_sets, data_sets, embedder, interval, read_data_set
from scipy.stats import norm, t

from activellm.evaluation.intervals import macro_f1_interval
from activellm.evaluation.powered import opinion_of, powered_accuracy

PEOPLE, WEAK, ACCURACIES = (20, 30, 50, 100), (200, 2000), (0.6, 0.8, 0.95)
TRAIN, HOLDOUT = 32, 30
WAYS = ("people alone", "ours", "normal", "Student's t")
"""Intervals: Wilson's, ours, PPI++ as published, and the same with Student's t."""

SPREAD = 1.5
"""Of a judge's log-odds."""


@dataclass(frozen=True)
class Judge:
    """How sure a judge is of the true answer.

    Attributes:
        right, wrong: Its mean log-odds where the classifier is right, and where it is wrong.
        timid: By what its log-odds are divided before it tells them.
    """

    right: float
    wrong: float
    timid: float = 1.0


JUDGES: Mapping[str, Judge] = {
    "knows nothing": Judge(0, 0),
    "right on 75 %": Judge(1, 1),
    "right on 75 %, timid": Judge(1, 1, timid=8),
    "right on 98 %": Judge(3, 3),
    "always right": Judge(6, 6),
    "right on 98 % and on 75 % of the mistakes": Judge(3, 1),
    "shares some mistakes": Judge(2, -1),
    "makes the same mistakes": Judge(3, -3),
}
"""By how often they are right; all but the last three know nothing of the classifier."""

Floats = np.ndarray


def draw(
    judge: Judge, accuracy: float, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Whether the classifier is right, and how probable that is to the judge; two labels."""
    right = rng.random(shape) < accuracy
    means = np.where(right, judge.right, judge.wrong)
    sure = 1 / (1 + np.exp(-rng.normal(means, SPREAD) / judge.timid))
    return right.astype(float), np.where(right, sure, 1 - sure)


def papers_way(y: Floats, f: Floats, g: Floats) -> tuple[float, float]:
    """PPI++ as published: the estimate and its standard error."""
    n, m = len(y), len(g)
    spread = float(np.concatenate([f, g]).var(ddof=1))
    covariance = float(np.mean((y - y.mean()) * (f - f.mean())))
    weight = min(max(covariance / ((1 + n / m) * spread), 0.0), 1.0)
    error = np.sqrt((y - weight * f).var() / n + weight**2 * g.var() / m)
    return float(y.mean() + weight * (g.mean() - f.mean())), float(error)


@dataclass
class Tally:
    """Intervals of one condition: does each hold the truth, its width, the estimate's error."""

    rows: list[tuple[bool, float, float]]

    def add(self, truth: float, value: float, low: float, high: float) -> None:
        width = min(high, 1) - max(low, 0)
        self.rows.append((low <= truth <= high, width, value - truth))

    def means(self) -> Floats:
        """Coverage, width, bias."""
        return np.mean(np.array(self.rows, dtype=float), axis=0)


def synthetic(repetitions: int) -> None:
    """All conditions; tables of ours, and a summary beside the published intervals."""
    found: dict[tuple[int, float, str, int], dict[str, Floats]] = {}
    for weak, accuracy, name, people in product(WEAK, ACCURACIES, JUDGES, PEOPLE):
        rng = np.random.default_rng([weak, int(100 * accuracy), people])
        tallies = {way: Tally([]) for way in WAYS}
        quantiles = {"normal": norm.ppf(0.975), "Student's t": t.ppf(0.975, people - 2)}
        ys, fs = draw(JUDGES[name], accuracy, (repetitions, people), rng)
        _, gs = draw(JUDGES[name], accuracy, (repetitions, weak), rng)
        for y, f, g in zip(ys, fs, gs, strict=True):
            ours = powered_accuracy(y, f, g)
            for way, one in (("people alone", ours.alone), ("ours", ours.accuracy)):
                tallies[way].add(accuracy, one.value, one.low, one.high)
            value, error = papers_way(y, f, g)
            for way, quantile in quantiles.items():
                half = quantile * error
                tallies[way].add(accuracy, value, value - half, value + half)
        found[weak, accuracy, name, people] = {w: one.means() for w, one in tallies.items()}
    error = 100 * np.sqrt(0.95 * 0.05 / repetitions)
    print(f"{repetitions} repetitions a condition; 95 % has a standard error of {error:.1f}.\n")
    print("| interval | coverage, mean | least | below 93 % | width | largest bias, points |")
    print("|---|---|---|---|---|---|")
    for way in WAYS:
        all_ = np.array([one[way] for one in found.values()])
        widths = [one[way][1] / one["people alone"][1] for one in found.values()]
        print(
            f"| {way} | {100 * all_[:, 0].mean():.1f} | {100 * all_[:, 0].min():.1f} | "
            f"{int((all_[:, 0] < 0.93).sum())} of {len(all_)} | {np.mean(widths):.2f} | "
            f"{100 * all_[np.abs(all_[:, 2]).argmax(), 2]:+.1f} |"
        )
    for weak in WEAK:
        print(f"\n{weak} weak labels: coverage in per cent, width beside people alone.\n")
        print("| accuracy | judge | " + " | ".join(f"{n} people's labels" for n in PEOPLE) + " |")
        print("|---|---|" + "---|" * len(PEOPLE))
        for accuracy in ACCURACIES:
            alone = [found[weak, accuracy, "knows nothing", n]["people alone"][0] for n in PEOPLE]
            cells = " | ".join(f"{100 * one:.1f}" for one in alone)
            print(f"| {accuracy} | none: people alone | {cells} |")
            for name in JUDGES:
                ones = [found[weak, accuracy, name, n] for n in PEOPLE]
                cells = " | ".join(
                    f"{100 * o['ours'][0]:.1f}, {o['ours'][1] / o['people alone'][1]:.2f}"
                    for o in ones
                )
                print(f"| {accuracy} | {name} | {cells} |")


def macro_f1(repetitions: int) -> None:
    """A bootstrap of both samples for macro-F1, beside people's labels alone."""
    print("| labels | accuracy | people | coverage | people alone | width beside it |")
    print("|---|---|---|---|---|---|")
    for shares, accuracy, people in product(
        ([0.5, 0.5], [0.8, 0.2], [0.4, 0.3, 0.2, 0.1]), (0.6, 0.8, 0.95), (30, 100)
    ):
        rng = np.random.default_rng([len(shares), int(100 * accuracy), people])
        truth = _f1(_cells(*_labelled(shares, accuracy, 200_000, rng)[:2]).mean(0)[None])[0]
        both, alone = Tally([]), Tally([])
        for _ in range(repetitions):
            y, predicted, judged = _labelled(shares, accuracy, people, rng)
            _, further, opinion = _labelled(shares, accuracy, 200, rng)
            value, low, high = _bootstrap(y, predicted, judged, further, opinion, rng)
            both.add(truth, value, low, high)
            plain = macro_f1_interval(y > 0, [predicted > 0], rng, resamples=500)
            alone.add(truth, plain.value, plain.low, plain.high)
        print(
            f"| {len(shares)}, rarest {100 * min(shares):.0f} % | {accuracy} | {people} | "
            f"{100 * both.means()[0]:.1f} | {100 * alone.means()[0]:.1f} | "
            f"{both.means()[1] / alone.means()[1]:.2f} |"
        )


def _labelled(
    shares: Sequence[float], accuracy: float, size: int, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Truth and predictions as indicators, and a judge's probabilities."""
    labels = len(shares)
    truth = rng.choice(labels, size, p=shares)
    wrong = (truth + rng.integers(1, labels, size)) % labels
    predicted = np.where(rng.random(size) < accuracy, truth, wrong)
    logits = rng.normal(0, 1, (size, labels))
    logits[np.arange(size), truth] += 2.5
    powers = np.exp(logits)
    one = np.eye(labels)
    return one[truth], one[predicted], powers / powers.sum(axis=1, keepdims=True)


def _cells(truth: Floats, predicted: Floats) -> Floats:
    return (truth[:, :, None] * predicted[:, None, :]).reshape(len(truth), -1)


def _f1(cells: Floats) -> Floats:
    """Macro-F1 of rows of confusion cells."""
    labels = int(np.sqrt(cells.shape[1]))
    table = cells.reshape(-1, labels, labels)
    right = np.diagonal(table, axis1=1, axis2=2)
    total = table.sum(axis=1) + table.sum(axis=2)
    return np.clip(2 * right / np.maximum(total, 1e-9), 0, 1).mean(axis=1)


def _bootstrap(
    y: Floats,
    predicted: Floats,
    judged: Floats,
    further: Floats,
    opinion: Floats,
    rng: np.random.Generator,
) -> tuple[float, float, float]:
    """Macro-F1 from confusion cells that are corrected by the judge, with the accuracy's weight."""
    told, guessed, more = _cells(y, predicted), _cells(judged, predicted), _cells(opinion, further)
    right = (y * predicted).sum(axis=1)
    f, g = opinion_of(predicted.argmax(1), judged), opinion_of(further.argmax(1), opinion)
    weight = powered_accuracy(right, f, g).weight

    def resampled(rows: int) -> Floats:
        return rng.multinomial(rows, np.full(rows, 1 / rows), size=500) / rows

    drawn = _f1(resampled(len(y)) @ (told - weight * guessed) + weight * resampled(len(g)) @ more)
    value = _f1((told - weight * guessed).mean(0)[None] + weight * more.mean(0)[None])[0]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(value), float(low), float(high)


def real(shared: Path, cache: Path, trainings: int, draws: int) -> None:
    """Every data set with stored judgements."""
    print("| data set | accuracy | people alone | judge | coverage | width | worth | error |")
    print("|---|---|---|---|---|---|---|---|")
    embed = embedder(cache)
    everything: dict[str, list[Floats]] = {}
    for name in data_sets(shared):
        data = read_data_set(shared, name, test=1)
        found = {}
        for one in candidate_sets(shared, data):
            for row, content in enumerate(one.texts.contents):
                judged = {judge: p[row] for judge, p in one.judged.items()}
                found.setdefault(content, (one.texts.labels[row], judged))
        if not next(iter(found.values()))[1]:
            continue
        vectors, gold = embed([*found]), np.array([label for label, _ in found.values()])
        bench = Bench(data.task, vectors, gold, vectors[:0], gold[:0])
        for judge in next(iter(found.values()))[1]:
            opinion = np.array([judged[judge] for _, judged in found.values()])
            rows = np.array([*_trained(bench, opinion, trainings, draws)])
            everything.setdefault(judge, []).append(rows.mean(axis=0))
            mean, low, high = interval(100 * rows[:, 1])
            print(
                f"| {name} | {rows[:, 0].mean():.2f} | {100 * rows[:, 2].mean():.1f} | {judge} | "
                f"{mean:.1f} ± {(high - low) / 2:.1f} | {rows[:, 3].mean():.2f} | "
                f"{rows[:, 4].mean():.0f} | {rows[:, 5].mean():.2f} |",
                flush=True,
            )
    for judge, all_ in everything.items():
        table = np.array(all_)
        spread = interval(table[:, 3])
        print(
            f"| mean of {len(table)} | {table[:, 0].mean():.2f} | {100 * table[:, 2].mean():.1f} | "
            f"{judge} | {100 * table[:, 1].mean():.1f} | {spread[0]:.2f} ({spread[1]:.2f} to "
            f"{spread[2]:.2f}) | {table[:, 4].mean():.0f} | {table[:, 5].mean():.2f} |"
        )


def _trained(bench: Bench, opinion: Floats, trainings: int, draws: int) -> Iterator[list[float]]:
    """One row a training: true accuracy, coverage with and without weak labels, the width beside
    people alone, the mean worth, and the root mean squared error beside people alone."""
    rows = np.arange(len(bench.gold))
    for number in range(trainings):
        rng = np.random.default_rng([11, number])
        train = rng.choice(rows, TRAIN, replace=False)
        rest = np.setdiff1d(rows, train)
        guess = bench.learner(train).predict([bench.example(int(row)).content for row in rest])
        right = (guess == bench.gold[rest]).astype(float)
        opinions, truth = opinion_of(guess, opinion[rest]), float(right.mean())
        both, alone, worth = Tally([]), Tally([]), []
        for _ in range(draws):
            order = rng.permutation(len(rest))
            people, weak = order[:HOLDOUT], order[HOLDOUT : HOLDOUT + WEAK[0]]
            found = powered_accuracy(right[people], opinions[people], opinions[weak])
            for tally, one in ((both, found.accuracy), (alone, found.alone)):
                tally.add(truth, one.value, one.low, one.high)
            worth.append(found.worth)
        errors = [np.sqrt(np.mean(np.array(tally.rows)[:, 2] ** 2)) for tally in (both, alone)]
        yield [
            truth,
            both.means()[0],
            alone.means()[0],
            both.means()[1] / alone.means()[1],
            float(np.mean(worth)),
            errors[0] / errors[1],
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parts = parser.add_subparsers(dest="part", required=True)
    for part, repetitions in (("synthetic", 2000), ("macro-f1", 1000)):
        parts.add_parser(part).add_argument("--repetitions", type=int, default=repetitions)
    on_data = parts.add_parser("real")
    on_data.add_argument("shared", type=Path)
    on_data.add_argument("cache", type=Path)
    on_data.add_argument("--trainings", type=int, default=20)
    on_data.add_argument("--draws", type=int, default=100)
    given = parser.parse_args()
    if given.part == "real":
        real(given.shared, given.cache, given.trainings, given.draws)
    else:
        {"synthetic": synthetic, "macro-f1": macro_f1}[given.part](given.repetitions)


if __name__ == "__main__":
    main()
