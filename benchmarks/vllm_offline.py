"""Questions a second of one set of weights in vLLM's engine, in transformers and in llama.cpp.

    python benchmarks/vllm_offline.py FOLDER FILE.gguf TEXTS.jsonl.gz [--texts 48] [--repeats 3]

FOLDER and FILE.gguf hold the same model, TEXTS has a "text" a line. Each repeat asks about texts of
its own; all runtimes ask the same questions, one runtime after the other, in turned order. Printed
are questions a CPU second and a wall second (mean and range of the repeats), and the ratio to
transformers within each repeat. On a machine with other work the CPU's are the steadier ones.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from activellm.llm import Message, Messages, QueryModel, open_model
from activellm.llm.side_by_side import Job, side_by_side

LABELS = ["positive", "negative"]
ORDER = "Classify the sentiment of the movie review sentence as negative or positive."
ANSWERS = 16
"""Of the questions, so many are also asked for an answer in words."""


def prompts(texts: Path, count: int) -> list[Messages]:
    with gzip.open(texts, "rt", encoding="utf-8") as lines:
        read = [json.loads(line)["text"] for line, _ in zip(lines, range(count), strict=False)]
    return [(Message("user", f"{ORDER}\n\n{text}"),) for text in read]


def score(model: QueryModel, asked: list[Messages]) -> np.ndarray:
    return model.score(asked, LABELS).logprobs


def answer(model: QueryModel, asked: list[Messages]) -> np.ndarray:
    few = asked[:ANSWERS]
    jobs = [Job(model, partial(model.complete, prompt, max_tokens=16)) for prompt in few]
    return np.array([one.usage.completion_tokens for one in side_by_side(jobs)])


def timed(work: Callable[[], np.ndarray]) -> tuple[np.ndarray, float, float]:
    cpu, wall = time.process_time(), time.monotonic()
    result = work()
    return result, time.process_time() - cpu, time.monotonic() - wall


def told(name: str, values: list[float]) -> str:
    return f"{name} {np.mean(values):8.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("gguf")
    parser.add_argument("texts", type=Path)
    parser.add_argument("--texts", dest="count", type=int, default=48)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    names = {
        "vllm": f"vllm-offline/{options.folder}",
        "transformers": f"transformers/{options.folder}",
        "llama.cpp": options.gguf,
    }
    models = {name: open_model(spec, context=2048) for name, spec in names.items()}
    asked = prompts(options.texts, options.count * options.repeats + 2)
    for name, model in models.items():
        _, cpu, wall = timed(partial(score, model, asked[-2:]))
        print(f"{name}: loaded in {cpu:.1f} CPU s, {wall:.1f} s", flush=True)
    for what in (score, answer):
        rates: dict[str, list[tuple[float, float]]] = {name: [] for name in models}
        apart = []
        for repeat in range(options.repeats):
            part = asked[repeat * options.count : (repeat + 1) * options.count]
            found = {}
            for name in list(models)[:: 1 if repeat % 2 else -1]:
                found[name], cpu, wall = timed(partial(what, models[name], part))
                count = len(found[name])
                rates[name].append((count / cpu, count / wall))
            apart.append(float(np.abs(found["vllm"] - found["transformers"]).max()))
            load = os.getloadavg()[0]
            print(f"{what.__name__} {repeat + 1}: load {load:.1f}", flush=True)
        print(f"\n{what.__name__}: {len(found['vllm'])} questions a repeat")
        if what is answer:
            print({name: f"{tokens.mean():.1f} tokens" for name, tokens in found.items()})
        for name, pairs in rates.items():
            ratios = [
                one[0] / other[0] for one, other in zip(pairs, rates["transformers"], strict=True)
            ]
            line = [
                told(unit, [pair[i] for pair in pairs]) for i, unit in enumerate(("CPU", "wall"))
            ]
            print(f"  {name:13}", *line, told("ratio", ratios), sep="  ")
        if what is score:
            print(f"  largest difference of vLLM's scores from transformers': {max(apart):.1e}")


if __name__ == "__main__":
    main()
