"""Predictions of many rows: the same however they are cut up, by whom, and after a stop."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from office_projects import LABELS, trained

from activellm.blocks import Block, BlockWork, Here, alone, open_executor
from activellm.errors import ActiveLLMError, DataError, UsageError
from activellm.evaluation.runs import say
from activellm.pool import Pool
from activellm.project import Project, latest_training
from activellm.project.predicting import predict_file, predict_pool
from activellm.project.publishing import publish
from activellm.successors import load_successor

ROWS = 2_600
"""Two windows of texts and a part of a third, each a block."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Counts words, so that its worker processes start quickly."""
    return trained(tmp_path_factory.mktemp("tfidf") / "p", successor="tfidf")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    """Among them empty texts, line breaks and quotes."""
    texts = ["number {} is good", "", "{} is\na bad 世界", 'so "{}" so', "good, {} or bad"]
    return [{"text": texts[n % 5].format(n), "n": str(n)} for n in range(ROWS)]


@pytest.fixture
def file(rows: list[dict[str, str]], tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text(as_csv(rows), encoding="utf-8", newline="")
    return path


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def expected(project: Project, rows: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """The rows with their predictions, 1,024 at a time and without any blocks."""
    training = latest_training(project)
    assert training is not None
    classifier, found, given = load_successor(training.folder), [], iter(rows)
    while some := list(islice(given, 1024)):
        chances = iter(say(classifier, [row["text"] for row in some if row["text"]]).probabilities)
        for row in some:
            told: list[float | None] = next(chances).tolist() if row["text"] else [None] * 3
            shares = dict(zip(LABELS, told, strict=True))
            best = max(LABELS, key=lambda name: shares[name]) if row["text"] else None
            found.append(
                {**row, "predicted_label": best} | {f"p({name})": shares[name] for name in LABELS}
            )
    return found


class Stopped(Here):
    """Is stopped by Ctrl-C after some blocks."""

    def __init__(self, after: int) -> None:
        self.after = after

    def run(self, work: BlockWork, blocks: Sequence[Block], folder: Path) -> Iterator[Block]:  # type: ignore[override]
        for number, block in enumerate(super().run(work, blocks, folder)):
            if number == self.after:
                raise KeyboardInterrupt
            yield block


def stop(project: Project, file: Path, output: Path, after: int = 1, **options: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        predict_file(project, str(file), output, executor=Stopped(after), **options)
    assert not output.exists()
    assert output.with_name(output.name + ".parts").is_dir()


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_same_bytes_as_without_blocks_by_one_process_or_two(
    project: Project, file: Path, rows: list[dict[str, str]], tmp_path: Path
) -> None:
    right = expected(project, rows)
    for name, executor in (("here", Here()), ("two", open_executor("processes", 2))):
        written = predict_file(project, str(file), tmp_path / f"{name}.csv", executor=executor)
        assert (written.rows, written.empty, written.kept) == (ROWS, ROWS // 5, 0)
        assert (tmp_path / f"{name}.csv").read_bytes().decode() == as_csv(right)
    predict_file(project, str(file), tmp_path / "out.jsonl")
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in right]
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == "".join(lines)
    assert left(tmp_path) == ["here.csv", "in.csv", "out.jsonl", "two.csv"]


def test_a_stopped_run_goes_on(project: Project, file: Path, tmp_path: Path) -> None:
    predict_file(project, str(file), tmp_path / "whole.csv")
    stop(project, file, tmp_path / "out.csv")
    told: dict[str, list[int]] = {}
    said: list[str] = []
    written = predict_file(
        project,
        str(file),
        tmp_path / "out.csv",
        progress=lambda what, done, total: told.setdefault(what, []).append(done),
        say=said.append,
    )
    assert written.kept == 2048, "a block whose file is there is not done again"
    assert told["Prediction"] == [2048, ROWS]
    assert not any(what.startswith("Reading") for what in told), "the copy of the rows was there"
    assert said == []
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert left(tmp_path) == ["in.csv", "out.csv", "whole.csv"]


def test_what_was_kept_of_another_input_or_wish_is_not_used(
    project: Project, file: Path, rows: list[dict[str, str]], tmp_path: Path
) -> None:
    output, said = tmp_path / "out.csv", []
    stop(project, file, output)
    stop(project, file, output, after=0, threshold=0.5, say=said.append)
    assert len(said) == 1, "another threshold"
    file.write_text(as_csv(rows[::-1]), encoding="utf-8", newline="")
    written = predict_file(project, str(file), output, threshold=0.5, say=said.append)
    assert len(said) == 2, "another file of the same name and size"
    assert written.kept == 0
    with output.open(encoding="utf-8", newline="") as opened:
        assert [row["n"] for row in csv.DictReader(opened)] == [row["n"] for row in rows[::-1]]
    assert said[0] == "Prediction begins anew: what was kept is of other inputs or settings."


def test_a_row_that_cannot_be_read_is_told_before_anything_is_predicted(
    project: Project, file: Path, tmp_path: Path
) -> None:
    with file.open("a") as opened:
        opened.write("too,many,cells\n")
    with pytest.raises(DataError, match=f"row {ROWS + 1}"):
        predict_file(project, str(file), tmp_path / "out.csv", executor=Stopped(0))
    assert left(tmp_path) == ["in.csv"]
    with pytest.raises(UsageError, match="no such folder"):
        predict_file(project, str(file), tmp_path / "new" / "out.csv")
    with alone(tmp_path / "out.csv.parts"), pytest.raises(ActiveLLMError, match="at work on this"):
        predict_file(project, str(file), tmp_path / "out.csv")
    assert left(tmp_path) == ["in.csv", "out.csv.parts"], "the other run's folder stays"


def test_the_pool_itself(project: Project, tmp_path: Path) -> None:
    written = predict_pool(project, tmp_path / "out.jsonl")
    pool = Pool.open(project.folder / "pool.arrow")
    right = expected(project, [{"id": one.id, "text": one.text} for one in pool])
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == right
    assert written.rows == len(pool)
    assert left(tmp_path) == ["out.jsonl"]


def test_an_onnx_file_serves_in_workers(tmp_path: Path, tiny_encoder: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed (the extra 'onnx')")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    project = trained(tmp_path / "p", encoder=str(tiny_encoder), successor="linear")
    publish(project, tmp_path / "exported", onnx=True)
    for name, executor in (("here", Here()), ("one", open_executor("processes", 1))):
        predict_pool(project, tmp_path / f"{name}.csv", executor=executor)
    here, one = ((tmp_path / f"{name}.csv").read_bytes() for name in ("here", "one"))
    assert here == one


def test_a_classifier_that_asks_the_llm_is_not_spread_over_workers(
    project: Project, tmp_path: Path
) -> None:
    training = latest_training(project)
    assert training is not None
    facts = training.folder / "activellm.json"
    kept = facts.read_text()
    facts.write_text(kept.replace('"successor": "tfidf"', '"successor": "zero-shot"'))
    try:
        with pytest.raises(UsageError, match="asks the LLM about every text"):
            predict_pool(project, tmp_path / "o.csv", executor=open_executor("processes", 2))
    finally:
        facts.write_text(kept)
    assert left(tmp_path) == []


def test_the_file_to_predict_is_never_written_over(
    project: Project, file: Path, tmp_path: Path
) -> None:
    before = file.read_bytes()
    (tmp_path / "link.csv").symlink_to(file)
    for output in (file, tmp_path / "link.csv"):
        with pytest.raises(UsageError, match="the file to predict, which would be lost"):
            predict_file(project, str(file), output)
    assert file.read_bytes() == before
    assert left(tmp_path) == ["in.csv", "link.csv"]


def test_a_file_in_another_encoding(project: Project, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes("text\nthe café is good\n".encode("cp1252"))
    predict_file(project, str(tmp_path / "in.csv"), tmp_path / "out.csv", encoding="cp1252")
    assert "the café is good,good," in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    with pytest.raises(UsageError, match="no encoding called 'cp99'"):
        predict_file(project, str(tmp_path / "in.csv"), tmp_path / "no.csv", encoding="cp99")
