"""Embeds the judged candidate sets and test texts once, into a cache folder, for judge_check.py.

python benchmarks/judge_embeddings.py ../shared /tmp/judge-check
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

TEST_TEXTS = 600


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def embed(texts: Sequence[str]) -> np.ndarray:
    """Unit-length mean-pooled MiniLM embeddings of the first 128 tokens, batches of like length."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    from activellm.weights import ENCODER

    torch.set_num_threads(1)
    folder = ENCODER.path().parent
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    vectors = np.zeros((len(texts), model.config.hidden_size), dtype=np.float32)
    for start in range(0, len(order), 32):
        rows = order[start : start + 32]
        batch = tokenizer(
            [texts[row] for row in rows],
            padding=True,
            truncation=True,
            max_length=128,
            return_tensors="pt",
        )
        with torch.inference_mode():
            hidden = model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1)
        pooled = (hidden * mask).sum(1) / mask.sum(1)
        vectors[rows] = torch.nn.functional.normalize(pooled, dim=1).numpy()
    return vectors


def main(shared: Path, cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    sets: dict[str, list[str]] = {}
    for judged in lines(shared / "judgements" / "judgements.jsonl.gz"):
        sets.setdefault(judged["dataset"], []).extend(c["text"] for c in judged["candidates"])
    for name, texts in sets.items():
        target = cache / f"{name}.npz"
        if target.exists():
            continue
        test = list(lines(shared / "data" / name / "test.jsonl.gz"))[:TEST_TEXTS]
        vectors = embed([*texts, *(row["text"] for row in test)])
        part = target.with_suffix(".part.npz")
        np.savez(
            part,
            candidates=vectors[: len(texts)].reshape(-1, 200, vectors.shape[1]),
            test=vectors[len(texts) :],
            labels=np.array([row["label"] for row in test]),
        )
        part.rename(target)
        print(f"{name}: {len(vectors)} texts", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
