"""Labelling in the terminal: piped lines, and real key presses in a pseudo-terminal."""

from __future__ import annotations

import io
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from annotation_logs import MemoryLog, SqliteLog
from annotation_samples import make_queue, make_task
from rich.console import Console

from activellm.annotation import Annotation, QueueItem, TerminalOracle
from activellm.pool.example import Example


def run(lines: str, queue, log=None, **fields) -> tuple[MemoryLog, str]:
    log, shown = log or MemoryLog(), io.StringIO()
    console = Console(file=shown, width=100, force_terminal=True, color_system="truecolor")
    oracle = TerminalOracle(stdin=io.StringIO(lines), console=console, annotator="alice")
    oracle.answer(queue, make_task(**fields), log)
    return log, shown.getvalue()


def test_keys_names_skip_unsure_and_quit() -> None:
    log, shown = run("1\nwaste\ns\n?\n3\nq\n1\n", make_queue(6))
    assert [(one.action, one.labels, one.unsure) for one in log.events] == [
        ("label", ("Roads",), False),
        ("label", ("Waste",), False),
        ("skip", (), False),
        ("label", ("Parks",), True),
    ]
    assert {one.annotator for one in log.events} == {"alice"}
    assert all(one.seconds is not None and one.seconds >= 0 for one in log.events)
    assert "2 texts still wait" in shown


def test_undo_goes_back_many_steps() -> None:
    log, shown = run("u\n1\n1\nu\nu\n2\n3\nq\n", make_queue(3))
    assert "nothing to take back" in shown
    assert [one.action for one in log.events] == [
        "label",
        "label",
        "undo",
        "undo",
        "label",
        "label",
    ]
    assert [one.labels for one in log.current().values()] == [("Waste",), ("Parks",)]


def test_undo_takes_back_own_answers_only() -> None:
    log = MemoryLog()
    log.append(Annotation("e", "t0", "bob", "label", ("Roads",), at="2026-01-01T00:00:00+00:00"))
    log, shown = run("u\nq\n", make_queue(2), log)
    assert len(log.events) == 1
    assert "nothing to take back" in shown


def test_the_end_of_the_input_keeps_what_was_said() -> None:
    log, _ = run("1\n2\n", make_queue(5))
    assert list(log.current()) == ["t0", "t1"]


@pytest.mark.parametrize(
    ("line", "labels"),
    [
        ("13", ("Roads", "Parks")),
        ("3 1", ("Roads", "Parks")),
        ("3, 1", ("Roads", "Parks")),
        ("parks | roads", ("Roads", "Parks")),
        ("Waste", ("Waste",)),
        ("", ()),
    ],
)
def test_multi_label_lines(line: str, labels: tuple[str, ...]) -> None:
    log, _ = run(line + "\n", make_queue(1), kind="multi")
    assert log.current()["t0"].labels == labels


def test_more_labels_than_keys_are_numbered() -> None:
    names = [f"Label {number}" for number in range(1, 41)]
    shown = io.StringIO()
    log = MemoryLog()
    oracle = TerminalOracle(
        stdin=io.StringIO("40\nlabel 7\n"), console=Console(file=shown, width=80)
    )
    oracle.answer(make_queue(2), make_task(*names), log)
    assert [one.labels for one in log.events] == [("Label 40",), ("Label 7",)]


def test_nothing_in_a_text_reaches_the_terminal_as_a_command() -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\x9b2J\r[red]markup[/red] [/closing] \u202ereversed\x00"
    queue = [QueueItem(Example(id="a", text=evil, pair=evil))]
    _, shown = run("1\n", queue, description=evil, guidelines=evil, pair=True)
    assert "]0;owned" in shown
    for acting in ("\x1b]", "\x1b[2J", "\x07", "\x9b", "\r", "\x00", "\u202e"):
        assert acting not in shown
    assert "[red]markup[/red] [/closing]" in shown


def test_pairs_are_named_and_guidelines_shown() -> None:
    queue = [QueueItem(Example(id="a", text="First", pair="Second"))]
    _, shown = run("g\n1\n", queue, guidelines="Be **kind**.", pair_names=("Premise", "Claim"))
    for word in ("Premise", "First", "Claim", "Second", "kind"):
        assert word in shown


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from annotation_logs import SqliteLog
from annotation_samples import make_queue, make_task
from activellm.annotation import TerminalOracle
TerminalOracle().answer(make_queue(6), make_task(), SqliteLog(Path({log!r})))
print("FINISHED")
"""


class Terminal:
    """A process in a pseudo-terminal: what it shows, and keys pressed in it."""

    def __init__(self, log: Path) -> None:
        self._master, slave = pty.openpty()
        code = SCRIPT.format(tests=str(Path(__file__).parent), log=str(log))
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            close_fds=True,
            start_new_session=True,
            preexec_fn=lambda: __import__("fcntl").ioctl(0, 0x540E, 0),
        )
        os.close(slave)
        self.shown = ""

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + 20
        while words not in self.shown:
            assert time.monotonic() < deadline, self.shown
            if select.select([self._master], [], [], 0.1)[0]:
                self.shown += os.read(self._master, 65536).decode(errors="replace")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal(tmp_path: Path):
    terminal = Terminal(tmp_path / "log.db")
    yield terminal
    terminal.close()


@pytest.mark.skipif(sys.platform != "linux", reason="uses a Linux pseudo-terminal")
def test_one_key_answers_without_enter_and_fast_typing_loses_nothing(terminal, tmp_path) -> None:
    terminal.wait_for("1 of 6")
    terminal.press("12\x1b[A3x1s")  # an arrow and a key that is no label among them
    terminal.wait_for("6 of 6")
    terminal.press("é?3")
    terminal.wait_for("That was the last one")
    terminal.press("u")
    terminal.wait_for("taken back")
    terminal.press("2\n")
    terminal.wait_for("FINISHED")
    assert terminal.process.wait(10) == 0
    log = SqliteLog(tmp_path / "log.db")
    answers = [(one.action, "".join(one.labels)) for one in log.current().values()]
    log.close()
    assert answers == [
        ("label", "Roads"),
        ("label", "Waste"),
        ("label", "Parks"),
        ("label", "Roads"),
        ("skip", ""),
        ("label", "Waste"),
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="uses a Linux pseudo-terminal")
def test_ctrl_c_stops_and_keeps(terminal, tmp_path) -> None:
    terminal.wait_for("1 of 6")
    terminal.press("1")
    terminal.wait_for("2 of 6")
    terminal.press("\x03")
    terminal.wait_for("KeyboardInterrupt")
    assert terminal.process.wait(10) != 0
    log = SqliteLog(tmp_path / "log.db")
    assert list(log.current()) == ["t0"]
    log.close()
