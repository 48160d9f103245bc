"""Are probabilities true, and is a promised precision kept? Before and after temperature scaling,
on test texts that no step saw, for random picks. Each run is a line of JSON; what is there is not
done again, so a killed run goes on.

    python benchmarks/calibration.py ../shared --cache cache --table
    python benchmarks/calibration.py ../shared --cache cache --learner finetune --sets sst2
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from bench_data import DataSet, data_sets, embedder, interval, read_data_set
from scipy.stats import beta

from activellm.evaluation.abstention import choose_threshold, sureness
from activellm.evaluation.calibration import (
    PRIOR,
    fit_temperature,
    left_out_temperatures,
    reliability,
)
from activellm.evaluation.cross_validation import out_of_fold
from activellm.evaluation.disagreement import look_at_disagreement
from activellm.evaluation.runs import say
from activellm.successors import make_successor
from activellm.successors.tempering import tempered
from activellm.wilson import wilson

LABELS = (32, 100)
WANTED = (0.7, 0.8, 0.9)
PRIORS = {"0.25": 0.25, "0.5": 0.5, "1": 1.0, "none": np.inf}
OURS = f"{PRIOR:g}"
LEARNERS: dict[str, dict[str, Any]] = {
    "linear": {},
    "finetune": {},
    "ensemble": {"inner": "linear", "members": 5},
    "seeds": {"inner": "finetune", "members": 5},
}


def learner_of(name: str, data: DataSet, encoder: Any) -> Callable[[int], Any]:
    """Makes untrained learners of one kind."""
    settings = LEARNERS[name]
    kind = "ensemble" if settings else name
    return lambda seed: make_successor(
        kind, data.task, seed=seed, encoder=encoder, device="cpu", **settings
    )


def one_run(data: DataSet, learner: str, labels: int, draw: int, encoder: Any) -> dict[str, Any]:
    """Train on one random draw; temperature and threshold from it alone; look at the test."""
    started = time.process_time()
    rows = np.random.default_rng([11, draw]).permutation(len(data.pool))[:labels]
    contents, targets = [data.pool.contents[row] for row in rows], data.pool.labels[rows]
    make = learner_of(learner, data, encoder)
    predicted = out_of_fold(make, data.task, contents, targets, seed=draw)
    said = say(make(draw).fit(contents, targets), data.test.contents)
    found = said.probabilities
    own = predicted.mean.probabilities
    temperatures = {
        name: fit_temperature(data.task, own, targets, prior=prior)
        for name, prior in PRIORS.items()
    }
    after = {
        name: tempered(found, temperature, multi=False)
        for name, temperature in temperatures.items()
    }
    honest = left_out_temperatures(data.task, predicted, targets)
    return {
        "temperature": temperatures,
        "test": {
            "before": numbers(data, found, data.test.labels),
            **{name: numbers(data, one, data.test.labels) for name, one in after.items()},
        },
        "labelled": {
            "before": numbers(data, own, targets),
            "after": numbers(data, honest, targets),
        },
        "abstention": list(abstained(data, honest, targets, after[OURS])),
        "disagreement": None
        if said.disagreement is None
        else differing(said.disagreement, found.argmax(axis=1) == data.test.labels),
        "cpu_s": round(time.process_time() - started, 2),
    }


def differing(disagreement: Any, right: Any) -> dict[str, float | None]:
    """Share of the test texts on which members differ, and accuracy there and elsewhere."""
    found = look_at_disagreement(disagreement, right, "gold")
    return {
        "differ": found.differ.value,
        "agreed": found.agreed.value if found.agreed else None,
        "differed": found.differed.value if found.differed else None,
    }


def numbers(data: DataSet, found: Any, targets: Any) -> dict[str, float]:
    """Accuracy, calibration error, Brier score and log loss."""
    measured = reliability(data.task, found, targets, resamples=1)
    of_right = found[np.arange(len(targets)), targets]
    return {
        "accuracy": float((found.argmax(axis=1) == targets).mean()),
        "ece": measured.ece.value,
        "brier": measured.brier.value,
        "log_loss": float(-np.log(np.clip(of_right, 1e-6, 1)).mean()),
    }


def abstained(data: DataSet, own: Any, targets: Any, test: Any) -> Iterator[dict[str, Any]]:
    """What thresholds chosen on the labelled texts come to on the test texts."""
    sure, right = sureness(data.task, own), own.argmax(axis=1) == targets
    test_sure = sureness(data.task, test)
    test_right = test.argmax(axis=1) == data.test.labels
    for wanted in WANTED:
        ours = choose_threshold(sure, right, wanted)
        chosen = {"ours": ours.threshold if ours.shown else None}
        chosen |= {name: most(sure, right, wanted, rule) for name, rule in RULES.items()}
        for rule, threshold in chosen.items():
            given = test_sure >= (2.0 if threshold is None else threshold)
            yield {
                "rule": rule,
                "wanted": wanted,
                "threshold": threshold,
                "coverage": float(given.mean()),
                "precision": float(test_right[given].mean()) if given.any() else None,
            }


RULES: dict[str, Callable[[int, int], float]] = {
    "every rank, Wilson 95 %": lambda hits, n: wilson(hits / n, n, 0.9)[0],
    "every rank, exact 95 %": lambda hits, n: float(beta.ppf(0.05, hits, n - hits + 1)),
    "every rank, (errors + 1) / (n + 1)": lambda hits, n: 1 - (n - hits + 1) / (n + 1),
}
"""Other ways to choose: a lower bound of the precision from right answers and answers."""


def most(sure: Any, right: Any, wanted: float, rule: Callable[[int, int], float]) -> float | None:
    """The lowest of all thresholds whose bound reaches what is wanted."""
    for threshold in np.sort(sure):
        given = sure >= threshold
        if (hits := int(right[given].sum())) and rule(hits, int(given.sum())) >= wanted:
            return float(threshold)
    return None


def calibration_table(lines: list[dict[str, Any]]) -> str:
    """Before and after by learner and number of labels: means over data sets, and the spread."""
    out = [
        "| learner | labels | data sets x draws | temperature | measure | before | after "
        "| difference, 95 % interval over data sets | better |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for (learner, labels), runs in grouped(lines, "learner", "labels"):
        sets = [those for _, those in grouped(runs, "set")]
        heat = [run["temperature"][OURS] for run in runs]
        for measure in ("ece", "brier", "log_loss"):
            before = np.array([np.mean([r["test"]["before"][measure] for r in s]) for s in sets])
            after = np.array([np.mean([r["test"][OURS][measure] for r in s]) for s in sets])
            mean, low, high = interval(after - before)
            out.append(
                f"| {learner} | {labels} | {len(sets)} x {len(runs) // len(sets)} "
                f"| {np.median(heat):.2f} ({np.quantile(heat, 0.1):.2f} to "
                f"{np.quantile(heat, 0.9):.2f}) | {measure.replace('_', ' ')} "
                f"| {before.mean():.3f} | {after.mean():.3f} "
                f"| {mean:+.3f} ({low:+.3f} to {high:+.3f}) "
                f"| {int((after < before).sum())} of {len(sets)} |"
            )
    return "\n".join(out)


def prior_table(lines: list[dict[str, Any]]) -> str:
    """Log loss on the test by the prior's width."""
    out = [
        "| learner | labels | none fitted | " + " | ".join(f"prior {p}" for p in PRIORS) + " |",
        "|---|---|---|" + "---|" * len(PRIORS),
    ]
    for (learner, labels), runs in grouped(lines, "learner", "labels"):
        cells = [
            f"{np.mean([run['test'][name]['log_loss'] for run in runs]):.3f} "
            f"(worst set {worst(runs, name):+.3f})"
            for name in PRIORS
        ]
        before = np.mean([run["test"]["before"]["log_loss"] for run in runs])
        out.append(f"| {learner} | {labels} | {before:.3f} | " + " | ".join(cells) + " |")
    return "\n".join(out)


