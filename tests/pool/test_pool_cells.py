"""What a column of a pool holds."""

from __future__ import annotations

import pytest

from activellm.pool import Pool, cells


@pytest.mark.parametrize("size", [2, 3, 50_000])
def test_each_different_cell_with_its_first_row(monkeypatch, size):
    monkeypatch.setattr(cells, "_AT_ONCE", size)
    kinds = ["b", None, "a", "b", "a", "c", "b"]
    pool = Pool.from_texts([f"text {n}" for n in range(7)], meta={"kind": kinds, "x": kinds[::-1]})
    found = list(cells.different_cells(pool, "kind"))
    assert {cell for cell, _ in found} == {"a", "b", "c", ""}
    assert all((kinds[row - 1] or "") == cell for cell, row in found)
    first = dict(reversed(found))
    assert first == {"b": 1, "": 2, "a": 3, "c": 6}
    if size == 50_000:
        assert found == [("b", 1), ("", 2), ("a", 3), ("c", 6)]
