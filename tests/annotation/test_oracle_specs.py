"""`--oracle`: from what the user writes to an oracle."""

from __future__ import annotations

import subprocess
import sys

import pytest

from activellm.annotation import (
    BrowserOracle,
    ColumnOracle,
    FileOracle,
    OracleOptions,
    TerminalOracle,
    open_oracle,
)
from activellm.errors import UnknownNameError, UsageError


def test_each_spec_gives_its_oracle() -> None:
    said: list[str] = []
    options = OracleOptions(
        annotator="alice", port=8123, open_browser=False, announce=said.append, label_column="class"
    )
    column = open_oracle("column:topic", options)
    assert isinstance(column, ColumnOracle)
    assert (column.column, column.label_column, column.annotator) == ("topic", "class", "gold")
    file = open_oracle("file:a:b.csv", options)
    assert isinstance(file, FileOracle)
    assert str(file.path) == "a:b.csv"
    terminal = open_oracle("terminal", options)
    assert isinstance(terminal, TerminalOracle)
    assert terminal.annotator == "alice"
    browser = open_oracle("browser", options)
    assert isinstance(browser, BrowserOracle)
    assert (browser.port, browser.open_browser, browser.annotator) == (8123, False, "alice")
    assert browser.announce is not None


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("column:", "Write --oracle column:NAME"),
        ("column", "Write --oracle column:NAME"),
        ("file:", "Write --oracle file:PATH"),
        ("browser:8080", "takes nothing after a colon"),
        ("terminal:x", "takes nothing after a colon"),
    ],
)
def test_wrong_arguments_are_explained(spec: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        open_oracle(spec)
    assert caught.value.exit_code == 2
    assert "--oracle" in str(caught.value)


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="Known: browser, column, file, terminal") as caught:
        open_oracle("colum:topic")
    assert "Did you mean 'column'?" in str(caught.value)


def test_a_page_that_nobody_learns_of_is_refused() -> None:
    with pytest.raises(UsageError, match="Nobody would learn"):
        BrowserOracle(open_browser=False)


def test_importing_the_room_loads_nothing_heavy() -> None:
    code = (
        "import sys, activellm.annotation as room; room.ColumnOracle, room.FileOracle; "
        "print(sorted({'fastapi', 'uvicorn', 'rich', 'jinja2', 'markdown_it'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
