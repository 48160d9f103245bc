"""Does it pay to trust a judge, and can the label-free check tell when?

Runs random, kmeans, coverage, hybrid and auto with the stored judgements of two query models on
14 data sets x 5 candidate sets, trains logistic regression on 32 picks and tests it. A candidate
set that is done is not computed again: results are kept in CACHE/results.jsonl.

    python benchmarks/judge_embeddings.py ../shared /tmp/judge-check
    python benchmarks/judge_check.py ../shared /tmp/judge-check
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from judge_embeddings import lines
from scipy.stats import spearmanr, t
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score, roc_auc_score

from activellm.pool.example import Example
from activellm.selection.context import SelectionContext
from activellm.selection.coverage import choose_by_coverage
from activellm.selection.hybrid import Hybrid
from activellm.selection.judge_check import check_judge
from activellm.selection.judgements import Judgements
from activellm.selection.kmeans import KMeans
from activellm.task import Label, Task

PICKS, DRAWS, SEEDS = 32, 20, 8
PAIRS = {"mrpc", "qnli", "rte", "wnli"}
TUNED = {"ag_news", "cola", "cti", "enron_spam", "qnli", "sst2", "tweet_offensive"}
"""Every second data set in alphabetical order: the thresholds were chosen on these."""

TRUST = ("full", "some", "none")
JUDGES = {"1.5B": "judgements.jsonl.gz", "135M": "judgements_135m.jsonl.gz"}


def measure(rows: np.ndarray, vectors: np.ndarray, gold: np.ndarray, test: Any) -> list[float]:
    """Accuracy and macro-F1 in percent of logistic regression trained on these rows."""
    x, y = vectors[rows], gold[rows]
    model = LogisticRegression(C=10.0, max_iter=1000)
    one = len(set(y)) == 1
    guess = np.full(len(test["test"]), y[0]) if one else model.fit(x, y).predict(test["test"])
    truth, labels = test["labels"], sorted(set(gold))
    f1 = f1_score(truth, guess, average="macro", labels=labels, zero_division=0)
    return [100 * accuracy_score(truth, guess), 100 * float(f1)]


def judgements_of(labels: list[str], rows: list[list[float]]) -> Judgements:
    p = np.clip(np.array(rows), 1e-6, 1)
    p /= p.sum(axis=1, keepdims=True)
    ids = tuple(str(row) for row in range(len(p)))
    return Judgements(ids, tuple(labels), p, p, np.ones(len(p), dtype=bool), "score")


def one_set(name: str, number: int, data: Any, judged: dict[str, Any]) -> dict[str, Any]:
    """All strategies on one candidate set."""
    vectors = data["candidates"][number]
    labels = judged["1.5B"]["labels"]
    gold = np.array([candidate["label"] for candidate in judged["1.5B"]["candidates"]])
    task = Task(description=name, labels=tuple(Label(name=label) for label in labels))
    examples = tuple(Example(id=str(row), text=str(row)) for row in range(len(gold)))

    def average(choose: Any) -> list[float]:
        scores = []
        for seed in range(SEEDS):
            rng = np.random.default_rng(seed)
            context = SelectionContext(task, examples, rng, embed=lambda _: vectors)
            ids = choose(context).ids
            scores.append(measure(np.array(ids, dtype=int), vectors, gold, data))
        return np.mean(scores, axis=0).tolist()

    rng = np.random.default_rng(number)
    draws = [measure(rng.permutation(len(gold))[:PICKS], vectors, gold, data) for _ in range(DRAWS)]
    found: dict[str, Any] = {"dataset": name, "set": number}
    found["random"] = np.mean(draws, axis=0).tolist()
    found["kmeans"] = average(lambda context: KMeans().select(context, PICKS))
    for judge, line in judged.items():
        p = line["p"] if "p" in line else [candidate["p"] for candidate in line["candidates"]]
        opinion = judgements_of(labels, p)
        check = check_judge(opinion, vectors, pair=name in PAIRS)
        coverage = average(lambda context, o=opinion: choose_by_coverage(context, PICKS, o))
        hybrid = average(lambda context, o=opinion: Hybrid().choose(context, PICKS, o))
        found[f"coverage {judge}"], found[f"hybrid {judge}"] = coverage, hybrid
        by_trust = {"full": coverage, "some": hybrid, "none": found["kmeans"]}
        found[f"auto {judge}"] = by_trust[check.trust]
        found[f"check {judge}"] = {
            "trust": check.trust,
            "certainty": check.certainty,
            "agreement": check.agreement,
            "kappa": cohen_kappa_score(gold, np.array(labels)[opinion.expected]),
        }
    return found


def run(shared: Path, cache: Path) -> Iterator[dict[str, Any]]:
    """The results of all candidate sets, from the cache where they are done."""
    store = cache / "results.jsonl"
    done = {}
    if store.exists():
        kept = map(json.loads, store.read_text().splitlines())
        done = {(row["dataset"], row["set"]): row for row in kept}
    judged = [list(lines(shared / "judgements" / file)) for file in JUDGES.values()]
    for pair in zip(*judged, strict=True):
        name, number = pair[0]["dataset"], pair[0]["candidate_set"]
        if (name, number) not in done:
            data = np.load(cache / f"{name}.npz")
            found = one_set(name, number, data, dict(zip(JUDGES, pair, strict=True)))
            with store.open("a") as file:
                file.write(json.dumps(found) + "\n")
            done[name, number] = found
        yield done[name, number]


def by_data_set(rows: list[dict[str, Any]], key: str, base: str) -> np.ndarray:
    """Mean difference in accuracy and macro-F1 of each data set, shape (data sets, 2)."""
    names = sorted({row["dataset"] for row in rows})
    return np.array(
        [
            np.mean([np.subtract(r[key], r[base]) for r in rows if r["dataset"] == name], axis=0)
            for name in names
        ]
    )


def interval(differences: np.ndarray) -> str:
    """Mean and 95 % interval over data sets, and on how many it is better, for both measures."""
    n = len(differences)
    half = t.ppf(0.975, n - 1) * differences.std(axis=0, ddof=1) / np.sqrt(n)
    cells = [
        f"{mean:+.1f} ({mean - width:+.1f} to {mean + width:+.1f}), {better}/{n}"
        for mean, width, better in zip(
            differences.mean(axis=0), half, (differences > 0.05).sum(axis=0), strict=True
        )
    ]
    return " | ".join(cells)


def report(rows: list[dict[str, Any]]) -> None:
    kinds = ("coverage", "hybrid", "auto")
    keys = ["kmeans", *(f"{kind} {judge}" for judge in JUDGES for kind in kinds)]
    halves = {
        "all 14": rows,
        "tuning half": [row for row in rows if row["dataset"] in TUNED],
        "other half": [row for row in rows if row["dataset"] not in TUNED],
    }
    for title, part in halves.items():
        for base in ("random", "kmeans"):
            print(f"\n{title}, against {base}: | accuracy | macro-F1\n")
            for key in keys:
                if key != base:
                    print(f"{key} | {interval(by_data_set(part, key, base))}")
        for judge in JUDGES:
            trust = [row[f"check {judge}"]["trust"] for row in part]
            shares = [f"{level} {trust.count(level) / len(trust):.0%}" for level in TRUST]
            print(f"trust in the {judge} judge: {', '.join(shares)}")
    checks = [row[f"check {judge}"] for row in rows for judge in JUDGES]
    kappa = np.array([check["kappa"] for check in checks])
    for measure_ in ("certainty", "agreement"):
        value = np.array([check[measure_] or 0 for check in checks])
        rank, auc = spearmanr(value, kappa)[0], roc_auc_score(kappa >= 0.2, value)
        print(f"{measure_}: Spearman with true kappa {rank:.2f}, AUC for kappa >= 0.2 {auc:.2f}")


if __name__ == "__main__":
    report(list(run(Path(sys.argv[1]), Path(sys.argv[2]))))
