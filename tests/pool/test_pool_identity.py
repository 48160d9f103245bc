"""When two texts are the same."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activellm.errors import DataError
from activellm.pool.identity import LONGEST_ID, clean_id, content_id, digest, normalise

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("caf\u00e9", "cafe\u0301"),
        ("  two\n\twords ", "two words"),
        ("a\u00a0b", "a b"),
        ("ﬁne", "fine"),
        ("ＡＢＣ", "ABC"),
    ],
)
def test_same(one, other):
    assert digest(one) == digest(other) != digest(other + "!")


def test_case_and_order_matter():
    assert len({digest(c) for c in ("a", "A", ("a", "b"), ("b", "a"), "a b", "a\x1fb")}) == 5


def test_empty():
    for content in ("", " \n", "\u2003\u00a0", ("a", ""), (" ", "b")):
        assert digest(content) is None


@given(TEXTS)
def test_normalising_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once
    assert not once.startswith(" ")
    assert "  " not in once
    assert unicodedata.is_normalized("NFKC", once) or "\u0344" in text


def test_content_ids_are_short_and_distinct():
    ids = {content_id(digest(f"text {n}")) for n in range(10_000)}
    assert len(ids) == 10_000
    assert {len(id) for id in ids} == {21}
    assert all(id.isalnum() and id[0] == "t" for id in ids)


def test_clean_id():
    assert clean_id("  a\x07b\u202ec\u2028d é 7 ", "x") == "a_b_c_d é 7"
    for cell, what in ((" ", "empty"), ("x" * (LONGEST_ID + 1), "201 characters")):
        with pytest.raises(DataError, match=what):
            clean_id(cell, "a.csv, row 3")
