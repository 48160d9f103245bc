"""Files beside the code that name a version, a path or an option say what is true."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml
from doc_pages import ROOT

import activellm


def test_every_file_names_the_same_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert project["version"] == citation["version"] == activellm.__version__
    assert project["license"] == citation["license"]
    assert f"\n## {activellm.__version__} " in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_containers_file_copies_and_installs_what_there_is() -> None:
    said = (ROOT / "Containerfile").read_text("utf-8")
    copied = [
        word for line in re.findall(r"^COPY (?!--)(.+)$", said, re.M) for word in line.split()
    ]
    assert copied
    for path in copied:
        assert (ROOT / path).exists(), path
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    [extras] = re.findall(r'"\.\[(.+)\]"', said)
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
    pinned = re.search(r"torch==\S+", (ROOT / "Makefile").read_text("utf-8"))
    assert pinned is not None
    assert pinned[0] in said


def test_the_packages_hold_what_they_should(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    sys.path.insert(0, str(ROOT / "release"))
    try:
        import packages
    finally:
        sys.path.remove(str(ROOT / "release"))
    wheel, sdist = packages.find(tmp_path)
    assert packages.in_wheel(wheel) == packages.package_files()
    assert "activellm/py.typed" in packages.in_wheel(wheel)
    assert packages.in_sdist(sdist) >= packages.tracked_files()
    assert {"Makefile", "benchmarks/README.md", "tests/conftest.py"} <= packages.in_sdist(sdist)


def test_the_release_check_tries_every_extra() -> None:
    ask = "import extras; print(*extras.EXTRAS)"
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT / "release", capture_output=True, text=True
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(done.stdout.split()) == set(project["optional-dependencies"]), done.stderr
