"""small-text's query strategies, from texts to picks, for strategy_speed.py.

It runs in its own environment (small-text 1.4.1 needs transformers 4; torchtext, which its extra
names, is not used):

    python -m venv ST
    ST/bin/pip install torch==2.13.0 'transformers<5' small-text==1.4.1 'numpy<2'

Requests are lines of JSON on standard input, answers lines of JSON on standard output.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import warnings

import numpy as np
import torch

os.environ["TRANSFORMERS_OFFLINE"] = "1"
warnings.simplefilter("ignore")

from small_text import (  # noqa: E402
    BALD,
    BreakingTies,
    ContrastiveActiveLearning,
    DiscriminativeActiveLearning,
    EmbeddingKMeans,
    GreedyCoreset,
    LeastConfidence,
    PredictionEntropy,
    TransformerBasedClassification,
    TransformerBasedClassificationFactory,
    TransformerModelArguments,
    TransformersDataset,
)

STRATEGIES = {
    "least-confidence": LeastConfidence,
    "entropy": PredictionEntropy,
    "breaking-ties": BreakingTies,
    "bald": BALD,
    "coreset": GreedyCoreset,
    "kmeans": EmbeddingKMeans,
    "cal": lambda: ContrastiveActiveLearning(pbar=None),
}


def open_classifier(request: dict):
    """A classifier of small-text that holds the weights of a folder."""
    arguments = TransformerModelArguments(request["model"], tokenizer=request["tokenizer"])
    classifier = TransformerBasedClassification(arguments, request["labels"], device="cpu")
    classifier.initialize_transformer(None)
    classifier.model.eval()
    return classifier


def discriminative(request: dict):
    """With the classifier that the user of small-text would name: the same encoder, fine-tuned."""
    arguments = TransformerModelArguments(request["encoder"], tokenizer=request["tokenizer"])
    factory = TransformerBasedClassificationFactory(arguments, 2, {"device": "cpu"})
    return DiscriminativeActiveLearning(factory, request["rounds"], pbar=None)


def answer(classifier, request: dict) -> dict:
    """Tokenise, run the model and choose; what it took, and what was chosen."""
    np.random.seed(request["seed"])
    torch.manual_seed(request["seed"])
    name, pool, labelled = request["strategy"], request["pool"], request["labelled"]
    strategy = discriminative(request) if name == "discriminative" else STRATEGIES[name]()
    unlabelled, known = np.arange(len(pool)), len(pool) + np.arange(len(labelled))
    y = np.array(request["y"])
    wall, cpu = time.perf_counter(), time.process_time()
    texts = TransformersDataset.from_arrays(
        [*pool, *labelled],
        np.concatenate([np.zeros(len(pool), dtype=int), y]),
        classifier.tokenizer,
        target_labels=np.arange(request["labels"]),
        max_length=request["max_length"],
    )
    options = {"pbar": None} if name in ("coreset", "kmeans") else {}
    picks = strategy.query(classifier, texts, unlabelled, known, y, n=request["n"], **options)
    return {
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
        "picks": [int(row) for row in picks],
    }


def main() -> None:
    logging.disable(logging.CRITICAL)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever prints must not come between the answers
    classifier = None
    for line in sys.stdin:
        request = json.loads(line)
        classifier = classifier or open_classifier(request)
        answers.write(json.dumps(answer(classifier, request)) + "\n")


if __name__ == "__main__":
    main()
