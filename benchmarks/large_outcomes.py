"""What the steps of the benchmark of large pools made, as hashes and numbers; labels on the way."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
from large_step import Bench
from large_texts import BLOCK

from activellm.files import sha256_of
from activellm.pool import Pool


def pool_hash(place: Path) -> str:
    """Of the imported pool."""
    return sha256_of(place / "project" / "pool.arrow")


def folds_hash(place: Path) -> str:
    """Of what folds into what."""
    return sha256_of(place / "project" / "pool.folds.arrow")


def picks_hash(place: Path) -> str:
    """Of what was picked, in order."""
    picks = json.loads((place / "printed.json").read_text())["picks"]
    return hashlib.sha256(json.dumps([pick["id"] for pick in picks]).encode()).hexdigest()


def predictions_hash(place: Path) -> str:
    """Of the file of predictions."""
    return sha256_of(place / "predicted.parquet")


def import_facts(bench: Bench, place: Path) -> dict[str, int]:
    """Rows, texts that are left, and how many there are in truth."""
    left = len(Pool.open(place / "project" / "pool.arrow"))
    return {"rows": bench.texts.rows, "left": left, "distinct": bench.texts.expected()["distinct"]}


def near_facts(bench: Bench, place: Path) -> dict[str, int]:
    """How many near copies there are, how many were folded, and how many of those rightly."""
    pool = Pool.open(place / "project" / "pool.arrow")
    parts = (pool.block(at, min(at + BLOCK, len(pool))) for at in range(0, len(pool), BLOCK))
    meta = (part.column("meta").combine_chunks().field("number") for part in parts)
    numbers = np.concatenate([column.cast("int64").to_numpy() for column in meta])
    sources, folds = bench.texts.sources(numbers), pool.folds
    right = int(np.sum(sources[folds.rows] == sources[folds.firsts]))
    near = len(pool) - len(np.unique(sources))
    return {"texts": len(pool), "near": near, "folded": len(folds.rows), "right": right}


def write_labels(bench: Bench, place: Path) -> None:
    """The labels that people would give to what the step before picked."""
    picks = json.loads((place / "before.json").read_text())["picks"]
    ids = [pick["id"] for pick in picks]
    examples = Pool.open(place / "project" / "pool.arrow").examples(ids)
    rows = [int(example.meta["number"]) for example in examples]
    labels = bench.texts.labels(rows)
    with (place / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("id", "label"), *zip(ids, labels, strict=True)])
