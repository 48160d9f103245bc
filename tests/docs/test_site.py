"""The documentation site builds without a warning, and holds what it should."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from doc_pages import ENVIRONMENT, ROOT

MISSING = [one for one in ("sphinx", "furo", "myst_parser") if not importlib.util.find_spec(one)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if MISSING:
        pytest.skip(f"not installed: {', '.join(MISSING)}")
    folder = tmp_path_factory.mktemp("site")
    options = ["-q", "-W", "--keep-going", "-d", str(folder / "trees"), "-c", "docs"]
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, ".", str(folder / "html")],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return folder / "html" / "docs"


@pytest.mark.slow
def test_the_reference_holds_every_command_and_the_public_names(site: Path) -> None:
    import activellm

    commands = (site / "reference" / "commands.html").read_text("utf-8")
    for name in ("run", "bench-paper", "label-rename", "recordings-check"):
        assert f'id="activellm-{name}"' in commands
    assert "--holdout" in commands
    names = (site / "reference" / "python.html").read_text("utf-8")
    for name in activellm.__all__:
        assert f'id="activellm.{name}"' in names


@pytest.mark.slow
def test_links_to_folders_lead_to_their_pages_and_others_become_words(site: Path) -> None:
    contributing = (site / "contributing.html").read_text("utf-8")
    assert 'href="design/index.html"' in contributing
    extending = (site / "extending.html").read_text("utf-8")
    assert "examples/plugin/" in extending
    assert not re.search(r'href="[^"]*examples/plugin', extending)


@pytest.mark.slow
def test_every_design_decision_is_listed(site: Path) -> None:
    listed = (site / "design" / "index.html").read_text("utf-8")
    for page in (ROOT / "docs" / "design").glob("*.md"):
        if page.stem != "index":
            assert f'href="{page.stem}.html"' in listed
