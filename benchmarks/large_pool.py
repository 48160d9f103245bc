"""A large pool from file to predictions: what each step costs at 10^4 to 10^7 texts.

    python benchmarks/large_pool.py FOLDER --sizes 10000 100000
    python benchmarks/large_pool.py FOLDER --sizes 1000000 --executor here processes ray --workers 2
    python benchmarks/large_pool.py FOLDER --sizes 100000 --executor processes --kill worker driver
    python benchmarks/large_pool.py FOLDER --report benchmarks/results/large_pool.md
    python benchmarks/large_pool.py FOLDER --billion

Texts are made up (large_texts.py), commands are the user's own, each in processes of its own that
are watched from outside (measured.py). What is measured is a line of FOLDER/results.jsonl and is
not done again; the files of a size are removed when it is done, unless --keep.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import time
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

from large_billion import billion
from large_report import draw, tables
from large_step import Bench, Step
from large_steps import DATASKETCH, FILES, STEPS
from large_texts import Texts
from measured import Cost, Kill, run

Row = dict[str, Any]
TRIES = 3
"""So often a kill is tried that came after the end, or when there was no worker."""


class Results:
    """Lines of results.jsonl; of two with one key the later one counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self.rows = {self.key(row): row for row in map(json.loads, lines)}

    @staticmethod
    def key(row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in ("pool", "step", "executor", "workers", "killed"))

    def add(self, row: Row) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        self.rows[self.key(row)] = row


def about_of(bench: Bench, step: Step) -> Row:
    """What names a measurement. Steps that no executor touches are measured once."""
    who = (bench.executor, bench.workers) if step.blocks else ("here", 1)
    names = ("pool", "step", "executor", "workers", "killed")
    return dict(zip(names, (bench.texts.rows, step.name, *who, bench.killed), strict=True))


def measure(bench: Bench, step: Step, results: Results, keep: bool = False) -> None:
    """Do one step, after those that it needs, and keep what it took."""
    if step.name != FILES and not bench.some.exists():
        measure(bench.base, STEPS[FILES], results)
    before = None
    if step.needs:
        needed = STEPS[step.needs]
        before = needed.place(bench.base)
        if not needed.done(bench.base):
            measure(bench.base, needed, results)
    about = about_of(bench, step)
    print(*(f"{value}" for value in about.values() if value), flush=True)
    load = os.getloadavg()[0]
    for _ in range(TRIES if bench.killed else 1):
        place, kill = step.begin(bench, before), None
        if bench.killed:
            usual = results.rows[Results.key({**about, "killed": ""})]["seconds"]
            kill = Kill(bench.killed, round(random.uniform(0.1, 0.9) * usual, 2))
        command, size = step.command(bench, place), _size(place)
        cost, again = _done(command, place, kill)
        if kill is None or kill.done:
            break
    (place / "done").touch()
    results.add(
        {
            **about,
            "rows": step.rows(bench),
            **asdict(cost),
            "kept_mb": round((_size(place) - size) / 2**20, 2),
            "outcome": step.outcome(place),
            "texts": step.texts(bench, place),
            "killed_after_s": kill.after_s if kill and kill.done else None,
            "starts": again + 1,
            "when": time.strftime("%Y-%m-%d %H:%M"),
            "machine": _machine(),
            "load": load,
        }
    )
    others = {one.needs for one in STEPS.values()} if bench == bench.base else set()
    if not keep and step.name not in others:
        shutil.rmtree(place)


def _done(command: tuple[str, ...], place: Path, kill: Kill | None) -> tuple[Cost, int]:
    """What a command took, with that of its second start if its driver was killed."""
    log = place / "log.txt"
    cost, printed = run(command, log=log, folder=place, kill=kill)
    again = 0
    if kill and kill.whom == "driver" and kill.done:
        again = 1
        second, printed = run(command, log=log, folder=place)
        cost = cost.then(second)
    if cost.code:
        raise SystemExit(f"{' '.join(command)}\nended with {cost.code}:\n{log.read_text()[-3000:]}")
    (place / "printed.json").write_text(printed)
    return cost, again


def _size(folder: Path) -> int:
    """Bytes of a step's own files: those that it shares with the step before do not count."""
    found = (path.stat() for path in folder.rglob("*") if path.is_file())
    return sum(one.st_size for one in found if one.st_nlink == 1)


def _machine() -> str:
    import psutil

    memory = psutil.virtual_memory().total / 2**30
    return f"{psutil.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}"


def measure_all(bench: Bench, results: Results, only: list[str], keep: bool = False) -> None:
    """All steps of one size that are not measured yet."""
    bench.folder.mkdir(parents=True, exist_ok=True)
    for step in STEPS.values():
        small = bench.datasketch and bench.texts.rows <= 10**5
        if (only and step.name not in only) or (step.name == DATASKETCH and not small):
            continue
        if bench.killed and not step.goes_on:
            continue
        if bench.killed == "worker" and (bench.executor == "here" or not step.blocks):
            continue
        doer = bench if step.blocks or bench.killed else bench.base
        if Results.key(about_of(doer, step)) not in results.rows:
            measure(doer, step, results, keep)


def main() -> None:
    """Measure what is missing, or report what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", type=int, nargs="*", default=[])
    who = ("here", "processes", "ray")
    parser.add_argument("--executor", nargs="+", choices=who, default=["here"])
    parser.add_argument("--workers", type=int, default=2, help="of processes and ray")
    parser.add_argument("--only", nargs="+", default=[], choices=list(STEPS))
    parser.add_argument("--kill", nargs="+", default=[], choices=("worker", "driver"))
    parser.add_argument("--datasketch", default="", help="a Python that has datasketch: a peer")
    parser.add_argument("--keep", action="store_true", help="keep texts and projects")
    parser.add_argument("--report", type=Path, help="Markdown file; its figure gets .svg")
    parser.add_argument("--billion", action="store_true", help="what 10^9 texts would take")
    parser.add_argument("--cores", type=int, default=100, help="for --report and --billion")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    results = Results(options.folder / "results.jsonl")
    for size in options.sizes:
        folder = options.folder.resolve() / str(size)
        for executor, killed in product(options.executor, ("", *options.kill)):
            workers = 1 if executor == "here" else options.workers
            bench = Bench(folder, Texts(size), executor, workers, options.datasketch, killed)
            measure_all(bench, results, options.only, options.keep)
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    rows = list(results.rows.values())
    if options.report:
        figure = options.report.with_suffix(".svg")
        draw(rows, figure)
        options.report.write_text(tables(rows, figure.name) + billion(rows, cores=options.cores))
    if options.billion:
        print(billion(rows, cores=options.cores))


if __name__ == "__main__":
    main()
