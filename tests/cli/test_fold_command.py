"""`activellm fold`, and `activellm init --fold-near`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

TASK = ("--task", "Which office?", "--label", "a", "--label", "b", "--llm", "none")


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts = [f"=The street light number {n * 977} near the old town hall is out" for n in range(60)]
    with Path("rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["text", "label"], *([text, "a"] for text in texts[:3])])
        csv.writer(file).writerows([text.upper() + "!", "b"] for text in texts[:2])
        csv.writer(file).writerows([text, ""] for text in texts[3:])
    return tmp_path


def test_at_the_beginning(activellm, table):
    told = activellm("init", "rows.csv", *TASK, "--label-column", "label", "--fold-near", 0.97)
    assert "2 near copies of 2 of them folded (similarity 0.97 or more)" in " ".join(
        told.out.split()
    )
    assert "2 near copies came with another label" in " ".join(told.out.split())
    assert activellm("select", "--json").json["texts"] == 62


def test_later_and_listed(activellm, table):
    activellm("init", "rows.csv", *TASK)
    refused = activellm("fold")
    assert refused.code == 2
    assert "--near: Say how alike" in refused.err
    found = activellm("fold", "--near", 0.97, "--to", "near.csv", "--json").json
    assert found["near"]["copies"] == 2
    with Path("near.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["shown"] for row in rows] == ["True", "False"] * 2
    assert all(row["text"].startswith("'=") for row in rows)  # no formula in a spreadsheet
    activellm("fold", "--to", "near.jsonl")
    with Path("near.jsonl").open() as file:
        lines = [json.loads(line) for line in file]
    assert [line["id"] for line in lines] == [row["id"] for row in rows]
    assert activellm("fold", "--near", 0, "--json").json["near"] is None


def test_the_report_says_how_many(activellm, table):
    rows = [[f"{'red' if n % 2 else 'blue'} lamp {n * 977} is out", "ab"[n % 2]] for n in range(40)]
    with Path("lamps.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["text", "office"], *rows, [rows[0][0].upper() + "!", "a"]])
    job = ("--strategy", "random", "--successor", "tfidf", "--select", 8, "--candidates", 20)
    oracle = ("--oracle", "column:office")
    activellm("run", "lamps.csv", *TASK, *job, *oracle, "--fold-near", 0.97)
    page = Path("lamps.activellm/report.html").read_text("utf-8")
    assert "Near copies, folded</dt><dd>1</dd>" in page


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--near", "0.2"), "--near: fold_near: take a similarity from 0.5 to 1"),
        (("--near", "2"), "from 0.5 to 1"),
        (("--near", "0.8", "--to", "rows.csv"), "exists already"),
        (("--near", "0.8", "--to", "rows.txt"), "must end with"),
        (("--near", "0.8", "--executor", "cloud"), "no executor called 'cloud'"),
    ],
)
def test_wrong_use(activellm, table, arguments, what):
    activellm("init", "rows.csv", *TASK)
    ended = activellm("fold", *arguments)
    assert ended.code == 2
    assert what in " ".join(ended.err.split())
