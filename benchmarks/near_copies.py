"""Near copies planted among real texts: how many are found, and what is folded that should not be.

Each text of a sample gets a copy that differs in one way. Which pairs are near is known from the
Jaccard similarity of all pairs (a sparse product, not our own search). Recall: of the texts with
an earlier near one, how many are folded. Missed pairs: near pairs among the texts that stay.
Precision: of the folded texts, how many are near the text they were folded into.

    python benchmarks/near_copies.py --data ../shared/data/ag_news/pool.jsonl.gz --seeds 5
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from activellm.near import find_near_copies
from activellm.near.shingles import pieces
from activellm.pool import Pool, open_source

WORDS = ("really", "Berlin", "seven", "never", "market", "blue", "question", "tomorrow")


def changed(text: str, way: str, rng: random.Random) -> str:
    words = text.split()
    if way == "case":
        return text.upper()
    if way == "punctuation":
        return re.sub(r"[.,;:!?]+(?=\s|$)", "", text) + " !!"
    if way == "space":
        return "  ".join(words) + "\n"
    if way == "link":
        return f"RT @someone: {text} https://example.org/{rng.randrange(10**6)}"
    if way == "cut":
        return text[: max(1, len(text) * 9 // 10)]
    if way == "typing":
        place = rng.randrange(max(1, len(text) - 1))
        return (
            text[:place] + text[place + 1 : place + 2] + text[place : place + 1] + text[place + 2 :]
        )
    for _ in range(int(way)):
        words[rng.randrange(len(words))] = rng.choice(WORDS)
    return " ".join(words)


WAYS = ("case", "punctuation", "space", "link", "cut", "typing", "1", "2", "4")


def texts_of(path: Path, size: int, rng: random.Random) -> list[str]:
    source = open_source(path)
    name = "text" if "text" in source.columns else source.columns[0]
    texts = list(dict.fromkeys(r.values[name] for r in source.records() if r.values[name].strip()))
    return rng.sample(texts, min(size, len(texts)))


def jaccard(texts: list[str]) -> csr_matrix:
    hashes, starts = pieces(texts)
    found = csr_matrix(
        (
            np.ones(len(hashes), np.int32),
            np.unique(hashes, return_inverse=True)[1],
            [*starts, len(hashes)],
        )
    )
    found.sum_duplicates()
    found.data[:] = 1
    sizes = np.diff(found.indptr)
    both = (found @ found.T).tocoo()
    share = both.data / (sizes[both.row] + sizes[both.col] - both.data)
    above = both.row > both.col
    return both.row[above], both.col[above], share[above]


def measured(texts: list[str], threshold: float, rng: random.Random) -> dict[str, float]:
    ways = [rng.choice(WAYS) for _ in texts]
    copies = [changed(text, way, rng) for text, way in zip(texts, ways, strict=True)]
    both = [*texts, *copies]
    # Exact copies fold by themselves: what is looked at here are the others.
    pool = Pool.from_texts(both, meta={"way": [*[""] * len(texts), *ways]})
    kept = [example.text for example in pool]
    later, earlier, share = jaccard(kept)
    near = share >= threshold
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        found = find_near_copies(pool, threshold, Path(folder))
    seconds = time.process_time() - start
    folded = dict(zip(found.rows.tolist(), found.firsts.tolist(), strict=True))
    pairs = set(zip(later[near].tolist(), earlier[near].tolist(), strict=True))
    left = sum(a not in folded and b not in folded for a, b in pairs)
    have = {a for a, _ in pairs}
    result = {
        "texts": len(kept),
        "near_pairs": len(pairs),
        "recall": len(have & folded.keys()) / max(1, len(have)),
        "missed_pairs": left,
        "precision": sum(pair in pairs for pair in folded.items()) / max(1, len(folded)),
        "cpu_us_a_text": seconds / len(kept) * 1e6,
    }
    by_way = defaultdict(list)
    for place, example in enumerate(pool):
        if example.meta["way"]:
            by_way[example.meta["way"]].append(place in folded)
    return result | {f"found_{way}": statistics.fmean(by_way[way]) for way in WAYS if by_way[way]}


def main() -> None:
    pieces(["warm"])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--size", type=int, default=2000)
    parser.add_argument("--threshold", type=float, default=0.8)
    options = parser.parse_args()
    for path in options.data:
        rows = []
        for seed in range(options.seeds):
            rng = random.Random(seed)
            rows.append(measured(texts_of(path, options.size, rng), options.threshold, rng))
        told = {
            key: [
                round(f([row.get(key, 0) for row in rows]), 4) for f in (min, statistics.fmean, max)
            ]
            for key in rows[0]
        }
        print(json.dumps({"data": path.parent.name, "threshold": options.threshold, **told}))


if __name__ == "__main__":
    main()
