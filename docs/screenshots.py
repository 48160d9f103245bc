"""Make the tutorial's pictures: follow it in a headless Chromium, known labels as the person.

    python docs/screenshots.py FOLDER    # FOLDER is new; the pictures go to docs/images

The commands are read from docs/tutorial.md, so the pictures show what the page says.
"""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from playwright.sync_api import sync_playwright

from activellm.data import civic_messages

HERE = Path(__file__).parent
LABELS = ["waste", "roads", "permits", "parks", "noise"]
SETTLED = 1500
"""Milliseconds after which nothing moves on a page any more."""


def commands(language: str) -> list[str]:
    """The tutorial's commands in blocks of one language."""
    text = (HERE / "tutorial.md").read_text("utf-8")
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", text, re.S | re.M)
    joined = "".join(blocks).replace("\\\n", " ")
    return [line.removeprefix("$ ") for line in joined.splitlines()]


def link_from(said: IO[str]) -> str:
    """The labelling page's address, as soon as the command says it."""
    for line in said:
        if found := re.search(r"http://\S+token=\S+", line):
            return found[0]
    raise SystemExit("the command ended without showing a link")


def label(page: Any, gold: dict[str, str]) -> None:
    """Give every text its known label, by the keys 1 to 5; one picture on the way."""
    done = 0
    while page.is_visible("#card"):
        text = page.text_content("#text")
        if done == 3:
            page.wait_for_timeout(SETTLED)
            page.screenshot(path=HERE / "images" / "tutorial-labelling.png")
        page.keyboard.press(str(LABELS.index(gold[" ".join(text.split())]) + 1))
        page.wait_for_function(
            "before => document.querySelector('#text').textContent !== before"
            " || !document.querySelector('#end').hidden",
            arg=text,
        )
        done += 1
    page.wait_for_timeout(SETTLED)
    page.screenshot(path=HERE / "images" / "tutorial-end.png")
    page.keyboard.press("Enter")


def main(folder: Path) -> None:
    """Follow the tutorial in a new folder."""
    folder.mkdir(parents=True)
    with civic_messages().open(encoding="utf-8", newline="") as rows:
        gold = {" ".join(row["text"].split()): row["label"] for row in csv.DictReader(rows)}
    steps = commands("console")
    subprocess.run(steps[0], shell=True, cwd=folder, check=True)
    running = subprocess.Popen(
        steps[1], shell=True, cwd=folder, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert running.stdout is not None
    link = link_from(running.stdout)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": 900, "height": 620}, color_scheme="light")
        page.goto(link)
        page.wait_for_selector("#card:not([hidden])")
        label(page, gold)
        print(running.stdout.read())
        running.wait()
        page.goto((folder / "messages.activellm" / "report.html").absolute().as_uri())
        page.set_viewport_size({"width": 1000, "height": 760})
        page.screenshot(path=HERE / "images" / "tutorial-report.png")
        browser.close()
    for step in steps[2:]:
        subprocess.run(step, shell=True, cwd=folder, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
