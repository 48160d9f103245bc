"""Import a made-up CSV file of many rows, then find its near copies; beside plain pyarrow.

Each step runs in a process of its own, because peak memory is a process's. One row in twenty is an
exact copy of an earlier one, one in ten a near copy (a word in fifteen is another). The plain way
is `pyarrow.csv.read_csv` and one Arrow file: it reads everything into memory, and neither folds
duplicates nor gives ids, so a ratio of a few is good. Peak memory counts the pages of mapped files,
which the system takes back when it needs them; `own_mib` does not.

    python benchmarks/import_rows.py --rows 1000000
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

WORDS, LENGTH, STEP = 20_000, 15, 100_000


def vocabulary(rng: np.random.Generator) -> np.ndarray:
    letters = np.array(list("etaoinshrdlcumwfgypbvk"))
    return np.array(
        ["".join(rng.choice(letters, rng.integers(2, 10))) for _ in range(WORDS)], object
    )


def make(path: Path, rows: int) -> None:
    rng = np.random.default_rng(0)
    words = vocabulary(rng)
    weights = 1 / np.arange(1, WORDS + 1) ** 0.7
    with path.open("w", encoding="utf-8") as file:
        file.write("number,text,label\n")
        for start in range(0, rows, STEP):
            count = min(STEP, rows - start)
            picks = rng.choice(WORDS, (count, LENGTH), p=weights / weights.sum())
            exact = np.arange(19, count, 20)
            picks[exact] = picks[exact - 7]
            near = np.arange(14, count, 10)
            picks[near] = picks[near - 3]
            picks[near, rng.integers(0, LENGTH, len(near))] = rng.integers(0, WORDS, len(near))
            texts = [" ".join(row) for row in words[picks].tolist()]
            file.writelines(
                f"{start + row},{text},{'ab'[row % 2] if row % 10 == 0 else ''}\n"
                for row, text in enumerate(texts)
            )


def activellm(source: Path, folder: Path) -> int:
    from activellm.pool import import_pool, open_source

    return import_pool(open_source(source), folder / "pool.arrow", label="label").kept


def near(source: Path, folder: Path) -> int:
    from activellm.near import find_near_copies
    from activellm.pool import Pool

    return len(find_near_copies(Pool.open(folder / "pool.arrow"), 0.8, folder / "near").rows)


def plain(source: Path, folder: Path) -> int:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    table = arrow_csv.read_csv(source)
    with pa.ipc.new_file(str(folder / "plain.arrow"), table.schema) as writer:
        writer.write_table(table)
    return len(table)


def measured(step: str, source: Path, folder: Path, answers: multiprocessing.Queue) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    count = globals()[step](source, folder)
    found = {
        "texts": count,
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "seconds": round(time.perf_counter() - wall, 2),
    }
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
    found["peak_mib"] = round(peak, 1)
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text().split("RssAnon:")[1]
        found["own_mib"] = round(int(status.split()[0]) / 1024, 1)
        written = Path("/proc/self/io").read_text().split("wchar: ")[1]
        found["written_mib"] = round(int(written.split()[0]) / 2**20, 1)
    answers.put(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the files go; temporary by default")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        source = folder / "rows.csv"
        make(source, options.rows)
        for step in ("activellm", "near", "plain"):
            answers = spawn.Queue()
            process = spawn.Process(target=measured, args=(step, source, folder, answers))
            process.start()
            found[step] = answers.get(timeout=36_000)
            process.join()
            found[step]["rows_per_cpu_second"] = round(options.rows / found[step]["cpu_seconds"])
    ratio = round(found["activellm"]["cpu_seconds"] / found["plain"]["cpu_seconds"], 2)
    result = {"rows": options.rows, **found, "cpu_ratio_to_plain": ratio}
    print(json.dumps(result) if options.json else json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
