"""The documentation's examples run, its commands exist, and its options are real."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from doc_pages import ENVIRONMENT, PAGES, ROOT, TUTORIAL, Block, blocks

from activellm.cli.main import app


def named(*languages: str) -> list[object]:
    return [pytest.param(block, id=block.name) for block in blocks(*languages)]


SESSIONS = {
    block.page: [other for other in blocks("console") if other.page == block.page]
    for block in blocks("console")
    if block.page != TUTORIAL  # test_tutorial.py follows it
}


@pytest.mark.weights
@pytest.mark.parametrize("block", named("python"))
def test_python_blocks_run(block: Block, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", block.text],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.parametrize("page", SESSIONS, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_pages_console_blocks_run_one_after_the_other(page: Path, tmp_path: Path) -> None:
    for command in (line for block in SESSIONS[page] for line in block.commands):
        ended = subprocess.run(
            command, shell=True, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True
        )
        assert ended.returncode == 0, (command, ended.stderr)


@pytest.mark.parametrize("block", named("sh", ""))
def test_commands_that_need_people_or_servers_are_at_least_real(block: Block) -> None:
    for line in block.commands:
        for part in line.partition(" #")[0].split("&&"):
            if part.strip().startswith("activellm "):
                parse(shlex.split(part)[1:])


def parse(words: list[str]) -> None:
    """Read a command line as the command would, which fails for anything it does not take."""
    command = typer.main.get_command(app)
    name = "activellm"
    while hasattr(command, "commands"):
        name, *words = words
        command = command.commands[name]
    command.make_context(name, words)


def test_a_wrong_option_would_be_noticed() -> None:
    with pytest.raises(Exception, match="No such option: --rownds"):
        parse(["run", "messages.csv", "--rownds", "2"])
    with pytest.raises(Exception, match="valid integer"):
        parse(["bench", "paper", "--draws", "many"])


@pytest.mark.parametrize("block", named("toml", "json"))
def test_files_that_are_shown_can_be_read(block: Block) -> None:
    read = json.loads if block.text.lstrip().startswith("{") else tomllib.loads
    assert read(block.text)


def test_every_option_of_run_is_in_the_help_and_the_main_ones_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for option in ("--oracle", "--strategy", "--llm", "--successor", "--encoder", "--preset"):
        assert f"`{option}" in readme, option


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target
