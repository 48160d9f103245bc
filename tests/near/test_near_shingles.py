"""What of a text counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activellm.near.shingles import PIECE, pieces

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def of(text):
    return set(pieces([text])[0].tolist())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello, World", "hello   world!!"),
        ("a", "a."),
        ("RT @someone: the street is dark https://example.org/7", "The street is dark"),
        ("Straße", "STRASSE"),
        ("café au lait", "cafe\u0301 au lait"),
        ("ＡＢＣ ﬁne", "abc fine"),
        ("two\nlines\tof text", "two lines of text"),
    ],
)
def test_what_does_not_count(one, other):
    assert of(one) == of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a", "b"), ("😀", "😡"), ("!!!", "???"), ("abcd", "abcde"), ("कि", "की"), ("10 €", "10 $")],
)
def test_what_counts(one, other):
    assert of(one).isdisjoint(of(other))


def test_the_pieces_are_all_runs_of_five_characters():
    text = "The light is out"
    runs = {text.lower()[place : place + PIECE] for place in range(len(text) - PIECE + 1)}
    assert len(of(text)) == len(runs)
    assert len(of(text) & of(text[:-2])) == len(runs) - 2


@given(st.lists(TEXTS, min_size=1, max_size=8))
def test_a_text_alone_has_the_pieces_that_it_has_among_others(texts):
    hashes, starts = pieces(texts)
    alone = [pieces([text])[0] for text in texts]
    together = np.split(hashes, starts[1:])
    assert [found.tolist() for found in together] == [found.tolist() for found in alone]
    assert all(map(len, alone))
