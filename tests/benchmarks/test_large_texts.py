"""The made-up messages of the benchmark of large pools: what is known of them must be true."""

import re

import numpy as np
import pyarrow.parquet as pq
import pytest
from large_texts import BLOCK, EDITS, EXACT, NEAR, SHARES, Texts, write_texts
from large_words import TOPICS
from pyarrow import csv

ROWS = 30_000


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts(ROWS, seed=3)


@pytest.fixture(scope="module")
def written(texts: Texts) -> list[str]:
    return texts.block(0, ROWS).to_pylist()


def within(share: float, found: int, of: int) -> bool:
    """Whether a count is what chance makes of a share: five standard deviations."""
    return abs(found - share * of) <= 5 * np.sqrt(share * (1 - share) * of)


def test_shares_are_as_asked(texts: Texts) -> None:
    kinds = np.bincount(texts.kinds(np.arange(ROWS)), minlength=3)
    assert within(EXACT, kinds[1], ROWS)
    assert within(NEAR, kinds[2], ROWS)
    other = Texts(ROWS, exact=0.2, near=0.0)
    assert within(0.2, int(np.sum(other.kinds(np.arange(ROWS)) == 1)), ROWS)


def test_copies_are_those_that_are_known(texts: Texts, written: list[str]) -> None:
    rows = np.arange(ROWS)
    kinds, sources = texts.kinds(rows), texts.sources(rows)
    assert np.array_equal(sources[kinds == 0], rows[kinds == 0])
    assert not kinds[sources].any(), "a copy is one of an original"
    assert all(written[row] == written[sources[row]] for row in rows[kinds == 1])
    for edit, name in enumerate(EDITS):
        near = rows[(kinds == 2) & (texts.edits(rows) == edit)]
        pairs = [(written[row], written[sources[row]]) for row in near]
        assert len(pairs) > 100
        assert all(copy != original for copy, original in pairs), name
        words = [[{*re.findall(r"\w+", text.lower())} for text in pair] for pair in pairs]

        assert all(len(copy & original) >= len(original) - 1 for copy, original in words), name


def test_the_number_of_distinct_texts_is_known(texts: Texts, written: list[str]) -> None:
    expected = texts.expected()
    assert expected["original"] + expected["exact"] + expected["near"] == ROWS
    assert len(set(written)) == pytest.approx(expected["distinct"], abs=ROWS * 2e-4)


def test_some_texts_are_copied_often(texts: Texts) -> None:
    copied = np.bincount(texts.sources(np.arange(ROWS)), minlength=ROWS)
    assert copied[:100].max() > 5
    assert copied[100:].max() < copied[:100].max()


def test_a_text_depends_on_seed_and_row_alone(texts: Texts, written: list[str]) -> None:
    parts = [*texts.block(0, 700).to_pylist(), *texts.block(700, 900).to_pylist()]
    assert parts == written[:900]
    assert Texts(ROWS, seed=3).block(0, 50).to_pylist() == written[:50]
    assert Texts(ROWS, seed=4).block(0, 50).to_pylist() != written[:50]


def test_classes_have_their_shares_and_can_be_learned(texts: Texts, written: list[str]) -> None:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB

    classes = texts.classes(np.arange(ROWS))
    originals = texts.kinds(np.arange(ROWS)) == 0
    counts = np.bincount(classes[originals], minlength=len(TOPICS))
    assert all(within(p, n, sum(counts)) for p, n in zip(SHARES, counts, strict=True))
    assert np.array_equal(classes, classes[texts.sources(np.arange(ROWS))])
    assert texts.labels([5, 6]) == [list(TOPICS)[number] for number in classes[5:7]]
    counted = CountVectorizer().fit_transform(written[:6000])
    model = MultinomialNB().fit(counted[:2000], classes[:2000])
    assert model.score(counted[2000:], classes[2000:6000]) > 0.8


def test_both_files_hold_the_same_rows(tmp_path) -> None:
    texts = Texts(BLOCK + 10)
    for name in ("pool.parquet", "pool.csv"):
        write_texts(texts, tmp_path / name)
    write_texts(texts, tmp_path / "some.parquet", 10)
    parquet = pq.read_table(tmp_path / "pool.parquet").to_pydict()
    assert parquet == csv.read_csv(tmp_path / "pool.csv").to_pydict()
    assert parquet["number"] == list(range(BLOCK + 10))
    assert parquet["text"] == texts.block(0, BLOCK + 10).to_pylist()
    some = pq.read_table(tmp_path / "some.parquet").to_pydict()
    assert some == {name: values[:10] for name, values in parquet.items()}
