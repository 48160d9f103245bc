"""The example of a plug-in, built and installed as a user would, beside this ActiveLLM."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "plugin"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where the plug-in is installed, away from everybody else's packages."""
    target = tmp_path_factory.mktemp("plugin")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--no-cache-dir"]
    ended = subprocess.run(
        [*command, *offline, "--target", str(target), str(EXAMPLE)], capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(target), *filter(None, sys.path)])}


def test_its_own_tests_pass(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    ended = subprocess.run(
        [*command, "-c", os.devnull, "--rootdir", str(tmp_path), str(EXAMPLE / "tests")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_command_lists_all_four_and_does_a_job_with_them(
    environment: dict[str, str], messages: Path, tmp_path: Path
) -> None:
    def run(*arguments: object) -> dict[str, object]:
        ended = subprocess.run(
            [sys.executable, "-m", "activellm", *map(str, arguments), "--json"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    plugins = run("list", "plugins")["plugins"]
    found = {one["name"]: one.get("why") for one in plugins if "example" in one["package"]}
    assert found == dict.fromkeys(["keywords", "naive-bayes", "new-words", "overlap"])
    (tmp_path / "keywords.txt").write_text(
        "street=roads\na=waste\nthe=waste\nin=roads\nis=roads\nto=waste\n"
    )
    done = run(
        *("run", messages, "--task", "Which office must act first?", "--llm", "none"),
        *("--label", "waste", "--label", "roads", "--oracle", "keywords:keywords.txt"),
        *("--strategy", "new-words", "--candidates", 100, "--select", 20),
        *("--successor", "naive-bayes", "--no-browser"),
    )
    assert [one["labels"] for one in done["rounds"]] == [20]