def worst(runs: list[dict[str, Any]], name: str) -> float:
    """The largest rise of a data set's log loss."""
    return max(
        np.mean([r["test"][name]["log_loss"] - r["test"]["before"]["log_loss"] for r in those])
        for _, those in grouped(runs, "set")
    )


def set_table(lines: list[dict[str, Any]]) -> str:
    """Each data set: calibration error on the test before and after, mean and spread over draws."""
    out = [
        "| data set | learner | labels | accuracy | temperature | ECE before | ECE after "
        "| log loss before | log loss after | ECE told by cross-validation, before, after |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (name, learner, labels), runs in grouped(lines, "set", "learner", "labels"):

        def of(*path: str, runs: list[dict[str, Any]] = runs) -> str:
            values = [_at(run, path) for run in runs]
            return f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}"

        out.append(
            f"| {name} | {learner} | {labels} | {of('test', 'before', 'accuracy')} "
            f"| {of('temperature', OURS)} | {of('test', 'before', 'ece')} "
            f"| {of('test', OURS, 'ece')} | {of('test', 'before', 'log_loss')} "
            f"| {of('test', OURS, 'log_loss')} | {of('labelled', 'before', 'ece')}, "
            f"{of('labelled', 'after', 'ece')} |"
        )
    return "\n".join(out)


