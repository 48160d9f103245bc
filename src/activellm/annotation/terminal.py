"""Labels from a person at the terminal: one text at a time, one key a label."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, ClassVar, Self, TextIO

from activellm.annotation.answering import new_event
from activellm.annotation.contract import Annotation, AnnotationLog, QueueItem
from activellm.annotation.sitting import Sitting
from activellm.annotation.terminal_input import Choices, keys_at_once, read_key
from activellm.annotation.terminal_view import TerminalView
from activellm.errors import DataError
from activellm.progress import Progress, silent
from activellm.task import Task

if TYPE_CHECKING:
    from rich.console import Console

    from activellm.annotation.oracles import OracleOptions


class TerminalOracle:
    """Asks a person at the terminal; lines piped in work as well.

    In a terminal one key answers, without Enter; multi-label tasks, tasks with more labels than
    keys, and piped input take a line: keys or names, several joined by "," or "|".
    Ctrl-C, `q` and the end of the input stop; what was answered is kept.

    Args:
        annotator: Under which name the answers are kept.
        stdin: Where answers come from; None for standard input.
        console: Where texts are shown; None for standard output.
    """

    name: ClassVar[str] = "terminal"

    def __init__(
        self,
        *,
        annotator: str = "annotator",
        stdin: TextIO | None = None,
        console: Console | None = None,
    ) -> None:
        self.annotator = annotator
        self.warnings: tuple[str, ...] = ()
        self._stdin = stdin
        self._console = console

    @classmethod
    def from_spec(cls, argument: str, options: OracleOptions, /) -> Self:
        """Make it from "terminal".

        Raises:
            UsageError: If something follows a colon.
        """
        from activellm.annotation.oracles import no_argument

        no_argument(cls.name, argument)
        return cls(annotator=options.annotator)

    def answer(
        self,
        queue: Sequence[QueueItem],
        task: Task,
        log: AnnotationLog,
        *,
        notice: str = "",
        progress: Progress = silent,
    ) -> None:
        """Ask about everything that waits, until all is answered or the person quits."""
        from rich.console import Console

        sitting = Sitting.alone(
            queue, task, log, annotator=self.annotator, oracle=self.name, progress=progress
        )
        if sitting.count().open:
            view = TerminalView(self._console or Console(), task)
            view.notice(notice)
            dialogue = _Dialogue(sitting, view, self._stdin or sys.stdin)
            with dialogue.terminal():
                dialogue.run()


class _Dialogue:
    """One sitting at the terminal, from the first question to the last."""

    def __init__(self, sitting: Sitting, view: TerminalView, stdin: TextIO) -> None:
        task = sitting.task
        self._sitting, self._view, self._stdin = sitting, view, stdin
        self._choices = Choices(task)
        self._interactive = stdin.isatty()
        self._by_key = self._interactive and not task.multi and self._choices.single_keys
        self._unsure = False
        self._commands: dict[str, Callable[[], None]] = {
            "u": self._undo,
            "?": self._toggle_unsure,
            "g": self._view.guidelines,
        }

    def terminal(self) -> AbstractContextManager[None]:
        """The terminal's state during the dialogue."""
        return keys_at_once(self._stdin) if self._by_key else nullcontext()

    def run(self) -> None:
        """Ask until nothing waits, or the person quits."""
        self._view.welcome(self._choices.keys, by_key=self._by_key)
        while item := next(self._sitting.open_items(), None):
            if not self._ask(item):
                self._view.stopped(self._sitting.count())
                return
            if self._interactive and not self._sitting.count().open:
                self._last_chance()
        self._view.finished(self._sitting.count())

    def _ask(self, item: QueueItem) -> bool:
        """Ask about one text until it is answered or undone. False if the person quits."""
        self._view.show(item, self._sitting.count())
        started = time.monotonic()
        before = self._sitting.answers()
        while self._sitting.answers() == before:
            said = self._read()
            if said is None or said == "q":
                return False
            if said in self._commands:
                self._commands[said]()
            else:
                self._take(item, said, time.monotonic() - started)
        return True

    def _take(self, item: QueueItem, said: str, seconds: float) -> None:
        skip = said == "s"
        try:
            labels = () if skip else self._choices.labels(said)
        except DataError as error:
            self._view.problem(str(error))
            return
        self._sitting.record(
            Annotation(
                event=new_event(),
                example_id=item.example.id,
                annotator="",
                action="skip" if skip else "label",
                labels=labels,
                unsure=self._unsure and not skip,
                seconds=round(seconds, 3),
            )
        )
        self._view.saved("skipped" if skip else ", ".join(labels) or "none of them")
        self._unsure = False

    def _undo(self) -> None:
        answers = self._sitting.answers()
        if not answers:
            self._view.problem("There is nothing to take back.")
            return
        self._sitting.record(
            Annotation(
                event=new_event(), example_id=answers[-1].example_id, annotator="", action="undo"
            )
        )
        self._view.undone()

    def _toggle_unsure(self) -> None:
        self._unsure = not self._unsure
        self._view.unsure(self._unsure)

    def _last_chance(self) -> None:
        """Before the work goes on by itself, the last answer can still be taken back."""
        self._view.ask_last()
        if self._read() == "u":
            self._undo()

    def _read(self) -> str | None:
        """What the person said: a command, a key, or a line; None at the end of the input."""
        self._view.prompt()
        if self._by_key:
            key = read_key(self._stdin)
            self._view.echo(key or "")
            return key
        line = self._stdin.readline()
        return line.strip() if line else None
