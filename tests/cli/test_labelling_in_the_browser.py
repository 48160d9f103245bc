"""A person labels in a real browser, and the run goes on by itself to the report."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from activellm.project import Project, queue

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_from_the_printed_link_to_the_report(job: list[object], tmp_path: Path) -> None:
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
            out = label_everything(process, project)
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


def label_everything(process: subprocess.Popen[str], project: Path) -> str:
    """Press a key for each text as it shows, and give what the command printed afterwards."""
    from playwright.sync_api import sync_playwright

    assert process.stdout is not None
    link = next(line.strip() for line in process.stdout if "http://127.0.0.1" in line)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        page.goto(link)
        for number, item in enumerate(queue(Project(project))):
            page.get_by_text(item.example.text[:40]).first.wait_for()
            page.keyboard.press(str(number % 5 + 1))
        page.get_by_role("heading", name="All done").wait_for()
        page.keyboard.press("Enter")
        out, _ = process.communicate(timeout=120)
        browser.close()
    return out
