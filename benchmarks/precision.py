"""What bfloat16 costs in accuracy and saves in time: its results beside float32's, pair by pair.

Reads what `learners.py` wrote; the same draw and the same seed make a pair. On a CPU that has it:

    python benchmarks/learners.py ../shared CACHE out.jsonl --labels 32 --picks random --draws 3 \
        --learner "finetune(precision=float32)" --learner "finetune(precision=bfloat16)" \
        --learner "setfit(precision=float32)" --learner "setfit(precision=bfloat16)"
    python benchmarks/precision.py out.jsonl
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from bench_data import interval
from learners import key, read

WHAT = {"accuracy": "accuracy", "macro_f1": "macro-F1", "log_loss": "log loss"}
HALF, WHOLE = "precision=bfloat16", "precision=float32"


def pairs(rows: list[dict]) -> dict[str, list[tuple[dict, dict]]]:
    """Learner -> (bfloat16's row, float32's row) for all draws that have both."""
    known = {key(row): row for row in rows}
    found: dict[str, list[tuple[dict, dict]]] = {}
    for row in rows:
        if HALF in row["learner"]:
            other = known.get(key({**row, "learner": row["learner"].replace(HALF, WHOLE)}))
            if other is not None:
                found.setdefault(row["learner"].split("(")[0], []).append((row, other))
    return found


def main() -> None:
    """Print a table of all data sets, and one for each learner by data set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, nargs="+", help="files of learners.py")
    options = parser.parse_args()
    found = pairs([row for out in options.out for row in read(out)])
    print("bfloat16 minus float32; mean and 95 % interval over the pairs, largest difference\n")
    print("| learner | pairs | " + " | ".join(WHAT.values()) + " | float32 / bfloat16, CPU time |")
    print("|---" * (3 + len(WHAT)) + "|")
    for learner, own in found.items():
        cells = []
        for name in WHAT:
            differences = np.array([half[name] - whole[name] for half, whole in own])
            mean, low, high = interval(differences) if len(own) > 1 else (*differences, 0.0, 0.0)
            most = np.abs(differences).max()
            cells.append(f"{mean:+.3f} ({low:+.3f} to {high:+.3f}), {most:.3f}")
        times = sorted(whole["fit_s"] / half["fit_s"] for half, whole in own)
        time = f"{times[0]:.2f}, {np.median(times):.2f}, {times[-1]:.2f}"
        print(f"| {learner} | {len(own)} | {' | '.join(cells)} | {time} |")
    for learner, own in found.items():
        print(f"\n{learner}: float32 / bfloat16 in training, data set by data set")
        for data in sorted({half["data"] for half, _ in own}):
            here = [(half, whole) for half, whole in own if half["data"] == data]
            both = [sum(row["fit_s"] for row in side) for side in zip(*here, strict=True)]
            print(f"  {data}: {both[1] / both[0]:.2f} ({len(here)} pairs)")


if __name__ == "__main__":
    main()
