"""The steps from a file to predictions, as commands that a user would give.

Every step works in a folder of its own, begun from what the step before left (large files by hard
links), so it can be done again at any time and is always measured whole.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from large_texts import BLOCK, SOME, Texts
from large_words import TOPICS

from activellm.files import sha256_of
from activellm.pool import Pool

ACTIVELLM = (sys.executable, "-m", "activellm")
TASK = (
    "--task",
    "Which office must act?",
    *(part for name in TOPICS for part in ("--label", name)),
)
CHOOSING = ("--llm", "none", "--strategy", "kmeans", "--candidates", "1000", "--select", "100")


@dataclass(frozen=True)
class Bench:
    """Where a size is measured, and who does the work.

    Attributes:
        folder: For everything of this size.
        texts: The rows.
        executor, workers: As the command has them.
        datasketch: A Python that has datasketch; empty for none.
        killed: Who is killed on the way: "worker", "driver", or "" for nobody.
    """

    folder: Path
    texts: Texts
    executor: str = "here"
    workers: int = 1
    datasketch: str = ""
    killed: str = ""

    @property
    def base(self) -> Bench:
        """This process alone, in peace: every step begins from what it left."""
        return replace(self, executor="here", workers=1, killed="")

    @property
    def parquet(self) -> Path:
        return self.folder / "pool.parquet"

    @property
    def csv(self) -> Path:
        return self.folder / "pool.csv"

    @property
    def some(self) -> Path:
        return self.folder / "some.parquet"

    @property
    def who(self) -> tuple[str, ...]:
        """The options that say who works."""
        if self.executor == "here":
            return ()
        return "--executor", self.executor, "--workers", str(self.workers)


Command = Callable[[Bench, Path], tuple[str, ...]]
Outcome = Callable[[Path], str]


@dataclass(frozen=True)
class Step:
    """One command.

    Attributes:
        name: How the tables call it.
        command: What is run, given the bench and the step's folder.
        needs: The step whose project this one begins from.
        settings: Options of the project that are changed before, not measured.
        labels: Whether a file with the labels of the picks is made before, not measured.
        blocks: Whether it is done block by block, by any executor.
        outcome: What must be the same whoever does it; "" where it differs by nature.
        some: Whether it looks at SOME rows only.
        peer: Whether it is other software, for comparison.
    """

    name: str
    command: Command
    needs: str = ""
    settings: tuple[str, ...] = ()
    labels: bool = False
    blocks: bool = False
    outcome: Outcome = lambda place: ""
    some: bool = False
    peer: bool = False

    def rows(self, bench: Bench) -> int:
        """How many rows it looks at."""
        return min(SOME, bench.texts.rows) if self.some else bench.texts.rows

    def place(self, bench: Bench) -> Path:
        """Its folder."""
        who = bench if self.blocks or bench.killed else bench.base
        parts = filter(None, (who.executor, str(who.workers), who.killed))
        return bench.folder / "-".join(parts) / re.sub(r"\W+", "-", self.name)

    @property
    def goes_on(self) -> bool:
        """Whether it goes on where a kill stopped it."""
        return self.blocks or self.name.startswith("import")

    def done(self, bench: Bench) -> bool:
        """Whether its folder is there and whole."""
        return (self.place(bench) / "done").exists()

    def texts(self, bench: Bench) -> dict[str, int]:
        """What it made of the copies, and what there really are; only where it folds some."""
        path = self.place(bench) / "project" / "pool.arrow"
        if self.name.startswith("import"):
            return {"rows": bench.texts.rows, "left": len(Pool.open(path)),
                    "distinct": bench.texts.expected()["distinct"]}  # fmt: skip
        return near_facts(bench, Pool.open(path)) if self.name == _FOLDED else {}

    def begin(self, bench: Bench) -> Path:
        """Its folder, new, with what the step before left."""
        place = self.place(bench)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        if self.needs:
            before = STEPS[self.needs].place(bench.base)
            shutil.copytree(before / "project", place / "project", copy_function=_link_or_copy)
            shutil.copy2(before / "printed.json", place / "before.json")
        if self.settings:
            project = ("--project", str(place / "project"))
            command = (*ACTIVELLM, "init", *project, *self.settings, "--json")
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(f"{self.name}: {done.stderr}")
        if self.labels:
            write_labels(bench, place)
        return place


def _link_or_copy(source: str, target: str) -> None:
    """Arrow files are never changed in place, only replaced."""
    if source.endswith(".arrow"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


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


def near_facts(bench: Bench, pool: Pool) -> dict[str, int]:
    """How many near copies there are, how many were folded, and how many of those rightly."""
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
        Step("import CSV", _import("{csv}"), outcome=pool_hash),
        Step("import Parquet", _import("{parquet}"), outcome=pool_hash),
        _peer(DATASKETCH, "datasketch"),
        _blocks(_FOLDED, _FOLD, _IMPORTED, folds_hash),
        _blocks(_PICKED, _SELECT, _FOLDED, picks_hash),
        _blocks("select, spread", _SELECT, _FOLDED, picks_hash, settings=("--sampler", "spread")),
        Step("label", _LABEL, _PICKED, labels=True),
        Step("train tfidf", _TRAIN, "label"),
        _blocks("predict tfidf", _ours("predict", "{parquet}", *_PREDICT), "train tfidf",
                predictions_hash),
        _peer("scikit-learn predict", "predict", _PICKED, labels=True),
        Step("train linear", _TRAIN, "label", ("--successor", "linear")),
        _blocks("predict linear", _ours("predict", "{some}", *_PREDICT), "train linear",
                predictions_hash, some=True),
    )
}  # fmt: skip
"""All steps, in the order in which they are done."""
