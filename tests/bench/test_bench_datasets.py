"""Data sets of experiments: presets, files, pairs, leaks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from activellm.bench.datasets import DataEntry, open_data
from activellm.bench.presets import preset, presets
from activellm.errors import DataError, UnknownNameError, UsageError

PAPER = {
    *("cti", "sst2", "cola", "mrpc", "qqp", "qnli", "rte", "mnli", "wnli"),
    *("ag_news", "cr", "emotion", "sst5", "amazon_counterfactual_en", "enron_spam"),
}


def write(path: Path, rows: list[tuple[str, str]]) -> str:
    path.write_text("".join(json.dumps({"text": t, "label": y}) + "\n" for t, y in rows))
    return path.name


def test_the_papers_data_sets_have_presets() -> None:
    assert set(presets()) >= PAPER
    for name, one in presets().items():
        assert one.task.label_names == tuple(one.labels), name
        assert all(one.labels.values()), name
        assert (one.hub is None) == (name == "cti")
        assert one.pair is None or len(one.hub.text) == 2  # type: ignore[union-attr]


def test_a_label_by_number_or_by_another_spelling() -> None:
    news = preset("ag_news")
    assert [news.label(value) for value in ("3", "Sci-Tech", "World", "9", "-1")] == [
        *("Sci/Tech", "Sci/Tech", "World", "9", "-1"),
    ]
    with pytest.raises(UnknownNameError, match="Did you mean 'emotion'"):
        preset("emotions")


@pytest.mark.parametrize("name", ["rte", "wnli", "cti", "sst5"])
def test_real_data_sets_open(shared: Path, name: str) -> None:
    entry = DataEntry(
        preset=name, pool=f"{name}/pool.jsonl.gz", test=f"{name}/test.jsonl.gz", test_size=50
    )
    data = open_data(entry, shared / "data")
    leaked = 4 if name == "cti" else 0  # the same tweets, once with and once without an @name
    assert (data.name, len(data.test), data.leaked) == (name, 50, leaked)
    first = next(iter(data.pool))
    assert data.answer(first.id)[0] in data.task.label_names
    assert isinstance(first.content, tuple) == (preset(name).pair is not None)
    if isinstance(first.content, tuple):
        assert not any("Sentence 1:" in text for text in first.content)


def test_leaks_are_left_out_also_near_ones(tmp_path: Path) -> None:
    pool = [
        ("The house is green.", "a"),
        ("RT @bob the HOUSE is green https://t.co/1", "a"),
        ("the house was green", "b"),
        ("?!", "b"),
    ]
    entry = DataEntry(
        description="which?",
        pool=write(tmp_path / "pool.jsonl", pool),
        test=write(tmp_path / "test.jsonl", [("The house is green!", "a"), ("...", "b")]),
    )
    data = open_data(entry, tmp_path)
    assert data.leaked == 2
    assert {one.text for one in data.pool} == {"the house was green", "?!"}


def test_without_a_test_file_pool_texts_are_set_aside(tmp_path: Path) -> None:
    rows = [(f"text number {number}", "ab"[number % 2]) for number in range(40)]
    entry = DataEntry(
        description="which?", pool=write(tmp_path / "p.jsonl", rows), name="p", test_size=10
    )
    data = open_data(entry, tmp_path)
    assert (len(data.test), len(data.pool)) == (10, 30)
    assert not {one.text for one in data.pool} & set(data.test.contents)
    assert data.fingerprint() == open_data(entry, tmp_path).fingerprint()
    assert data.fingerprint() != open_data(entry, tmp_path, seed=1).fingerprint()


def test_a_pair_in_one_column_is_parted(tmp_path: Path) -> None:
    rows = [("Question: who? \n Sentence: she.", "entailment"), ("who? she.", "entailment")]
    other = ("Question: where? \n Sentence: here.", "not_entailment")
    pool = write(tmp_path / "p.jsonl", [rows[0], other])
    data = open_data(DataEntry(preset="qnli", pool=pool, test_size=1), tmp_path)
    both = [*data.test.contents, next(iter(data.pool)).content]
    assert sorted(both) == [("where?", "here."), ("who?", "she.")]
    with pytest.raises(DataError, match=r"p\.jsonl, row 2.*'Question: "):
        open_data(DataEntry(preset="qnli", pool=write(tmp_path / "p.jsonl", rows)), tmp_path)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    pool = write(tmp_path / "p.jsonl", [("one", "good"), ("two", "odd")])
    with pytest.raises(DataError, match="odd"):
        open_data(DataEntry(preset="sst2", pool=pool), tmp_path)
    with pytest.raises(UsageError, match="not known where the Hub has"):
        open_data(DataEntry(preset="cti", hub=True), tmp_path)
    same = write(tmp_path / "t.jsonl", [("one", "a"), ("two", "b")])
    with pytest.raises(DataError, match="All pool texts are test texts"):
        open_data(DataEntry(description="?", pool=same, test=same), tmp_path)
