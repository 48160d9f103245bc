"""How often is the resolved label right: majority, Dawid-Skene, CROWDLAB, on simulated annotators.

    python benchmarks/consensus.py [--seeds 24] [--json]

Six annotators of known quality; each text is labelled by 2, 3 or 5 of them, drawn at random. The
classifier that CROWDLAB hears is a logistic regression on eight made-up features, trained on the
majority's labels and asked by cross-validation, as a project would. A tied text counts as the
chance to guess it right among the tied labels. Intervals are 95 %, t over seeds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import t
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from activellm.annotation.consensus import EVEN, Resolution, resolve
from activellm.annotation.contract import Annotation
from activellm.task import Task

LABELS = ("north", "east", "south", "west")
TASK = Task(description="Where?", labels=[{"name": name} for name in LABELS])
METHODS = ("majority", "dawid-skene", "crowdlab")
OVERLAPS, TEXTS = (2, 3, 5), (50, 200, 1000)
FEATURES, APART = 8, 1.3
ROUND = len(LABELS)

Floats = np.ndarray


def right(share: float) -> Floats:
    """Right so often, wrong in all ways alike."""
    return np.full((ROUND, ROUND), (1 - share) / (ROUND - 1)) + np.eye(ROUND) * (
        share - (1 - share) / (ROUND - 1)
    )


def merging(share: float) -> Floats:
    """As `right`, but calls every second label by the name of the one before."""
    confusion = right(share)
    confusion[1], confusion[3] = confusion[0], confusion[2]
    return confusion


CROWDS: Mapping[str, list[Floats]] = {
    "alike, 80 % right": [right(0.8)] * 6,
    "95, 90, 80, 70, 60 %, one guesses": [right(x) for x in (0.95, 0.9, 0.8, 0.7, 0.6, 0.25)],
    "five 85 %, one guesses": [*[right(0.85)] * 5, right(0.25)],
    "two 90 %, four guess half the time": [*[right(0.9)] * 2, *[right(0.62)] * 4],
    "three 85 %, three merge labels": [*[right(0.85)] * 3, *[merging(0.85)] * 3],
}


def answered(truth: Floats, crowd: list[Floats], overlap: int, rng: np.random.Generator) -> Floats:
    """Shape (texts, annotators): label positions, -1 where nobody was asked."""
    table = np.full((len(truth), len(crowd)), -1)
    for row, label in enumerate(truth):
        for column in rng.choice(len(crowd), overlap, replace=False):
            table[row, column] = rng.choice(ROUND, p=crowd[column][label])
    return table


def classifier(features: Floats, table: Floats) -> Floats:
    """Out-of-sample label probabilities, learned from the majority's labels."""
    given = np.stack([(table == label).sum(axis=1) for label in range(ROUND)]).argmax(axis=0)
    found = np.zeros((len(given), ROUND))
    for others, own in KFold(5).split(features):
        model = LogisticRegression(max_iter=500).fit(features[others], given[others])
        found[np.ix_(own, model.classes_)] = model.predict_proba(features[own])
    return found


def score(found: Mapping[str, Resolution], truth: Floats) -> float:
    """Share of texts whose label is right."""
    points = 0.0
    for row, label in enumerate(truth):
        one = found[f"t{row}"]
        if one.labels is not None:
            points += one.labels == (LABELS[label],)
        else:
            best = np.array(one.distribution) > max(one.distribution) - EVEN
            points += best[label] / best.sum()
    return points / len(truth)


def one_run(crowd: list[Floats], overlap: int, texts: int, seed: int) -> dict[str, float]:
    rng = np.random.default_rng([seed, overlap, texts])
    truth = rng.choice(ROUND, p=[0.4, 0.3, 0.2, 0.1], size=texts)
    centres = rng.normal(size=(ROUND, FEATURES)) * APART / np.sqrt(2)
    features = centres[truth] + rng.normal(size=(texts, FEATURES))
    table = answered(truth, crowd, overlap, rng)
    events = [
        Annotation(f"{row} {column}", f"t{row}", f"p{column}", "label", labels=(LABELS[label],))
        for (row, column), label in np.ndenumerate(table)
        if label >= 0
    ]
    guess = classifier(features, table)
    probabilities = {f"t{row}": line.tolist() for row, line in enumerate(guess)}
    found = {name: resolve(events, TASK, name, probabilities=probabilities) for name in METHODS}
    return {name: score(one, truth) for name, one in found.items()} | {
        "tied": np.mean([one.source == "tie" for one in found["majority"].values()]),
        "classifier": float(np.mean(guess.argmax(axis=1) == truth)),
    }


def interval(values: Floats) -> tuple[float, float]:
    """Mean and half width, in points."""
    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return 100 * float(values.mean()), 100 * float(half)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    if not options.json:
        print("| annotators | texts | each by | majority | tied | Dawid-Skene | against majority |"
              " CROWDLAB | against majority | classifier alone |\n|" + "---|" * 10)  # fmt: skip
    for crowd, people in CROWDS.items():
        for texts in TEXTS:
            for overlap in OVERLAPS:
                runs = [one_run(people, overlap, texts, seed) for seed in range(options.seeds)]
                columns = {name: np.array([run[name] for run in runs]) for name in runs[0]}
                rows.append({"crowd": crowd, "texts": texts, "overlap": overlap}
                            | {name: interval(column) for name, column in columns.items()}
                            | {f"{name} gain": interval(columns[name] - columns["majority"])
                               for name in METHODS[1:]})  # fmt: skip
                if not options.json:
                    print(line(rows[-1]), flush=True)
    if options.json:
        print(json.dumps(rows, indent=1))


def line(row: Mapping[str, Any]) -> str:
    def plain(name: str) -> str:
        return f"{row[name][0]:.1f} ± {row[name][1]:.1f}"

    def gain(name: str) -> str:
        return f"{row[name][0]:+.1f} ± {row[name][1]:.1f}"

    cells = [row["crowd"], row["texts"], row["overlap"], plain("majority"),
             f"{row['tied'][0]:.0f} %", plain("dawid-skene"), gain("dawid-skene gain"),
             plain("crowdlab"), gain("crowdlab gain"), f"{row['classifier'][0]:.0f}"]  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    main()
