"""What people see: step lines and progress bars on a terminal, JSON for programs."""

from __future__ import annotations

import json
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from rich.progress import TaskID

    from activellm.workflow import Told

SPAN = 3600.0
"""Seconds over which the speed is averaged: single steps may take minutes."""


class Screen:
    """Prints steps as they finish, with bars for what is under way.

    Args:
        as_json: Print nothing but one JSON object at the end, on standard output.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        from activellm.cli.remaining import Remaining

        self.as_json = as_json
        self.console = Console(stderr=as_json, highlight=False)
        self._bars = Progress(
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            Remaining(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
            speed_estimate_period=SPAN,
        )
        self._tasks: dict[str, TaskID] = {}
        self._told: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def progress(self, what: str, done: int, total: int | None, /) -> None:
        """Show how far something is; its bar goes when it is complete."""
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total)
        self._bars.update(self._tasks[what], completed=done, total=total)
        if total is not None and done >= total:
            self._bars.remove_task(self._tasks.pop(what))

    def left(self, what: str, seconds: float | None) -> None:
        """Say how long something will still take, where that is known better than by its speed."""
        if what in self._tasks:
            self._bars.update(self._tasks[what], left=seconds)

    def pause(self) -> None:
        """Take the bars away, to talk with a person at the terminal."""
        self._bars.stop()

    def tell(self, told: Told) -> None:
        """Print what a finished step has to say."""
        from rich.padding import Padding
        from rich.text import Text

        self._told.append(
            {
                "step": told.step.lower(),
                "summary": told.summary,
                "seconds": told.seconds,
                "peak_mb": round(told.peak_bytes / 1e6, 1) or None,
                "warnings": list(told.warnings),
            }
        )
        if self.as_json:
            return
        head = Text.assemble((f"{told.step:<11}", "bold cyan"))
        if told.seconds is not None:
            memory = f", {told.peak_bytes / 1e6:,.0f} MB" if told.peak_bytes else ""
            head.append(f"{told.seconds:.1f} s{memory}", "dim")
        self.console.print(head)
        self.console.print(Padding(Text(told.summary), (0, 0, 0, 2), expand=False))
        for warning in told.warnings:
            self.console.print(Padding(Text(f"! {warning}", "yellow"), (0, 0, 0, 2), expand=False))

    def say(self, text: str, *, exact: bool = False) -> None:
        """Print a line for people, an exact one without line breaks of ours; not with --json."""
        from rich.text import Text

        if not self.as_json:
            self.console.print(Text(text), soft_wrap=exact)

    def result(self, value: dict[str, Any]) -> None:
        """Print the JSON object that ends a command with --json."""
        if self.as_json:
            if self._told:
                value = {**value, "steps": self._told}
            sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
