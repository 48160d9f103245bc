"""Import a made-up CSV file of many rows; speed and peak memory beside plain pyarrow.

Each step runs in a process of its own, because peak memory is a process's. The plain way is
`pyarrow.csv.read_csv` and one Arrow file: it reads everything into memory, and neither folds
duplicates nor gives ids, so a ratio of a few is good.

    python benchmarks/import_rows.py --rows 1000000
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

WORDS = ("street", "light", "school", "been", "broken", "since", "Monday", "please", "repair")


def make(path: Path, rows: int) -> None:
    distinct = rows * 19 // 20
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("number", "text", "label"))
        for row in range(rows):
            words = " ".join(random.Random(row % distinct).choices(WORDS, k=15))
            writer.writerow((row, f"{words} {row % distinct}", "ab"[row % 2]))


def activellm(source: Path, target: Path) -> None:
    from activellm.pool import import_pool, open_source

    import_pool(open_source(source), target, label="label")


def plain(source: Path, target: Path) -> None:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    table = arrow_csv.read_csv(source)
    with pa.ipc.new_file(str(target), table.schema) as writer:
        writer.write_table(table)


def measured(step: str, source: Path, target: Path, answers: multiprocessing.Queue) -> None:
    start = time.perf_counter()
    globals()[step](source, target)
    seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
    answers.put({"seconds": round(seconds, 2), "peak_mib": round(peak, 1)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.csv"
        make(source, options.rows)
        for step in ("activellm", "plain"):
            answers = spawn.Queue()
            job = (step, source, Path(folder) / f"{step}.arrow", answers)
            process = spawn.Process(target=measured, args=job)
            process.start()
            found[step] = answers.get(timeout=3600)
            process.join()
            found[step]["rows_per_second"] = round(options.rows / found[step]["seconds"])
    ratios = {
        key: round(found["activellm"][key] / found["plain"][key], 2)
        for key in ("seconds", "peak_mib")
    }
    result = {"rows": options.rows, **found, "ratio_to_plain": ratios}
    print(json.dumps(result) if options.json else json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
