"""The example of a plug-in, built and installed as a user would, beside this ActiveLLM."""

from __future__ import annotations

import json
import os
import re
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


def test_the_command_finds_all_of_it(environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "activellm", "list", "plugins", "--json"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)["plugins"]
    usable = {one["name"]: one.get("why") for one in found if "example" in one["package"]}
    names = ["keywords", "labelled-lines", "naive-bayes", "new-words", "overlap"]
    assert usable == dict.fromkeys(names)


def test_the_guide_shows_what_the_example_registers() -> None:
    guide = (EXAMPLE.parents[1] / "docs" / "extending.md").read_text("utf-8")
    (shown,) = re.findall(r"^```toml\n(.*?)^```$", guide, re.S | re.M)
    assert shown in (EXAMPLE / "pyproject.toml").read_text("utf-8")
