"""Recorded sessions: the format, and how our reading compares with what people took down."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from activellm.cli.main import main
from activellm.errors import DataError
from activellm.recorded import check_recordings, read_sessions
from activellm.selection.answer import read_answer


def session(answer: str, used: list[int] | None, **changes: Any) -> dict[str, Any]:
    return {
        "id": "a",
        "llm": "one",
        "n_to_select": 4,
        "instances": [{"number": number, "text": f"text {number}"} for number in range(40)],
        "answer": answer,
        "authors_list_used": used,
        "authors_list_relation": "exact_comma_list",
        "something_else": {"is": "passed over"},
    } | changes


def written(path: Path, *sessions: dict[str, Any]) -> Path:
    text = "".join(json.dumps(one) + "\n" for one in sessions)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["s.jsonl", "s.jsonl.gz"])
def test_counts_by_hand(tmp_path: Path, name: str) -> None:
    report = check_recordings(
        written(
            tmp_path / name,
            session("I choose 3, 17, 8, 30", [3, 17, 8, 30]),
            session("I choose 3, 17, 8, 30", [3, 17, 8, 31], id="b", llm="two"),
            session("I choose 3, 17, 8", [3, 17, 8, 30], id="c", llm="two"),
            session("I cannot.", [3, 17, 8, 30], id="d", llm="two", authors_list_relation="x"),
            session("I choose 3, 17, 8, 30", None, id="e"),
            session("3, 17, 8, 99", [3, 17, 8, 99], id="f"),
            session("5, 6, 3, 17, 8, 30", [5, 3, 17, 8], id="g", already_labeled=[5, 6]),
        )
    )
    assert (report.all.answers, report.all.compared, report.all.exact) == (7, 6, 2)
    assert report.by_llm["two"].by_found == (1, 0, 2, 0, 0)
    assert report.by_llm["two"].found == pytest.approx((0.75 + 0.75 + 0) / 3)
    assert report.by_relation["x"].exact == 0
    reasons = {one.id: one.reason for one in report.differences}
    assert reasons == {
        "b": "another list",
        "c": "too few read",
        "d": "nothing read",
        "e": "no list taken",
        "f": "unusable numbers",
        "g": "more read",
    }, "what was not shown or is labelled does not count"
    assert (report.all.trimmed, report.all.emptied) == (1, 0)


def test_reasons_that_lie_in_the_list_by_hand(tmp_path: Path) -> None:
    instances = [{"number": number, "id": 1000 + number} for number in range(40)]
    report = check_recordings(
        written(
            tmp_path / "s.jsonl",
            session(
                "3, 17, 8\nOne more: that with [ID: 1030]", [3, 17, 8, 30], instances=instances
            ),
            session("ID: 70 | a\nID: 71 | b\nID: 72 | c\nID: 9 | d", [70, 71, 72, 9], id="b"),
            session("5, 6, 7, 8", [5, 6, 7, 8], id="c", already_labeled=[5, 6, 7, 8]),
        )
    )
    assert [one.reason for one in report.differences] == [
        "names ids",
        "not shown",
        "unusable numbers",
    ]
    assert (report.all.exact, report.all.trimmed, report.all.emptied) == (1, 1, 1)


def test_an_answer_that_is_no_selection_is_counted(tmp_path: Path) -> None:
    first = list(range(16))
    report = check_recordings(
        written(
            tmp_path / "s.jsonl",
            session(", ".join(map(str, first)), first, n_to_select=16),
            session("9, 3, 30, 1, 22, 17, 38, 12", [9], n_to_select=8, id="b"),
            session(
                "0, 1, 2, 3, 4, 5, 6, 7", [8], n_to_select=8, id="c", already_labeled=[*range(8)]
            ),
        )
    )
    assert report.all.no_selection == 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{not json", "line 2: Not a recorded session"),
        ('{"id": "x"}', r"line 2.*n_to_select"),
        (json.dumps(session("1", [1], instances=[])), r"line 2.*instances"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    path = written(tmp_path / "s.jsonl", session("1, 2, 3, 4", [1, 2, 3, 4]))
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(DataError, match=says):
        check_recordings(path)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        list(read_sessions(tmp_path / "missing.jsonl"))
    whole = written(tmp_path / "cut.jsonl.gz", *[session("1, 2, 3, 4", [1])] * 50).read_bytes()
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) - 12])
    with pytest.raises(DataError, match="no whole gzip"):
        list(read_sessions(tmp_path / "cut.jsonl.gz"))
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(DataError, match="no recorded session"):
        check_recordings(tmp_path / "empty.jsonl")


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "s.jsonl", session("7, 1, 9", [7, 1, 9, 4]))
    for options in ([], ["--json"]):
        monkeypatch.setattr(sys, "argv", ["activellm", "recordings", "check", str(path), *options])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        out = capsys.readouterr().out
        assert "too few read" in out
    assert json.loads(out)["by_llm"]["one"]["compared"] == 1


def test_the_papers_real_answers(shared: Path) -> None:
    """Whatever can be recovered from an answer's text reads exactly as the authors' list."""
    report = check_recordings(shared / "recorded" / "recorded.jsonl.gz")
    for relation in (
        "exact_comma_list",
        "exact_vertical_list",
        "first_n_of_longer_list",
        "enumerated_items",
        "concatenated_groups",
    ):
        assert report.by_relation[relation].exact == report.by_relation[relation].answers
    assert report.all.exact >= 144
    assert {one.reason for one in report.differences if one.reason != "unusable numbers"} == {
        "names ids",
        "no list taken",
        "not shown",
        "other order",
    }


def test_lists_that_name_labelled_ones_again_are_read_word_for_word_without_that_check(
    shared: Path,
) -> None:
    """A list of which nothing may be picked says little; read without `taken`, it says all."""
    again = 0
    for one in read_sessions(shared / "recorded" / "recorded.jsonl.gz"):
        if one.taken_down and one.taken.intersection(one.taken_down):
            again += 1
            read = read_answer(one.answer, one.shown, one.n_to_select).numbers
            assert read == tuple(number for number in one.taken_down if number in one.shown)
    assert again >= 16
