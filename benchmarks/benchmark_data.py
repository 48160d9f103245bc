"""What the benchmarks of the successors share: labelled texts, and a note of the machine."""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import os
import platform
from pathlib import Path

from activellm.successors.saved import package_versions
from activellm.task import Task

SAMPLE = Path(__file__).resolve().parents[1] / "src/activellm/data/civic_messages.csv"


def add_data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, default=SAMPLE, help="CSV, JSONL or JSONL.gz with text and label"
    )
    parser.add_argument("--encoder", default="embedded", help="embedded, a folder or a hub id")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", help="also write the result to this file")


def read_data(path: Path):
    """The task, the texts and the label numbers of a file."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    if path.suffix == ".csv":
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    else:
        rows = [json.loads(line) for line in text.split("\n") if line]
    rows = [row for row in rows if row["label"]]
    names = sorted({row["label"] for row in rows})
    task = Task.build(description="Benchmark", labels=tuple({"name": name} for name in names))
    return task, [row["text"] for row in rows], task.targets([(row["label"],) for row in rows])


def describe_machine() -> dict[str, object]:
    import torch

    return {
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0],
        "machine": platform.machine(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        **package_versions("torch", "transformers", "accelerate"),
    }
