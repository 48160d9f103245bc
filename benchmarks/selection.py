"""Selecting 32 of 200 texts: each of our parts beside the plain way of doing it, in one run.

    python benchmarks/selection.py [POOL] [--judged 40] [--repeats 3] [--json]

Peers: transformers' encoder on batches of 32 as they come, padded to the longest; scikit-learn's
KMeans on the same vectors; and the same local model asked for a written answer, text by text.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import pairwise_distances_argmin

from activellm import Pool, Task
from activellm.data import civic_messages, civic_task
from activellm.encoders import open_encoder
from activellm.llm import open_model
from activellm.pool import SAMPLERS
from activellm.seeding import generator
from activellm.selection import SelectionContext, open_strategy
from activellm.selection.judging import judge
from activellm.selection.prompts.render import render


def plain_encoder(folder: str) -> Callable[[list[str]], np.ndarray]:
    """The embeddings as transformers' documentation computes them."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModel.from_pretrained(folder, local_files_only=True).eval()

    @torch.inference_mode()
    def embed(texts: list[str]) -> np.ndarray:
        parts = []
        for start in range(0, len(texts), 32):
            batch = tokenizer(
                texts[start : start + 32], padding=True, truncation=True, return_tensors="pt"
            )
            mask = batch["attention_mask"].unsqueeze(-1)
            vectors = (model(**batch).last_hidden_state * mask).sum(1) / mask.sum(1)
            parts.append(torch.nn.functional.normalize(vectors).numpy())
        return np.concatenate(parts)

    return embed


def timed(ours: Callable[[], object], peer: Callable[[], object], repeats: int) -> dict:
    """Both in turn, after one uncounted round: median seconds, and the median of the ratios."""
    taken: list[tuple[float, float]] = []
    for turn in range(repeats + 1):
        moments = [time.perf_counter()]
        for work in (ours, peer):
            work()
            moments.append(time.perf_counter())
        if turn:
            taken.append((moments[1] - moments[0], moments[2] - moments[1]))
    return {
        "ours_s": round(statistics.median(one for one, _ in taken), 3),
        "peer_s": round(statistics.median(two for _, two in taken), 3),
        "peer_over_ours": round(statistics.median(two / one for one, two in taken), 2),
        "repeats": repeats,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pool", nargs="?", default=str(civic_messages()))
    parser.add_argument("--judged", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    pool, task = Pool.read(options.pool), Task.load(civic_task())
    ids = SAMPLERS.get("random")().draw(pool, 200, generator(0, "candidates"))
    examples = tuple(pool.examples(ids))
    texts = [example.text for example in examples]
    encoder = open_encoder()
    plain = plain_encoder(str(encoder.folder))
    vectors = encoder.embed(texts)
    difference = float(np.abs(vectors - plain(texts)).max())
    context = SelectionContext(task, examples, generator(0), embed=lambda _: vectors)

    def plain_kmeans() -> object:
        clusters = KMeans(32, n_init=4, random_state=0).fit(vectors)
        return pairwise_distances_argmin(clusters.cluster_centers_, vectors)

    model = open_model()
    some = examples[: options.judged]
    prompts = [render("judge-1", {"task": task, "content": one.text}) for one in some]

    def ask() -> object:
        return [model.complete(prompt, max_tokens=4) for prompt in prompts]

    rows = {
        "embed 200 texts": timed(
            lambda: encoder.embed(texts), lambda: plain(texts), options.repeats
        ),
        "kmeans, 32 of 200": timed(
            lambda: open_strategy("kmeans").select(context, 32), plain_kmeans, options.repeats
        ),
        f"judge {len(some)} texts": timed(lambda: judge(model, task, some), ask, options.repeats),
    }
    if options.json:
        print(json.dumps({"rows": rows, "largest_embedding_difference": difference}, indent=2))
        return
    for name, row in rows.items():
        print(f"{name:<20} ours {row['ours_s']:.3f} s, plain {row['peer_s']:.3f} s, "
              f"plain/ours {row['peer_over_ours']:.2f}")  # fmt: skip
    print(f"largest difference between the embeddings: {difference:.1e}")


if __name__ == "__main__":
    main()
