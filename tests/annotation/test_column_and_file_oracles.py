"""What the gold column and the label file do beyond the common contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from annotation_logs import MemoryLog
from annotation_samples import make_queue, make_task
from hypothesis import given, settings
from hypothesis import strategies as st

from activellm.annotation import ColumnOracle, FileOracle, QueueItem
from activellm.errors import DataError
from activellm.pool.example import Example

# ---- the gold column ------------------------------------------------------------------------


def test_the_pools_own_label_column_is_found_under_its_name() -> None:
    queue = [QueueItem(Example(id="a", text="x", label="Waste"))]
    for oracle in (ColumnOracle("label"), ColumnOracle("class", label_column="class")):
        log = MemoryLog()
        oracle.answer(queue, make_task(), log)
        assert log.current()["a"].labels == ("Waste",)


def test_a_mistyped_column_lists_the_real_ones_and_keeps_nothing() -> None:
    queue = [QueueItem(Example(id="a", text="x", row=3, label="Waste", meta={"source": "mail"}))]
    log = MemoryLog()
    with pytest.raises(DataError, match=r"no column 'lable'.*source") as caught:
        ColumnOracle("lable").answer(queue, make_task(), log)
    assert caught.value.where == "row 3"
    assert log.events == []


def test_an_empty_gold_cell_stays_open_and_is_told() -> None:
    log = MemoryLog()
    oracle = ColumnOracle("gold", annotator="simulated")
    oracle.answer(make_queue(4, ("Roads", " ")), make_task(), log)
    assert list(log.current()) == ["t0", "t2"]
    assert oracle.warnings == ("2 of 4 texts have no label in the column 'gold'; they stay open.",)
    assert {one.annotator for one in log.events} == {"simulated"}


def test_an_empty_gold_cell_means_none_in_a_multi_label_task() -> None:
    log = MemoryLog()
    oracle = ColumnOracle("gold")
    oracle.answer(make_queue(1, ("",)), make_task(kind="multi"), log)
    assert log.current()["t0"].labels == ()
    assert oracle.warnings == ()


# ---- the file of labels ---------------------------------------------------------------------


def answer_from(path: Path, count: int = 3, **fields) -> tuple[MemoryLog, FileOracle]:
    log, oracle = MemoryLog(), FileOracle(path)
    oracle.answer(make_queue(count), make_task(**fields), log)
    return log, oracle


def write(folder: Path, content: str, name: str = "labels.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_all_columns_of_a_csv_are_kept(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "\ufeffID,Label,annotator,unsure,note\n"
        't1,Parks,alice,yes,"two\nlines"\n'
        "t0,Roads,,no,\n"
        "t2,,,,\n",
    )
    log, oracle = answer_from(path)
    first, second = log.events
    assert (first.example_id, first.labels, first.annotator) == ("t0", ("Roads",), "file")
    assert (first.unsure, first.note) == (False, "")
    assert (second.labels, second.annotator, second.unsure) == (("Parks",), "alice", True)
    assert second.note == "two\nlines"
    assert oracle.warnings == (f"1 of 3 texts have no label in {path}; they stay open.",)


def test_a_default_annotator_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, "id,label\nt0,Roads\n")
    log = MemoryLog()
    FileOracle(path, annotator="bob").answer(make_queue(1), make_task(), log)
    assert log.events[0].annotator == "bob"


def test_rows_match_by_exact_text(tmp_path: Path) -> None:
    path = write(tmp_path, "text,label\nText number 1,Waste\ntext number 2,Waste\n")
    log, oracle = answer_from(path)
    assert list(log.current()) == ["t1"]
    assert oracle.warnings[0] == (
        f"1 labelled rows match none of the texts that are asked about; the first is {path}: row 2."
    )


def test_jsonl_takes_numbers_lists_and_nulls(tmp_path: Path) -> None:
    records = [
        {"id": "t0", "label": ["Parks", "Roads"], "unsure": True},
        {"id": "t1", "label": [], "note": None},
        {"id": "t2", "label": None, "unsure": None},
    ]
    lines = "\n".join(json.dumps(record) for record in records) + "\n\n"
    log, _ = answer_from(write(tmp_path, lines, "labels.jsonl"), kind="multi")
    assert log.current()["t0"].labels == ("Roads", "Parks")
    assert log.current()["t0"].unsure is True
    assert log.current()["t1"].labels == ()
    assert "t2" not in log.current()


def test_a_text_labelled_twice_alike_counts_once(tmp_path: Path) -> None:
    log, oracle = answer_from(write(tmp_path, "id,label\nt0,Roads\nt0,Roads\n"), count=1)
    assert len(log.events) == 1
    assert oracle.warnings == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("id,label\nt0,Roads\nt0,Waste\n", r"row 2: .* 'Waste' here and 'Roads' in .*row 1"),
        ("id,text,label\nt1,,Roads\n,Text number 1,Parks\n", r"row 2: The same text"),
        ("id,label\nt0,Roads\nt1,Sewers\n", r"row 2: The label 'Sewers'"),
        ("id,label\nzz,Sewers\n", r"row 1: The label 'Sewers'"),
        ("id,label,unsure\nt0,Roads,perhaps\n", r"row 1: unsure is 'perhaps'"),
        ("id,label\nt0,Roads,x\n", r"row 1: It has 3 cells"),
        ('id,label\nt0,"Roads\n', r"line 2: Not a CSV file"),
        ("name,label\nt0,Roads\n", "needs a column id or text"),
        ("id,topic\nt0,Roads\n", "there are: id, topic"),
        ("id,label,Label\nt0,Roads,Roads\n", "same name"),
        ("id,label\n", "holds no rows"),
        ("", "needs a column"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_row(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        answer_from(write(tmp_path, content))
    assert "labels.csv" in caught.value.where


def test_nothing_is_kept_when_a_later_row_is_wrong(tmp_path: Path) -> None:
    log = MemoryLog()
    path = write(tmp_path, "id,label\nt0,Roads\nt1,Waste\nt2,Sewers\n")
    with pytest.raises(DataError):
        FileOracle(path).answer(make_queue(3), make_task(), log)
    assert log.events == []


@pytest.mark.parametrize("line", ["{", "[1]", '{"id": {}, "label": "Roads"}', '{"id": "t0"}'])
def test_bad_json_lines_are_told_with_their_row(tmp_path: Path, line: str) -> None:
    path = write(tmp_path, '{"id": "t0", "label": "Roads"}\n' + line, "labels.jsonl")
    with pytest.raises(DataError) as caught:
        answer_from(path)
    assert caught.value.where == f"{path}: row 2"


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        answer_from(tmp_path / "missing.csv")
    with pytest.raises(DataError, match=r"\.csv or \.jsonl"):
        answer_from(write(tmp_path, "x", "labels.xlsx"))
    (tmp_path / "latin.csv").write_bytes("id,label\nt0,caf\u00e9".encode("latin-1"))
    with pytest.raises(DataError, match="not UTF-8"):
        answer_from(tmp_path / "latin.csv")


@settings(max_examples=60)
@given(content=st.text())
def test_any_csv_is_used_or_refused_but_never_crashes(
    tmp_path_factory: pytest.TempPathFactory, content: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "labels.csv"
    path.write_text("id,label\n" + content, encoding="utf-8", errors="replace")
    try:
        log, _ = answer_from(path)
    except DataError:
        return
    assert all(one.labels[0] in make_task().label_names for one in log.events)
