"""The tutorial, followed word by word in an empty folder, with known labels as the person."""

from __future__ import annotations

import csv
import re
import subprocess
import uuid
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import httpx2
import pytest
from doc_pages import ENVIRONMENT, TUTORIAL, blocks


def shell(command: str, folder: Path) -> str:
    ended = subprocess.run(
        command, shell=True, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert ended.returncode == 0, (command, ended.stderr)
    return ended.stdout


def link_in(said: IO[str]) -> str:
    for line in said:
        if found := re.search(r"http://\S+token=\S+", line):
            return found[0]
    raise AssertionError("no link was shown")


def words(text: str) -> str:
    return " ".join(text.split())


def label_all(link: str, gold: dict[str, str]) -> int:
    """Come in by the link, answer every text as the page does, and end; how many there were."""
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(link))
    with httpx2.Client(base_url=origin, headers={"Origin": origin}, timeout=30) as page:
        page.get(link).raise_for_status()
        answered = 0
        while texts := page.get("/api/v1/texts").raise_for_status().json()["texts"]:
            for text in texts:
                sent: dict[str, Any] = {"event": uuid.uuid4().hex, "id": text["id"]}
                sent |= {"action": "label", "labels": [gold[words(text["text"])]]}
                page.post("/api/v1/answers", json=sent).raise_for_status()
                answered += 1
        page.post("/api/v1/closing", json={"wish": "finish"}).raise_for_status()
    return answered


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_tutorial_leads_to_a_classifier(tmp_path: Path) -> None:
    steps = [line for one in blocks("console") if one.page == TUTORIAL for line in one.commands]
    copy, run, *others = steps
    shell(copy, tmp_path)
    with (tmp_path / "messages.csv").open(encoding="utf-8", newline="") as rows:
        gold = {words(row["text"]): row["label"] for row in csv.DictReader(rows)}
    with subprocess.Popen(
        run,
        shell=True,
        cwd=tmp_path,
        env=ENVIRONMENT | {"BROWSER": "true"},
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert label_all(link_in(running.stdout), gold) == 62  # as the page says
        running.stdout.read()
    assert running.returncode == 0
    assert (tmp_path / "messages.activellm" / "report.html").is_file()
    for step in others:
        shell(step, tmp_path)
    with (tmp_path / "labelled.csv").open(encoding="utf-8", newline="") as rows:
        labelled = list(csv.DictReader(rows))
    assert len(labelled) == 544  # as the page says
    right = sum(row["predicted_label"] == row["label"] for row in labelled)
    assert right / len(labelled) > 0.45  # the most frequent label alone: 0.28
