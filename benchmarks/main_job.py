"""The main job on public data sets, gold labels standing in for people: a table of every strategy.

    python benchmarks/main_job.py DATA OUT [--sets cti sst2] [--strategies random auto] [--seeds 1]

DATA holds one folder a data set with pool.jsonl.gz and test.jsonl.gz (fields text and label). Each
cell is one `activellm run` in a project folder under OUT, so a broken-off table goes on where it
was. Strategies see the same candidates, and each is compared with the same 20 random draws.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

TASKS = {
    "cti": (
        "Is this tweet about the Microsoft Exchange breach useful to a security expert?",
        {
            "relevant": "Useful to a security expert.",
            "not relevant": "Too general, advertising, opinion, or news for the public.",
        },
    ),
    "sst2": ("Which opinion of the film does this piece of a review express?",
             {"positive": "", "negative": ""}),
    "ag_news": ("What is this piece of news about?",
                {"World": "", "Sports": "", "Business": "", "Sci/Tech": ""}),
    "rte": (
        "Does the second text follow from the first?",
        {
            "entailment": "Who holds the first text to be true will hold the second to be so.",
            "not_entailment": "The second text does not follow from the first.",
        },
    ),
}  # fmt: skip
PAIRS = {"rte": ("Sentence 1: ", " \n Sentence 2: ")}
STRATEGIES = ("random", "kmeans", "coverage", "auto")


TEST_ROWS = 600


def source(data: Path, out: Path, name: str, part: str) -> Path:
    """The file to import: of a test set the first rows; pairs as two columns."""
    path = out / f"{name}-{part}.jsonl"
    limit = TEST_ROWS if part == "test" else None
    with gzip.open(data / name / f"{part}.jsonl.gz", "rt", encoding="utf-8") as rows:
        lines = [json.dumps(fields(name, json.loads(row))) for row in islice(rows, limit)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def fields(name: str, row: dict) -> dict:
    if name not in PAIRS:
        return row
    first, second = PAIRS[name]
    premise, _, hypothesis = row["text"].removeprefix(first).partition(second)
    return {"premise": premise, "hypothesis": hypothesis, "label": row["label"]}


def run(data: Path, out: Path, name: str, strategy: str, seed: int) -> dict:
    """One cell of the table."""
    description, labels = TASKS[name]
    options = []
    for label, definition in labels.items():
        options += ["--label", f"{label}={definition}" if definition else label]
    if name in PAIRS:
        options += ["--text", "premise", "--text-b", "hypothesis"]
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "activellm", "run", str(source(data, out, name, "pool"))),
            *("--test", str(source(data, out, name, "test")), "--task", description, *options),
            *("--oracle", "column:label", "--strategy", strategy, "--seed", str(seed)),
            *("--project", str(out / f"{name}-{strategy}-{seed}"), "--json"),
        ],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    result = json.loads(ended.stdout)
    return {"data": name, "strategy": strategy, "seed": seed, **result}


def row(cell: dict) -> str:
    """One line of the Markdown table."""
    best = {(one["subject"], one["texts"]): one for one in cell["evaluations"]}
    gold, asked = best["successor", "gold"], best.get(("query model", "labelled"))
    by_f1 = cell["comparison"]["macro_f1"]
    steps = {step["step"]: step for step in cell["steps"]}
    used = steps["selection"]["summary"].partition(" by ")[2].partition(".")[0]
    return " | ".join(
        [
            f"| {cell['data']}", used, str(cell["seed"]),
            *(interval(gold[metric]) for metric in ("accuracy", "macro_f1")),
            f"{100 * by_f1['difference']:+.1f} [{100 * by_f1['low']:+.1f}, "
            f"{100 * by_f1['high']:+.1f}]",
            cell["comparison"]["macro_f1"]["verdict"],
            interval(asked["accuracy"]) if asked else "",
            *(f"{steps[step]['seconds']:.1f} s, {steps[step]['peak_mb']:,.0f} MB"
              for step in ("selection", "successor", "evaluation", "comparison")),
        ]
    ) + " |"  # fmt: skip


def interval(estimate: dict) -> str:
    return "{value:.1f} [{low:.1f}, {high:.1f}]".format(
        **{key: 100 * estimate[key] for key in ("value", "low", "high")}
    )


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(TASKS))
    parser.add_argument("--strategies", nargs="+", default=list(STRATEGIES))
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    head = ["data", "strategy (used)", "seed", "accuracy", "macro-F1", "macro-F1 against random",
            "verdict", "LLM alone, 32 texts", "selection", "training", "evaluation",
            "comparison"]  # fmt: skip
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    cells = []
    for name in options.sets:
        for seed in range(options.seeds):
            for strategy in options.strategies:
                cells.append(run(options.data, options.out, name, strategy, seed))
                print(row(cells[-1]), flush=True)
    (options.out / "cells.json").write_text(json.dumps(cells, indent=1))


if __name__ == "__main__":
    main()
