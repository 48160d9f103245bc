"""Many small trainings on one GPU: one after another, at once as one stack, and by processes.

The same learners on the same labels with seeds 0, 1, 2 ... All ways take turns in one program,
after a training that nobody counts; the processes' start is not counted either.

    python benchmarks/together.py ../shared --set sst2 --labels 32 --networks 1 2 5 10 20 --json
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from pathlib import Path
from typing import Any

import numpy as np
from bench_data import read_data_set

LEARNERS = ("finetune", "setfit")
PROCESSES = (2, 4, 8)


def learners(options: argparse.Namespace, name: str, seeds: range) -> tuple[list[Any], Any, Any]:
    """Untrained learners, what each is trained on, and the test texts."""
    from activellm.successors import make_successor

    data = read_data_set(options.shared, options.set)
    rows = np.random.default_rng(0).permutation(len(data.pool))[: options.labels]
    one = [data.pool.contents[row] for row in rows], data.pool.labels[rows], None
    made = [make_successor(name, data.task, seed=seed, device=options.device) for seed in seeds]
    return made, [one] * len(made), data.test


def timed(options: argparse.Namespace, name: str, seeds: range, *, at_once: bool) -> dict[str, Any]:
    """Train, and say how long one took and how well they do."""
    from activellm.successors.together import fit_together

    made, work, test = learners(options, name, seeds)
    started = time.perf_counter()
    if at_once:
        fit_together(made, work)
    else:
        for learner, one in zip(made, work, strict=True):
            learner.fit(*one[:2])
    seconds = (time.perf_counter() - started) / len(made)
    right = [float((one.predict(test.contents) == test.labels).mean()) for one in made]
    return {
        "seconds": round(seconds, 3),
        "accuracy": round(100 * float(np.mean(right)), 2),
        "sd": round(100 * float(np.std(right, ddof=1)), 2) if len(right) > 1 else None,
        "losses": round(float(np.mean([one.losses[-1] for one in made])), 4),
    }


def side_by_side(options: argparse.Namespace, name: str, processes: int) -> dict[str, Any]:
    """As many processes at a time, each training the same number of learners."""
    context = multiprocessing.get_context("spawn")
    ready, begin = context.Barrier(processes + 1), context.Barrier(processes + 1)
    ends = context.Queue()
    each = options.each
    crew = [
        context.Process(target=_work, args=(options, name, n, each, ready, begin, ends))
        for n in range(processes)
    ]
    for one in crew:
        one.start()
    ready.wait()
    started = time.time()
    begin.wait()
    last = max(ends.get() for _ in crew)
    for one in crew:
        one.join()
    return {"seconds": round((last - started) / (processes * each), 3)}


def _work(
    options: argparse.Namespace, name: str, n: int, each: int, ready: Any, begin: Any, ends: Any
) -> None:
    timed(options, name, range(1000, 1001), at_once=False)
    made, work, _ = learners(options, name, range(n * each, (n + 1) * each))
    ready.wait()
    begin.wait()
    for learner, one in zip(made, work, strict=True):
        learner.fit(*one[:2])
    ends.put(time.time())


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("--set", default="sst2")
    parser.add_argument("--labels", type=int, default=32)
    parser.add_argument("--networks", type=int, nargs="+", default=[1, 2, 5, 10, 20, 40])
    parser.add_argument("--each", type=int, default=5, help="trainings a process")
    parser.add_argument("--processes", type=int, nargs="*", default=PROCESSES)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    print("| learner | way | s a training | ratio | accuracy (sd over seeds) | last loss |")
    print("|---" * 6 + "|")
    for name in LEARNERS:
        timed(options, name, range(1000, 1002), at_once=True)
        base = timed(options, name, range(5), at_once=False)
        show(options, name, "5 one after another", base, base)
        for networks in options.networks:
            found = timed(options, name, range(networks), at_once=True)
            show(options, name, f"{networks} at once", found, base)
        for processes in options.processes:
            found = side_by_side(options, name, processes)
            show(options, name, f"{processes} processes", found, base)


def show(
    options: argparse.Namespace, name: str, way: str, found: dict[str, Any], base: dict[str, Any]
) -> None:
    """A line of the table, or of JSON."""
    row = {"learner": name, "way": way, "ratio": round(base["seconds"] / found["seconds"], 2)}
    if options.json:
        print(json.dumps({**row, **found}), flush=True)
        return
    well = f"{found['accuracy']} ({found['sd']}) | {found['losses']}" if "sd" in found else "|"
    print(f"| {name} | {way} | {found['seconds']} | {row['ratio']} | {well} |", flush=True)


if __name__ == "__main__":
    main()
