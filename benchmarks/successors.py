"""Accuracy and macro-F1 of successors on data sets with known labels: a few random picks, several
draws, the same draws for every learner. Each result is a line of JSON; what is there is not done
again, so a killed run goes on.

    python benchmarks/successors.py ../shared/data --sets sst2 cti --learner linear \
        --learner "finetune epochs=25" --out results.jsonl
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev

import numpy as np
from benchmark_data import read_data
from sklearn.metrics import accuracy_score, f1_score

from activellm.encoders import CachedEncoder, open_encoder
from activellm.seeding import generator
from activellm.successors import make_successor

os.environ.setdefault("HF_HUB_OFFLINE", "1")


def parse(learner: str) -> tuple[str, dict[str, object]]:
    """'linear C=1' -> ("linear", {"C": 1})."""
    name, *settings = learner.split()
    pairs = (setting.split("=") for setting in settings)
    return name, {key: json.loads(value) for key, value in pairs}


def one_run(learner: str, data, draw: int, options, encoder) -> dict[str, object]:
    """Train on one random draw, and measure on texts that are in none."""
    task, texts, targets = data
    order = generator(0, "test").permutation(len(texts))
    test, rest = order[: options.test], order[options.test :]
    rows = generator(draw, "draw").choice(rest, options.labels, replace=False)
    name, settings = parse(learner)
    model = make_successor(
        name, task, seed=draw, encoder=encoder, device=options.device, **settings
    )
    started = time.process_time()
    model.fit([texts[row] for row in rows], targets[rows])
    trained = time.process_time()
    chances = model.predict_proba([texts[row] for row in test])
    found, gold = chances.argmax(axis=1), targets[test]
    return {
        "accuracy": accuracy_score(gold, found),
        "macro_f1": f1_score(gold, found, average="macro"),
        "log_loss": float(-np.log(np.clip(chances[np.arange(len(gold)), gold], 1e-6, 1)).mean()),
        "majority": float(np.bincount(gold).max() / len(gold)),
        "fit_cpu_s": round(trained - started, 2),
    }


def table(lines: list[dict]) -> str:
    """Mean over draws (and its standard deviation) for each data set and learner."""
    groups = defaultdict(list)
    for line in lines:
        groups[line["set"], line["learner"]].append(line)
    rows = ["| data set | learner | draws | accuracy | macro-F1 | log loss | CPU s |"]
    rows.append("|---|---|---|---|---|---|---|")
    for (name, learner), runs in sorted(groups.items()):
        values = {key: [run[key] for run in runs] for key in runs[0] if key not in ("set",)}
        spread = f" ± {100 * stdev(values['accuracy']):.1f}" if len(runs) > 1 else ""
        rows.append(
            f"| {name} (majority {100 * values['majority'][0]:.0f}) | {learner} | {len(runs)} "
            f"| {100 * mean(values['accuracy']):.1f}{spread} "
            f"| {100 * mean(values['macro_f1']):.1f} | {mean(values['log_loss']):.2f} "
            f"| {mean(values['fit_cpu_s']):.1f} |"
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="holds SET/pool.jsonl.gz")
    parser.add_argument("--sets", nargs="+", default=["sst2", "ag_news", "cti"])
    parser.add_argument("--learner", action="append", help='"NAME setting=value ..."')
    parser.add_argument("--labels", type=int, default=32)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--test", type=int, default=300)
    parser.add_argument("--encoder", default="embedded")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, default=Path("successors.jsonl"))
    options = parser.parse_args()
    cache = options.out.with_suffix(".vectors.db")
    encoder = CachedEncoder(open_encoder(options.encoder, device=options.device), cache)
    lines = []
    if options.out.exists():
        lines = [json.loads(line) for line in options.out.read_text().splitlines()]
    for name in options.sets:
        data = read_data(options.folder / name / "pool.jsonl.gz")
        for draw in range(options.draws):
            for learner in options.learner or ["linear", "finetune"]:
                key = {"set": name, "learner": learner, "draw": draw}
                if any(key.items() <= line.items() for line in lines):
                    continue
                lines.append({**key, **one_run(learner, data, draw, options, encoder)})
                with options.out.open("a") as file:
                    file.write(json.dumps(lines[-1]) + "\n")
    print(table(lines))


if __name__ == "__main__":
    main()
