"""From a source to the pool's file."""

from __future__ import annotations

import errno
import gzip
import json
import unicodedata
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activellm.errors import ActiveLLMError, DataError
from activellm.pool import ImportReport, Pool, import_pool, open_source
from activellm.pool.sources.memory import MemorySource


def imported(tmp_path, columns, **options):
    report = import_pool(MemorySource(columns), tmp_path / "pool.arrow", **options)
    return report, list(Pool.open(tmp_path / "pool.arrow"))


def test_fold_count_and_set_aside(tmp_path):
    texts = ["one", "two", " one\n", "", "one", "ｔｗｏ", "  ", "three"]
    report, examples = imported(tmp_path, {"text": texts})
    assert [(e.text, e.copies, e.row) for e in examples] == [
        ("one", 3, 1),
        ("two", 2, 2),
        ("three", 1, 8),
    ]
    assert (report.rows, report.kept, report.folded, report.empty) == (8, 3, 3, 2)
    assert ImportReport.from_json(json.loads(json.dumps(report.as_json()))) == report


def test_the_text_stays_as_written(tmp_path):
    _, examples = imported(tmp_path, {"text": ["  cafe\u0301\n\tau lait "]})
    assert examples[0].text == "  cafe\u0301\n\tau lait "


def test_labels_of_duplicates(tmp_path):
    texts = ["a", "b", "c", "a", "b", "c", "b", "b"]
    labels = ["x", None, "x", "y", "y", "x", "z", " y "]
    report, examples = imported(tmp_path, {"text": texts, "gold": labels}, label="gold")
    assert {e.text: (e.label, e.copies) for e in examples} == {
        "a": ("x", 2),
        "b": ("y", 4),
        "c": ("x", 2),
    }
    assert (report.conflicts, report.labelled) == (2, 3)


def test_pairs(tmp_path):
    columns = {"premise": ["a", "a", "b", "a", ""], "hypothesis": ["b", "c", "a", " b", "x"]}
    report, examples = imported(tmp_path, columns, pair=True)
    assert [e.content for e in examples] == [("a", "b"), ("a", "c"), ("b", "a")]
    assert [e.copies for e in examples] == [2, 1, 1]
    assert (report.empty, report.columns.pair) == (1, "hypothesis")


def test_meta_and_ids_from_a_column(tmp_path):
    columns = {"text": ["a", "b"], "nr": ["7", "x\ty"], "city": ["Kiel", None], "text.b": ["", "1"]}
    _, examples = imported(tmp_path, columns, id="nr")
    assert [e.id for e in examples] == ["7", "x_y"]
    assert [dict(e.meta) for e in examples] == [
        {"city": "Kiel", "text.b": ""},
        {"city": "", "text.b": "1"},
    ]


def test_ids_from_content_do_not_depend_on_the_place(tmp_path):
    _, one = imported(tmp_path, {"text": ["a", "b", "c"]})
    _, other = imported(tmp_path, {"text": ["c", "x", " a "]})
    ids = {e.text.strip(): e.id for e in one}
    assert {e.text.strip(): e.id for e in other}.items() >= {"c": ids["c"], "a": ids["a"]}.items()


def test_an_id_for_two_texts(tmp_path):
    columns = {"text": ["a", "b", "a ", "c"], "nr": ["1", "2", "1", "2"]}
    with pytest.raises(DataError) as caught:
        imported(tmp_path, columns, id="nr")
    assert caught.value.where == "the given texts, row 4"
    assert "row 2" in caught.value.what
    assert list(tmp_path.iterdir()) == []


def test_ids_that_become_equal_when_cleaned(tmp_path):
    with pytest.raises(DataError, match="also that of row 1"):
        imported(tmp_path, {"text": ["a", "b"], "nr": ["x\ty", "x_y"]}, id="nr")


def test_an_empty_id(tmp_path):
    with pytest.raises(DataError, match="row 2: The id is empty"):
        imported(tmp_path, {"text": ["a", "b"], "nr": ["1", " "]}, id="nr")


def test_no_text_at_all(tmp_path):
    with pytest.raises(DataError, match="column 'text': No row holds a text"):
        imported(tmp_path, {"text": ["", " "]})
    assert list(tmp_path.iterdir()) == []


def test_a_broken_row_leaves_the_old_pool(tmp_path):
    imported(tmp_path, {"text": ["old"]})
    (tmp_path / "new.csv").write_text("text,label\na,b\nc\n")
    with pytest.raises(DataError, match="row 2"):
        import_pool(open_source(tmp_path / "new.csv"), tmp_path / "pool.arrow")
    assert [e.text for e in Pool.open(tmp_path / "pool.arrow")] == ["old"]
    assert {path.name for path in tmp_path.iterdir()} == {"new.csv", "pool.arrow"}


def test_a_full_disk(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("activellm.pool.importer.write_pool", full)
    with pytest.raises(ActiveLLMError, match="cannot be written: No space left") as caught:
        imported(tmp_path, {"text": ["a"]})
    assert caught.value.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder(tmp_path):
    with pytest.raises(ActiveLLMError, match="cannot be written: No such file"):
        imported(tmp_path / "none", {"text": ["a"]})


def test_progress_is_told(tmp_path):
    told = []
    texts = [f"text {n}" for n in range(12_000)]
    imported(tmp_path, {"text": texts}, progress=lambda *step: told.append(step))
    assert ("Reading the given texts", 5000, 12_000) in told
    assert told[-1] == ("Writing the pool", 12_000, 12_000)


def test_the_cti_pool(shared, tmp_path):
    """The number of distinct texts agrees with a plain count by a Counter of normalised texts."""
    path = shared / "data" / "cti" / "pool.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    counts = Counter(" ".join(unicodedata.normalize("NFKC", row["text"]).split()) for row in rows)
    report = import_pool(open_source(path), tmp_path / "pool.arrow", label="label")
    pool = Pool.open(tmp_path / "pool.arrow")
    assert (report.rows, report.kept) == (1742, len(counts)) == (len(rows), len(pool))
    assert sorted(e.copies for e in pool) == sorted(counts.values())
    assert all(e.text == rows[e.row - 1]["text"] for e in pool)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", " a", "B", "", "\u00a0", "é", "e\u0301"]),
            st.sampled_from([None, "x", "y"]),
        ),
        min_size=1,
    )
)
def test_folding_agrees_with_a_dictionary(rows):
    expected = {}
    for text, label in rows:
        if key := " ".join(unicodedata.normalize("NFKC", text).split()):
            expected.setdefault(key, (text, []))[1].append(label)
    if not expected:
        return
    pool = Pool.from_texts([text for text, _ in rows], labels=[label for _, label in rows])
    assert [(e.text, e.copies, e.label) for e in pool] == [
        (first, len(labels), next((label for label in labels if label), None))
        for first, labels in expected.values()
    ]
