"""Duplicates and ids, found by sorting digests a share at a time."""

from __future__ import annotations

import unicodedata
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activellm.errors import DataError
from activellm.pool import Pool, folding, import_pool, intake, layout
from activellm.pool.sources.memory import MemorySource

CELLS = st.sampled_from(["a", "b", "c", " a", "B", "", "\u00a0", "é", "e\u0301", "ａ"])
LABELS = st.sampled_from([None, "x", " x", "y", " "])


def row_by_row(rows):
    """What becomes of rows, with a dictionary and nothing else."""
    known, counts = {}, dict.fromkeys(("folded", "empty", "conflicts", "labelled"), 0)
    for text, label in rows:
        key = " ".join(unicodedata.normalize("NFKC", text).split())
        label = (label or "").strip() or None
        if not key:
            counts["empty"] += 1
        elif key not in known:
            known[key] = [text, 1, label]
            counts["labelled"] += label is not None
        else:
            found = known[key]
            found[1] += 1
            counts["folded"] += 1
            if label is not None:
                counts["labelled"] += found[2] is None
                counts["conflicts"] += found[2] not in (None, label)
                found[2] = found[2] or label
    return list(map(tuple, known.values())), counts


@settings(max_examples=60)
@given(st.lists(st.tuples(CELLS, LABELS), min_size=1, max_size=30))
def test_in_parts_and_shares_as_row_by_row(tmp_path_factory, rows):
    kept, counts = row_by_row(rows)
    columns = {"text": [text for text, _ in rows], "label": [label for _, label in rows]}
    path = tmp_path_factory.mktemp("pool") / "pool.arrow"
    with patch.object(intake, "PART_ROWS", 3), patch.object(folding, "_SHARE", 4):
        if not kept:
            with pytest.raises(DataError, match="No row holds a text"):
                import_pool(MemorySource(columns), path, label="label")
            return
        report = import_pool(MemorySource(columns), path, label="label")
    assert [(e.text, e.copies, e.label) for e in Pool.open(path)] == kept
    assert {name: getattr(report, name) for name in counts} == counts


@pytest.mark.parametrize("part", [1, 2, 100])
def test_the_first_row_with_a_used_id_is_named(tmp_path, monkeypatch, part):
    monkeypatch.setattr(intake, "PART_ROWS", part)
    monkeypatch.setattr(folding, "_SHARE", 2)
    columns = {"text": ["a", "b", "a", "", "c", "d"], "nr": ["1", "2", "1", "2", "2", "1"]}
    with pytest.raises(DataError, match="'2' is also that of row 2") as caught:
        import_pool(MemorySource(columns), tmp_path / "pool.arrow", id="nr")
    assert caught.value.where == "the given texts, row 5"


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 12), min_size=1, max_size=60),
    st.lists(st.integers(1, 9), min_size=1, max_size=60),
)
def test_batches_end_where_they_always_did(lengths, cuts):
    """However rows come, a batch ends with the row that fills it."""
    with patch.object(layout, "BATCH_ROWS", 5), patch.object(layout, "BATCH_CHARACTERS", 24):
        rows = len(lengths)
        fixed = [list("i" * rows), ["t" * n for n in lengths], [None] * rows]
        fixed += [list(range(rows)), [1] * rows, [None] * rows]
        whole = layout.batch(fixed, [["m"] * rows], ["m"])
        given, start = [], 0
        for cut in cuts * rows:
            given.append(whole.slice(start, cut))
            start += cut
            if start >= rows:
                break
        found = [batch.num_rows for batch in layout.even(given)]
        joined = pa.Table.from_batches(layout.even(given))
    expected, count, size = [], 0, 0
    for length in lengths:
        count, size = count + 1, size + length + 1
        if count == 5 or size >= 24:
            expected.append(count)
            count = size = 0
    assert found == expected + ([count] if count else [])
    assert joined.equals(pa.Table.from_batches([whole]))
