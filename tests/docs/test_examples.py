"""The documentation's examples run, its commands exist, and its options are real."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "COLUMNS": "200",
}


def blocks(language: str) -> list[object]:
    return [
        pytest.param(found[1], id=f"{page.relative_to(ROOT)}:{number}")
        for page in PAGES
        for number, found in enumerate(
            re.finditer(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.S | re.M), 1
        )
    ]


@pytest.mark.weights
@pytest.mark.parametrize("code", blocks("python"))
def test_python_blocks_run(code: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.parametrize("session", blocks("console"))
def test_console_blocks_run(session: str, tmp_path: Path) -> None:
    for line in session.splitlines():
        command = line.removeprefix("$ ")
        ended = subprocess.run(
            command, shell=True, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True
        )
        assert ended.returncode == 0, (command, ended.stderr)


GROUPS = ("bench", "label", "recordings")
"""Commands that have commands of their own."""


@pytest.mark.parametrize("script", blocks("sh"))
def test_commands_that_need_people_or_servers_are_at_least_real(script: str) -> None:
    for line in script.replace("\\\n", " ").splitlines():
        for command in line.partition("#")[0].split("&&"):
            words = shlex.split(command)
            if not words or words[0] != "activellm":
                continue
            command_words = words[1:3] if words[1] in GROUPS else words[1:2]
            told = subprocess.run(
                ["activellm", *command_words, "--help"],
                env=ENVIRONMENT,
                capture_output=True,
                text=True,
            )
            assert told.returncode == 0, command
            for word in words:
                if word.startswith("-"):
                    assert re.search(rf"{word}[ ,]", told.stdout), (command, word)


def test_every_option_of_run_is_in_the_help_and_the_main_ones_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for option in ("--oracle", "--strategy", "--llm", "--successor", "--encoder", "--preset"):
        assert f"`{option}" in readme, option


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target
