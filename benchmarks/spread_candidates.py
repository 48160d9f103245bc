"""Which labels are among 200 candidates: drawn at random, or spread over the pool.

    python benchmarks/spread_candidates.py DATA [--draws 20] [--vectors sketch] [--sets emotion ...]

DATA is a folder of data sets as the examples use them: NAME/pool.jsonl.gz with "text" and "label".
Half of the draws are made from clusters of another seed. Prints one JSON line for each data set and
sampler: labels found, and the part of the candidates that belongs to the rarest quarter of labels,
mean and standard deviation over draws.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from activellm.pool import Pool
from activellm.pool.sampling import open_sampler

CANDIDATES = 200
SAMPLERS = ("random", "spread", "spread(shares=root)", "spread(shares=proportional)")


def main() -> None:
    """Draw and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--vectors", default="sketch")
    parser.add_argument("--sets", nargs="*")
    asked = parser.parse_args()
    found = sorted(path.parent.name for path in asked.data.glob("*/pool.jsonl.gz"))
    for name in asked.sets or found:
        measure(asked.data / name, asked.draws, asked.vectors)


def measure(folder: Path, draws: int, vectors: str) -> None:
    """Print the lines of one data set."""
    with gzip.open(folder / "pool.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    ids = [str(number) for number in range(len(rows))]
    pool = Pool.from_texts([row["text"] for row in rows], ids=ids)
    label = {id_: row["label"] for id_, row in zip(ids, rows, strict=True)}
    sizes = Counter(label[one.id] for one in pool)
    rare = set(sorted(sizes, key=lambda name: sizes[name])[: max(1, len(sizes) // 4)])
    with tempfile.TemporaryDirectory() as kept:
        for written in SAMPLERS:
            results = []
            for draw in range(draws):
                place = Path(kept) / str(draw % 2)
                options = {"seed": draw % 2, "candidates": CANDIDATES, "folder": place}
                sampler = open_sampler(with_vectors(written, vectors), **options)
                drawn = sampler.draw(pool, CANDIDATES, np.random.default_rng(draw))
                labels = Counter(label[id_] for id_ in drawn)
                results.append((len(labels), sum(labels[name] for name in rare) / CANDIDATES))
            line = {"data": folder.name, "texts": len(pool), "labels": len(sizes)}
            line |= {"sampler": written, "vectors": vectors, "draws": draws}
            line |= {"rare in the pool": sum(sizes[name] for name in rare) / len(pool)}
            for place, name in enumerate(("found", "rare")):
                values = [result[place] for result in results]
                line[name] = round(float(np.mean(values)), 4)
                line[f"{name}, sd"] = round(float(np.std(values, ddof=1)), 4)
            print(json.dumps(line), flush=True)


def with_vectors(written: str, vectors: str) -> str:
    """The sampler with the vectors that were asked for."""
    if written == "random":
        return written
    inside = written.partition("(")[2].rstrip(")")
    return f"spread({', '.join(filter(None, (inside, f'vectors={vectors}')))})"


if __name__ == "__main__":
    main()
