"""A person labels in a real browser, and the run goes on by itself to the report."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from activellm.project import Project, queue, rounds


@pytest.mark.browser
def test_from_the_printed_link_to_the_report(
    job: list[object], chromium: Any, tmp_path: Path
) -> None:
    project = tmp_path / "messages.activellm"
    options = [*map(str, job), "--oracle", "browser", "--no-browser", "--select", "10"]
    for label in ("waste", "roads", "permits", "parks", "noise"):
        options += ["--label", label]
    with subprocess.Popen(
        [sys.executable, "-m", "activellm", "run", *options, "--holdout", "4"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            out = label_everything(process, chromium, project)
        finally:
            process.kill()
    assert process.returncode == 0, out
    assert (project / "report.html").exists()
    items, answers = queue(Project(project)), Project(project).store.current()
    labels = ("waste", "roads", "permits", "parks", "noise")
    assert [answers[item.example.id].labels for item in items] == [
        (labels[number % 5],) for number in range(len(items))
    ]
    assert {item.purpose for item in items} == {"pick", "holdout"}
    assert "hold-out (4)" in out


@pytest.mark.browser
def test_the_open_page_goes_on_with_the_next_round(
    job: list[object], chromium: Any, tmp_path: Path
) -> None:
    project = tmp_path / "messages.activellm"
    at = job.index("--strategy")
    options = [*map(str, [*job[:at], *job[at + 2 :]]), "--oracle", "browser", "--no-browser"]
    for label in ("waste", "roads", "permits", "parks", "noise"):
        options += ["--label", label]
    options += ["--schedule", "kmeans, entropy", "--rounds", "3", "--select", "5"]
    with subprocess.Popen(
        [sys.executable, "-m", "activellm", "run", *options], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            out = label_everything(process, chromium, project, rounds=3)
        finally:
            process.kill()
    assert process.returncode == 0, out
    assert "http://" not in out, "one link was enough"
    done = rounds(Project(project))
    assert [one.selection.strategy for one in done] == ["kmeans", "entropy", "entropy"]
    assert len(Project(project).store.current()) == 15


def label_everything(
    process: subprocess.Popen[str], chromium: Any, project: Path, rounds: int = 1
) -> str:
    """Press a key for each text as it shows, and give what the command printed afterwards."""
    assert process.stdout is not None
    link = next(line.strip() for line in process.stdout if "http://127.0.0.1" in line)
    page = chromium.new_page()
    page.goto(link)
    number = 0
    for round_ in range(1, rounds + 1):
        page.locator("#card:not([hidden])").wait_for(timeout=60_000)
        if rounds > 1:
            assert f"Round {round_} of {rounds}" in page.locator(".notice").inner_text()
        for item in queue(Project(project))[number:]:
            page.get_by_text(item.example.text[:40]).first.wait_for()
            page.keyboard.press(str(number % 5 + 1))
            number += 1
        page.get_by_role("heading", name="All done").wait_for()
        page.wait_for_timeout(800)  # before, Enter might still be meant for the last text
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Thank you").wait_for()
    out, _ = process.communicate(timeout=120)
    page.close()
    return out