def abstention_table(lines: list[dict[str, Any]]) -> str:
    """How often a rule promised, how often it kept that, and what it cost."""
    out = [
        "| learner | labels | wanted | rule | promised in | kept of these (test) "
        "| kept within 2 standard errors | coverage of these |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (learner, labels), runs in grouped(lines, "learner", "labels"):
        told = [one for run in runs for one in run["abstention"]]
        for (wanted, rule), those in grouped(told, "wanted", "rule"):
            made = [o for o in those if o["threshold"] is not None and o["precision"] is not None]
            kept = [o["precision"] >= wanted for o in made]
            noise = 2 * np.sqrt(wanted * (1 - wanted))
            nearly = [
                o["precision"] >= wanted - noise / np.sqrt(max(1, 600 * o["coverage"]))
                for o in made
            ]
            out.append(
                f"| {learner} | {labels} | {wanted} | {rule} | {len(made)} of {len(those)} "
                f"| {_share(kept)} | {_share(nearly)} "
                f"| {_share([o['coverage'] for o in made])} |"
            )
    return "\n".join(out)


def disagreement_table(lines: list[dict[str, Any]]) -> str:
    """An ensemble beside one classifier, and what its members' agreement is worth."""
    single = {"ensemble": "linear", "seeds": "finetune"}
    out = [
        "| ensemble of 5 | labels | runs | accuracy of one | accuracy of the ensemble "
        "| members differ on | accuracy where they agree | where they differ |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (learner, labels), runs in grouped(lines, "learner", "labels"):
        if learner not in single:
            continue
        alone = {
            (run["set"], run["draw"]): run["test"]["before"]["accuracy"]
            for run in lines
            if run["learner"] == single[learner] and run["labels"] == labels
        }
        runs = [run for run in runs if (run["set"], run["draw"]) in alone]

        def of(name: str, runs: list[dict[str, Any]] = runs) -> str:
            values = [run["disagreement"][name] for run in runs]
            return _share([value for value in values if value is not None])

        ours = [run["test"]["before"]["accuracy"] for run in runs]
        out.append(
            f"| {single[learner]} | {labels} | {len(runs)} "
            f"| {_share([alone[run['set'], run['draw']] for run in runs])} | {_share(ours)} "
            f"| {of('differ')} | {of('agreed')} | {of('differed')} |"
        )
    return "\n".join(out)


def grouped(lines: list[dict[str, Any]], *keys: str) -> list[tuple[Any, list[dict[str, Any]]]]:
    """The lines by some of their fields."""
    groups = defaultdict(list)
    for line in lines:
        groups[tuple(line[key] for key in keys) if len(keys) > 1 else line[keys[0]]].append(line)
    return sorted(groups.items(), key=lambda one: str(one[0]))


def _at(run: Any, path: tuple[str, ...]) -> float:
    for key in path:
        run = run[key]
    return float(run)


def _share(values: list[Any]) -> str:
    return f"{100 * np.mean(values):.1f} %" if values else "–"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="holds data/SET/pool.jsonl.gz")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--sets", nargs="+")
    parser.add_argument("--learner", default="linear")
    parser.add_argument("--labels", nargs="+", type=int, default=LABELS)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--table", action="store_true", help="Only write what is there.")
    options = parser.parse_args()
    out = options.cache / "calibration.jsonl"
    lines = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    for name in [] if options.table else options.sets or data_sets(options.folder):
        data = read_data_set(options.folder, name)
        embed = embedder(options.cache)
        encoder: Any = "embedded" if options.learner in ("finetune", "seeds") else embed.__self__
        for labels in options.labels:
            for draw in range(options.draws):
                key = {"set": name, "learner": options.learner, "labels": labels, "draw": draw}
                if any(key.items() <= line.items() for line in lines):
                    continue
                lines.append({**key, **one_run(data, options.learner, labels, draw, encoder)})
                with out.open("a") as file:
                    file.write(json.dumps(lines[-1]) + "\n")
    tables = (calibration_table, abstention_table, prior_table, disagreement_table, set_table)
    for table in tables:
        print(table(lines), end="\n\n")


if __name__ == "__main__":
    main()
