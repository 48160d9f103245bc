"""Near copies in pools: planted ones are found, in any blocks and by any executor."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from activellm.blocks import open_executor
from activellm.data import civic_messages
from activellm.errors import UsageError
from activellm.near import find_near_copies
from activellm.near.minhash import WIDTH, signatures
from activellm.near.shingles import pieces
from activellm.near.signed import exact, rows_of_band
from activellm.pool import Pool


@pytest.fixture(scope="module")
def texts():
    return [example.text for example in Pool.read(civic_messages())][:400]


def changed(text, rng):
    words = text.split()
    words[rng.randrange(len(words))] = rng.choice(["really", "seven", "Berlin"])
    return [
        text.upper(),
        f"RT @a: {text} https://b.c/d",
        " ".join(words),
        text[: len(text) * 9 // 10],
    ]


def jaccard(one, other):
    one, other = (set(pieces([text])[0].tolist()) for text in (one, other))
    return len(one & other) / len(one | other)


def folded(pool, folder, threshold=0.8, **options):
    found = find_near_copies(pool, threshold, folder, **options)
    return dict(zip(found.rows.tolist(), found.firsts.tolist(), strict=True)), found


@pytest.mark.parametrize("seed", range(3))
def test_planted_copies(texts, tmp_path, seed):
    rng = random.Random(seed)
    copies = [rng.choice(changed(text, rng)) for text in texts]
    pool = Pool.from_texts([*texts, *copies])
    kept = [example.text for example in pool]
    folds, result = folded(pool, tmp_path)
    place = {text: row for row, text in enumerate(kept)}
    near = [
        place[copy]
        for text, copy in zip(texts, copies, strict=True)
        if place[copy] > place[text] and jaccard(text, copy) >= 0.8
    ]
    assert len(near) > 200
    assert np.mean([row in folds for row in near]) > 0.98
    for (row, first), share in zip(folds.items(), result.similarity, strict=True):
        assert share == pytest.approx(jaccard(kept[row], kept[first]))
        assert share >= 0.8


def test_blocks_and_executors_do_not_matter(texts, tmp_path):
    rng = random.Random(1)
    pool = Pool.from_texts([*texts[:200], *(changed(text, rng)[2] for text in texts[:200])])
    one, _ = folded(pool, tmp_path / "one")
    small, _ = folded(pool, tmp_path / "small", size=37)
    many, _ = folded(pool, tmp_path / "many", size=150, executor=open_executor("processes", 2))
    assert one == small == many
    assert one


def test_of_pairs_both_texts_must_be_near(tmp_path):
    premise = "A man in a blue shirt is standing on a ladder cleaning a window"
    pairs = [
        (premise, "Somebody cleans a window that is far above the ground"),
        (premise, "Nobody is near the house on this quiet day in winter"),
        (premise.upper() + "!", "somebody cleans a window that is far above the ground."),
    ]
    folds, result = folded(Pool.from_texts(pairs), tmp_path)
    assert folds == {2: 0}
    assert result.similarity.tolist() == [1.0]


def test_texts_of_marks_only_are_no_copies(tmp_path):
    assert folded(Pool.from_texts(["!!!", "???", "😀", "😡", "..."]), tmp_path)[0] == {}


def test_threshold_one_folds_what_differs_in_nothing_that_counts(tmp_path):
    pool = Pool.from_texts(["The light is out", "the light is out!", "The light is outt"])
    assert folded(pool, tmp_path, 1)[0] == {1: 0}


def test_wrong_thresholds(tmp_path):
    pool = Pool.from_texts(["a"])
    for threshold in (0.49, 1.01):
        with pytest.raises(UsageError, match=r"from 0\.5 to 1"):
            find_near_copies(pool, threshold, tmp_path)


def test_the_estimate_is_right_on_average(texts):
    """Over 400 pairs its mean error is zero, and it spreads as a binomial share of WIDTH values."""
    rng = random.Random(0)
    others = [text[rng.randrange(1, len(text) // 3) :] for text in texts]
    true = np.array([jaccard(*pair) for pair in zip(texts, others, strict=True)])
    true = true.clip(0.05, 0.95)  # no share without a spread
    equal = signatures(pa.chunked_array([texts])) == signatures(pa.chunked_array([others]))
    error = (equal.mean(axis=1) - true) / np.sqrt(true * (1 - true) / WIDTH)
    assert abs(error.mean()) < 0.2
    assert 0.85 < error.std() < 1.15


def test_exact_similarity_of_many_pairs(texts):
    pool = Pool.from_texts(texts)
    rng = np.random.default_rng(0)
    some, others = rng.integers(0, len(pool), (2, 50))
    kept = [example.text for example in pool]
    expected = [jaccard(kept[a], kept[b]) for a, b in zip(some, others, strict=True)]
    assert exact(pool)(some, others) == pytest.approx(expected)


def test_bands_fit_the_threshold():
    assert [rows_of_band(threshold) for threshold in (0.5, 0.7, 0.8, 0.9, 1)] == [3, 5, 7, 8, 8]
