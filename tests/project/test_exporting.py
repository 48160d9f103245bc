"""Exports hold every answer at any time, and no spreadsheet runs what stands in them."""

from __future__ import annotations

import csv
import io
import json

import pytest
from office_projects import answer, make_project

from activellm.errors import UsageError
from activellm.project import queue
from activellm.project.exporting import export


def lines(project, what="labels"):
    return [json.loads(line) for line in export(project, "jsonl", what)]


def table(project, what="labels"):
    text = "".join(export(project, "csv", what))
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_labels_are_one_row_a_text_with_all_votes(tmp_path):
    project = make_project(tmp_path / "p", overlap=2)
    one, two, three, four, five = (item.example.id for item in queue(project)[:5])
    answer(project, one, "alice", "good", note="fine")
    answer(project, one, "bob", "bad", unsure=True)
    answer(project, one, "judge", "bad", action="resolve")
    answer(project, two, "alice", "good")
    answer(project, two, "bob", "bad")
    answer(project, three, "bob", "so-so")
    answer(project, four, "bob", action="skip")
    answer(project, five, "bob", "good")
    answer(project, five, "bob", action="undo")
    rows = {row["id"]: row for row in lines(project)}
    assert list(rows) == [one, two, three, four]
    assert rows[one]["text"].startswith("text number")
    assert (rows[one]["labels"], rows[one]["source"]) == (["bad"], "decision")
    assert rows[one]["votes"] == {"alice": ["good"], "bob": ["bad"]}
    assert (rows[one]["unsure"], rows[one]["notes"]) == (["bob"], {"alice": "fine"})
    assert (rows[two]["labels"], rows[two]["source"]) == (None, "tie")
    assert rows[two]["distribution"] == {"good": 0.5, "bad": 0.5, "so-so": 0.0}
    assert (rows[three]["labels"], rows[three]["source"]) == (["so-so"], "agreed")
    assert (rows[four]["labels"], rows[four]["source"]) == (None, "skipped")
    assert rows[four]["votes"] == {"bob": None}

    cells = {row["id"]: row for row in table(project)}
    assert cells[one]["labels"] == "bad"
    assert cells[one]["votes"] == "alice: good; bob: bad"
    assert cells[two]["labels"] == ""
    assert cells[two]["share of good"] == "0.5"


def test_several_labels_and_none(tmp_path):
    project = make_project(tmp_path / "p", kind="multi")
    one, two = (item.example.id for item in queue(project)[:2])
    answer(project, one, "alice", "good", "so-so")
    answer(project, two, "alice")
    rows = {row["id"]: row for row in lines(project)}
    assert rows[one]["labels"] == ["good", "so-so"]
    assert rows[two]["labels"] == []  # none of these, which is not the same as no answer
    assert {row["id"]: row["labels"] for row in table(project)} == {one: "good|so-so", two: ""}


def test_events_are_all_there_also_those_taken_back(tmp_path):
    project = make_project(tmp_path / "p")
    id_ = queue(project)[0].example.id
    sent = [
        answer(project, id_, "alice", "good", seconds=2.5, discuss=True),
        answer(project, id_, "alice", action="undo"),
        answer(project, id_, "alice", "bad", action="repeat"),
    ]
    rows = lines(project, "events")
    assert [row["event"] for row in rows] == [one.event for one in sent]
    assert rows[0]["labels"] == ["good"]
    assert rows[0]["discuss"] is True
    assert [row["action"] for row in table(project, "events")] == ["label", "undo", "repeat"]
    assert table(project, "events")[0]["seconds"] == "2.5"


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '="a",\n\'b'])
def test_no_cell_is_a_formula(tmp_path, evil):
    project = make_project(tmp_path / "p", texts=[f"{evil} {n}" for n in range(40)])
    id_ = queue(project)[0].example.id
    answer(project, id_, evil, "good", note=evil)
    stored = next(item.example.text for item in queue(project))
    assert lines(project)[0]["text"] == stored  # as it is
    for what in ("labels", "events"):
        for row in table(project, what):
            assert not any(
                cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values()
            )
    (row,) = table(project)
    assert row["text"].lstrip("'") == stored
    assert table(project, "events")[0]["note"] == f"'{evil}"


def test_nothing_yet(tmp_path):
    project = make_project(tmp_path / "p")
    for what in ("labels", "events"):
        assert lines(project, what) == []
        assert table(project, what) == []


def test_unknown_exports_are_refused_at_once(tmp_path):
    project = make_project(tmp_path / "p")
    for form, what in (("xls", "labels"), ("csv", "secrets")):
        with pytest.raises(UsageError, match="There is no export"):
            export(project, form, what)
