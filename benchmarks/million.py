"""Choosing from a million texts: seconds and peak memory of k-means, core-set and coverage.

    python benchmarks/million.py [--texts 1000000] [--json]

The vectors are synthetic: unit length, 384 float32, around 50 directions. They lie in a file that
each process maps, so their pages count in its peak memory when they are read.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

WIDTH = 384
DIRECTIONS = 50
WORK = [("kmeans", 32), ("kmeans", 300), ("coreset", 32), ("coverage", 32)]


def write_vectors(path: Path, texts: int) -> None:
    """Make the vectors part by part, the same ones each time."""
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((DIRECTIONS, WIDTH), dtype=np.float32)
    with path.open("wb") as file:
        for start in range(0, texts, 10_000):
            part = rng.standard_normal((min(10_000, texts - start), WIDTH), dtype=np.float32)
            part += directions[rng.integers(DIRECTIONS, size=len(part))]
            part /= np.linalg.norm(part, axis=1, keepdims=True)
            part.tofile(file)


def measure(name: str, picks: int, path: Path) -> dict:
    """Choose in this process, and say what it took."""
    from activellm import Label, Task
    from activellm.llm.calibration import softmax
    from activellm.pool.example import Example
    from activellm.selection import SelectionContext, open_strategy
    from activellm.selection.coverage import choose_by_coverage
    from activellm.selection.judgements import Judgements

    vectors = np.asarray(np.memmap(path, np.float32, "r")).reshape(-1, WIDTH)
    texts = len(vectors)
    labels = ("a", "b", "c", "d")
    task = Task(description="Which?", labels=tuple(Label(name=name) for name in labels))
    candidates = tuple(Example(id=str(row), text="") for row in range(texts))
    context = SelectionContext(task, candidates, np.random.default_rng(0), embed=lambda _: vectors)
    logits = np.random.default_rng(1).normal(size=(texts, len(labels)))
    logits[:, 0] += 1  # one label is expected more often than the others
    odds = softmax(2 * logits)
    ids = tuple(example.id for example in candidates)
    judged = Judgements(ids, labels, odds, odds, np.ones(texts, dtype=np.bool_), "score")
    before = peak_mb()
    started = time.perf_counter()
    if name == "coverage":
        chosen = choose_by_coverage(context, picks, judged)
    else:
        chosen = open_strategy(name).select(context, picks)
    seconds = time.perf_counter() - started
    assert len(set(chosen.ids)) == picks
    return {
        "strategy": name,
        "picks": picks,
        "seconds": round(seconds, 1),
        "before_mb": round(before),
        "peak_mb": round(peak_mb()),
        "vectors_mb": round(vectors.nbytes / 2**20),
    }


def peak_mb() -> float:
    """The most memory that this process has held so far.

    Linux says it in /proc; what getrusage says there may be the parent's.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure each strategy in a process of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", nargs=3, metavar=("STRATEGY", "PICKS", "FILE"), help="used inside")
    options = parser.parse_args()
    if options.one:
        name, picks, file = options.one
        print(json.dumps(measure(name, int(picks), Path(file))))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors.f32"
        write_vectors(path, options.texts)
        for name, picks in WORK:
            command = [sys.executable, __file__, "--one", name, str(picks), str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rows.append(json.loads(done.stdout))
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{options.texts:,} texts, vectors {rows[0]['vectors_mb']:,} MB")
    print("| strategy | picks | seconds | before, MB | peak, MB | beyond both, MB |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        beyond = row["peak_mb"] - row["before_mb"] - row["vectors_mb"]
        print(f"| {row['strategy']} | {row['picks']} | {row['seconds']} | {row['before_mb']:,} | "
              f"{row['peak_mb']:,} | {beyond:,} |")  # fmt: skip


if __name__ == "__main__":
    main()
