"""How many texts a second a saved classifier labels, beside transformers.pipeline on its folder.

The pipeline is timed as it comes (one text at a time) and with batches of 32; where onnx and
onnxruntime are installed, the classifier's ONNX file too, in float32 and with weights of 8 bits.
The ways take turns. For one thread: ACTIVELLM_THREADS=1 OMP_NUM_THREADS=1.

    python benchmarks/prediction.py --texts 500 --json out.json
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import median

from benchmark_data import add_data_options, describe_machine, read_data

os.environ.setdefault("HF_HUB_OFFLINE", "1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_data_options(parser)
    parser.add_argument("--texts", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--successor", choices=["finetune", "linear"], default="finetune")
    parser.add_argument("--labels", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=1)
    options = parser.parse_args()

    from transformers import logging, pipeline

    from activellm.errors import MissingExtraError
    from activellm.successors import load_successor, make_successor
    from activellm.successors.onnx_export import write_int8, write_onnx
    from activellm.successors.onnx_runtime import OnnxClassifier

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    task, texts, targets = read_data(options.data)
    asked = [texts[row % len(texts)] for row in range(options.texts)]
    settings = {"epochs": options.epochs} if options.successor == "finetune" else {}
    model = make_successor(
        options.successor, task, seed=0, encoder=options.encoder, device=options.device, **settings
    )
    with tempfile.TemporaryDirectory() as folder:
        model.fit(texts[: options.labels], targets[: options.labels]).save(Path(folder))
        ours = load_successor(Path(folder), device=options.device)
        ways = {"activellm": lambda: ours.predict_proba(asked)}
        agreement = {}
        try:
            unseen = texts[options.labels : options.labels + 300]
            agreement["onnx"] = asdict(write_onnx(Path(folder), unseen))
            agreement["onnx_int8"] = asdict(write_int8(Path(folder), unseen))
            for name, int8 in (("onnx", False), ("onnx_int8", True)):
                onnx = OnnxClassifier.load(Path(folder), int8=int8)
                ways[name] = partial(onnx.predict_proba, asked)
        except MissingExtraError as error:
            print(f"No ONNX: {error}")
        if options.successor == "finetune":
            theirs = pipeline("text-classification", model=folder, device=options.device)
            ways["pipeline"] = partial(theirs, asked, top_k=None, truncation=True)
            ways["pipeline_batch_32"] = partial(ways["pipeline"], batch_size=32)
        wall: dict[str, list[float]] = {name: [] for name in ways}
        cpu: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.repeats):
            for name, way in ways.items():
                started, spent = time.perf_counter(), time.process_time()
                way()
                wall[name].append(time.perf_counter() - started)
                cpu[name].append(time.process_time() - spent)
    best = {name: min(run) for name, run in wall.items()}
    result = {
        "texts_a_second": {name: round(len(asked) / value, 1) for name, value in best.items()},
        "texts_a_cpu_second": {
            name: [round(len(asked) / value, 1) for value in runs] for name, runs in cpu.items()
        },
        "wall_ratios": {name: ratios(run, wall["activellm"]) for name, run in wall.items()},
        "cpu_ratios": {name: ratios(run, cpu["activellm"]) for name, run in cpu.items()},
        "agreement": agreement,
        "wall_seconds": wall,
        "cpu_seconds": cpu,
        "options": {name: str(value) for name, value in vars(options).items()},
        "machine": describe_machine(),
    }
    print(json.dumps(result, indent=2))
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=2))


def ratios(theirs: list[float], ours: list[float]) -> dict[str, float]:
    """How many times longer they took, turn by turn."""
    every = sorted(their / our for their, our in zip(theirs, ours, strict=True))
    found = {"min": every[0], "median": median(every), "max": every[-1]}
    return {name: round(value, 2) for name, value in found.items()}


if __name__ == "__main__":
    main()
