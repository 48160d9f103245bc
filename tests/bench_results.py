"""Results of experiments that were never run, in the form in which experiments keep them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from activellm.bench.results import CHOICES, SCORES

SIZES = (4, 8, 16)
DATA = ("mail", "news", "talk", "notes", "posts", "forms")
WAYS = (
    ("random", "none", ""),
    ("kmeans", "none", ""),
    ("listwise", "openai/gpt-4", "10"),
    ("coverage*2, bald", "judged/1.5B", ""),
)
BETTER = {"random": 0.0, "kmeans": 0.02, "listwise": -0.03, "coverage*2, bald": 0.05}
CANDIDATES = 40


def write(
    folder: Path,
    *,
    data: tuple[str, ...] = DATA,
    ways: tuple[tuple[str, str, str], ...] = WAYS,
    sizes: tuple[int, ...] = SIZES,
    draws: int = 3,
) -> Path:
    """One learner, every way on every data set; random picking twice on each draw."""
    rng = np.random.default_rng(5)
    choices: list[dict[str, Any]] = []
    scores: list[dict[str, Any]] = []
    for at, name in enumerate(data):
        for draw in range(draws):
            shown = [f"{name}-{draw}-{number}" for number in range(CANDIDATES)]
            for way in ways:
                for repeat in range(2 if way[0] == "random" else 1):
                    for size in sizes:
                        choices.append(_choice(shown, name, way, draw, repeat, size, rng))
                        height = 0.5 + 0.04 * at + 0.01 * size + BETTER.get(way[0], 0)
                        scores.append(_score(choices[-1], height + rng.normal(0, 0.01)))
    folder.mkdir(parents=True, exist_ok=True)
    for file, rows in ((CHOICES, choices), (SCORES, scores)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / file).write_text(lines, encoding="utf-8")
    return folder


def _choice(
    shown: list[str],
    data: str,
    way: tuple[str, str, str],
    draw: int,
    repeat: int,
    size: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Listwise takes the head of the list, all others chance."""
    listed = way[0] == "listwise"
    places = list(range(size)) if listed else rng.permutation(CANDIDATES)[:size].tolist()
    quarters = np.histogram(places, 4, (0, CANDIDATES))[0].tolist()
    return {
        "key": f"{data}|{draw}|{way}|{repeat}|{size}",
        "data": data,
        "schedule": way[0],
        "llm": way[1],
        "prompt": way[2],
        "candidates": shown,
        "select": size,
        "rounds": 1,
        "draw": draw,
        "repeat": repeat,
        "successor": "",
        "round": 1,
        "picks": [shown[place] for place in places],
        "used": way[0],
        "seconds": 12.0 if listed else 0.5,
        "usage": {
            "calls": int(listed),
            "replayed": 0,
            "prompt_tokens": 900 if listed else 0,
            "completion_tokens": 100 if listed else 0,
            "seconds": 0.0,
            "cost": 0.03 if listed else 0.0,
        },
        "position_p": 0.001 if listed else None,
        "quarters": quarters if listed else [],
        "places": places if listed else [],
        "warnings": [],
    }


def _score(choice: dict[str, Any], value: float) -> dict[str, Any]:
    names = ("data", "schedule", "llm", "prompt", "select", "rounds", "draw", "repeat", "round")
    return {
        "key": f"{choice['key']}|linear",
        "choice": choice["key"],
        **{name: choice[name] for name in names},
        "candidates": CANDIDATES,
        "labels": len(choice["picks"]),
        "successor": "linear",
        "seed": 0,
        "accuracy": round(value + 0.05, 6),
        "macro_f1": round(value, 6),
        "matthews": round(value - 0.3, 6),
        "fit_cpu_s": 0.1,
        "predict_cpu_s": 0.1,
        "warnings": [],
    }
