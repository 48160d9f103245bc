"""Small files of recorded sessions and stored judgements, for experiments on given sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from activellm.bench.experiment import Experiment, read_experiment
from activellm.bench.grid import Cell
from activellm.bench.simulate import Chosen, choose
from activellm.bench.workshop import Workshop
from activellm.pool.identity import content_id, digest

WORDS = {"good": ["fine", "nice", "lovely", "great"], "bad": ["dull", "awful", "poor", "sad"]}
THINGS = ["film", "meal", "book", "park", "tree", "water", "light", "bus", "text", "road"]
TEXTS = [(f"{word} {thing}", label) for thing in THINGS for label in WORDS for word in WORDS[label]]
"""80 texts with their labels, both labels in every stretch of eight."""

TOML = """
name = "given"
strategies = [{strategies}]
llm = [{llm}]
successors = ["linear"]
encoder = "{encoder}"
device = "cpu"
base_draws = 2
select = [4]

[[data]]
name = "verdicts"
description = "Which verdict is it?"
test = "test.jsonl"
{source}
"""

Texts = list[tuple[str, str]]


def session(answer: str, texts: Texts = TEXTS[:24], first: int = 0, **more: Any) -> dict[str, Any]:
    """A session that showed these texts under the numbers from `first` on, and wanted 4 picks."""
    shown = [
        {"number": number, "text": text, "label": label}
        for number, (text, label) in enumerate(texts, start=first)
    ]
    fixed = {"task": "verdicts", "llm": "gpt", "mode": "b2", "n_to_select": 4, "instances": shown}
    return {"id": f"{answer}", "answer": answer, **fixed, **more}


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write a file of JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def experiment_file(
    folder: Path,
    encoder: Path,
    source: str = 'sessions = "sessions.jsonl"',
    *,
    llm: str = '"recorded"',
    strategies: str = '"listwise"',
    test: Texts | None = None,
) -> Path:
    """An experiment on given sets, and the file of texts that it measures on."""
    rows = TEXTS[60:] if test is None else test
    lines(folder / "test.jsonl", [{"text": text, "label": label} for text, label in rows])
    path = folder / "given.toml"
    words = {"source": source, "llm": llm, "strategies": strategies, "encoder": encoder}
    path.write_text(TOML.format(**words))
    return path


def opened(file: Path) -> Workshop:
    """The workshop of an experiment that is checked as the command checks it."""
    experiment: Experiment = read_experiment(file)
    experiment.check()
    workshop = Workshop(experiment, file.parent)
    workshop.check()
    return workshop


def selections(workshop: Workshop, schedule: str) -> list[tuple[Cell, list[Chosen]]]:
    """All selections of a schedule."""
    found = (cell for cell in workshop.cells() if cell.schedule == schedule)
    return [(cell, [*choose(cell, workshop)]) for cell in found]


def ids(texts: Texts) -> list[str]:
    """What a pool calls these texts."""
    return [content_id(digest(text) or b"") for text, _ in texts]
