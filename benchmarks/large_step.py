"""What a step of the benchmark of large pools is, and where it works.

Every step has a folder of its own, begun from what the step before left (large files by hard
links), so it can be done again at any time and is always measured whole.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from large_texts import SOME, Texts

ACTIVELLM = (sys.executable, "-m", "activellm")


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
Facts = Callable[[Bench, Path], dict[str, int]]


@dataclass(frozen=True)
class Step:
    """One command.

    Attributes:
        name: How the tables call it.
        command: What is run, given the bench and the step's folder.
        needs: The step whose project this one begins from.
        settings: Options of the project that are changed before, not measured.
        prepare: Done in its folder before, not measured.
        blocks: Whether it is done block by block, by any executor.
        outcome: A hash of what must be the same whoever does it; "" where it differs by nature.
        texts: What it made of copies, and what there really are, in numbers.
        some: Whether it looks at SOME rows only.
        peer: Whether it is other software, for comparison.
    """

    name: str
    command: Command
    needs: str = ""
    settings: tuple[str, ...] = ()
    prepare: Callable[[Bench, Path], None] = lambda bench, place: None
    blocks: bool = False
    outcome: Outcome = lambda place: ""
    texts: Facts = lambda bench, place: {}
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

    def begin(self, bench: Bench, before: Path | None) -> Path:
        """Its folder, new, with what the step that it needs left in its own."""
        place = self.place(bench)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        if before:
            shutil.copytree(before / "project", place / "project", copy_function=_link_or_copy)
            shutil.copy2(before / "printed.json", place / "before.json")
        if self.settings:
            project = ("--project", str(place / "project"))
            command = (*ACTIVELLM, "init", *project, *self.settings, "--json")
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(f"{self.name}: {done.stderr}")
        self.prepare(bench, place)
        return place


def _link_or_copy(source: str, target: str) -> None:
    """Arrow files are never changed in place, only replaced."""
    if source.endswith(".arrow"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)
