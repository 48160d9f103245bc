"""How the terminal shows texts, labels and what was said. Nothing in them can act on it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from activellm.annotation.contract import QueueItem
from activellm.annotation.sitting import Count
from activellm.annotation.visible import visible
from activellm.task import Task


class TerminalView:
    """Writes to a console; every text from outside goes through `visible` and no markup."""

    def __init__(self, console: Console, task: Task) -> None:
        self._console = console
        self._task = task

    def notice(self, words: str) -> None:
        """What the person should know before the first text."""
        if words:
            self._say(visible(words), "dim")

    def welcome(self, keys: Sequence[str], *, by_key: bool) -> None:
        """The task, the labels with their keys, and the commands."""
        self._console.print()
        self._console.print(Text(visible(self._task.description), style="bold"))
        legend = Table(box=None, show_header=False, padding=(0, 1))
        for key, label in zip(keys, self._task.offered, strict=True):
            name, definition = Text(visible(label.name)), Text(visible(label.definition))
            legend.add_row(Text(key, style="bold cyan"), name, definition)
        self._console.print(legend)
        how = "one key answers" if by_key else "type a key or a name, then Enter"
        if self._task.multi:
            how = "type all keys that apply, then Enter; Enter alone means none"
        commands = "s skip · u undo · ? unsure · q quit"
        if self._task.guidelines:
            commands += " · g guidelines"
        self._console.print(Text(f"{how} · {commands}", style="dim"))

    def show(self, item: QueueItem, count: Count) -> None:
        """One text (or pair) and how far the queue is."""
        done = count.total - count.open + 1
        example = item.example
        body: RenderableType = Text(visible(example.text))
        if example.pair is not None:
            first, second = self._task.pair_names
            body = Group(
                Text(visible(first), style="bold"),
                Text(visible(example.text)),
                Text(),
                Text(visible(second), style="bold"),
                Text(visible(example.pair)),
            )
        self._console.print()
        title = Text(f"{done} of {count.total}")
        self._console.print(Panel(body, title=title, title_align="left", padding=(1, 2)))

    def guidelines(self) -> None:
        """The guidelines, where there are any."""
        rules = visible(self._task.guidelines) or "There are no guidelines for this task."
        self._console.print(Markdown(rules, hyperlinks=False))

    def prompt(self) -> None:
        """The place where the person types."""
        self._console.print(Text("label> ", style="bold cyan"), end="")

    def echo(self, key: str) -> None:
        """The key that was pressed, which the terminal does not show by itself."""
        self._console.print(Text(visible(key)))

    def saved(self, what: str) -> None:
        """An answer is kept."""
        self._say(f"✓ {what}", "green")

    def undone(self) -> None:
        """The last answer was taken back."""
        self._say("↶ taken back", "yellow")

    def unsure(self, on: bool) -> None:
        """The next answer is marked as unsure, or no longer."""
        self._say("unsure: yes" if on else "unsure: no", "yellow")

    def problem(self, message: str) -> None:
        """What was said cannot be used."""
        self._say(visible(message), "red")

    def ask_last(self) -> None:
        """All is answered; the last answer can still be taken back."""
        self._say("That was the last one. u takes it back; Enter goes on.", "bold")

    def finished(self, count: Count) -> None:
        """Nothing waits any more."""
        self._say(f"Done: {count.labelled} labelled, {count.skipped} skipped.", "bold")

    def stopped(self, count: Count) -> None:
        """The person stopped before the end."""
        self._say(f"Stopped. All answers are kept; {count.open} texts still wait.", "bold")

    def _say(self, message: str, style: str) -> None:
        self._console.print(Text(message, style=style))
