"""The steps from a file to predictions, as commands that a user would give, and their peers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from large_outcomes import (
    folds_hash,
    import_facts,
    near_facts,
    picks_hash,
    pool_hash,
    predictions_hash,
    write_labels,
)
from large_step import ACTIVELLM, Bench, Command, Outcome, Step
from large_words import TOPICS

TASK = (
    "--task",
    "Which office must act?",
    *(part for name in TOPICS for part in ("--label", name)),
)
CHOOSING = ("--llm", "none", "--strategy", "kmeans", "--candidates", "1000", "--select", "100")


def _ours(*command: str) -> Command:
    """An activellm command; {project}, {place}, {parquet} ... stand for paths."""

    def filled(bench: Bench, place: Path) -> tuple[str, ...]:
        paths = {"place": place, "project": place / "project", "parquet": bench.parquet,
                 "csv": bench.csv, "some": bench.some}  # fmt: skip
        who = bench.who if "{who}" in command else ()
        filled = (part.format(**paths) for part in command if part != "{who}")
        return *ACTIVELLM, *filled, *who, "--json"

    return filled


def _script(name: str, *arguments: str) -> Command:
    """A script beside this one."""

    def filled(bench: Bench, place: Path) -> tuple[str, ...]:
        paths = {"place": place, "folder": bench.folder, "parquet": bench.parquet,
                 "rows": bench.texts.rows, "seed": bench.texts.seed}  # fmt: skip
        script = str(Path(__file__).with_name(name))
        python = bench.datasketch if "datasketch" in arguments else sys.executable
        return python, script, *(part.format(**paths) for part in arguments)

    return filled


def _import(*options: str) -> Command:
    asked = ("--text", "text", *TASK, *CHOOSING, "--successor", "tfidf")
    return _ours("init", "--project", "{project}", *asked, *options)


_SELECT = _ours("select", "--project", "{project}", "{who}")
_LABEL = _ours("annotate", "--oracle", "file:{place}/labels.csv", "--project", "{project}")
_TRAIN = _ours("train", "--project", "{project}")
_PREDICT = ("-o", "{place}/predicted.parquet", "--project", "{project}", "{who}")
_FOLD = _ours("fold", "--near", "0.8", "--project", "{project}", "{who}")
FILES, DATASKETCH = "make the files", "datasketch, near copies"
_IMPORTED, _FOLDED, _PICKED = "import Parquet", "fold near copies", "select, random"


def _blocks(name: str, command: Command, needs: str, outcome: Outcome, **others: Any) -> Step:
    """A step that any executor does block by block, with equal results."""
    return Step(name, command, needs, blocks=True, outcome=outcome, **others)


def _peer(name: str, what: str, needs: str = "", **others: Any) -> Step:
    """Other software."""
    command = _script("large_peers.py", what, "{folder}", "{place}")
    return Step(name, command, needs, peer=True, **others)


STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        Step(FILES, _script("large_texts.py", "{folder}", "{rows}", "{seed}")),
        _peer("plain read, write", "plain"),
        _peer("polars unique", "unique"),
        Step("import CSV", _import("{csv}"), outcome=pool_hash, texts=import_facts),
        Step(_IMPORTED, _import("{parquet}"), outcome=pool_hash, texts=import_facts),
        _peer(DATASKETCH, "datasketch"),
        _blocks(_FOLDED, _FOLD, _IMPORTED, folds_hash, texts=near_facts),
        Step(_PICKED, _SELECT, _FOLDED, outcome=picks_hash),
        _blocks("select, spread", _SELECT, _FOLDED, picks_hash, settings=("--sampler", "spread")),
        Step("label", _LABEL, _PICKED, prepare=write_labels),
        Step("train tfidf", _TRAIN, "label"),
        _blocks("predict tfidf", _ours("predict", "{parquet}", *_PREDICT), "train tfidf",
                predictions_hash),
        _peer("scikit-learn predict", "predict", _PICKED, prepare=write_labels),
        Step("train linear", _TRAIN, "label", ("--successor", "linear")),
        _blocks("predict linear", _ours("predict", "{some}", *_PREDICT), "train linear",
                predictions_hash, some=True),
    )
}  # fmt: skip
"""All steps, in the order in which they are done."""
