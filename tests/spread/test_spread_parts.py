"""Hashing, sketches, whole numbers and shares."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import chisquare
from spread_samples import topical

from activellm.spread import hashing, sketch
from activellm.spread.centres import learn_centres
from activellm.spread.drawing import draw, shares
from activellm.spread.hashing import hashed
from activellm.spread.whole import SCALE, as_table, from_table, nearest, unit, whole

AWKWARD = [
    "Hello, wörld! don't 123",
    "",
    "   ",
    "!?",
    "a",
    "日本語のテキスト",
    "İstanbul ﬁne \N{GRINNING FACE}\0x",
    "the end",
    "the end",
    "x" * 9000,
]


def finds(texts):
    """Of each text: the sorted buckets of its words, and of its letter runs."""
    found = []
    for parts in hashed(pa.array(texts, pa.string())):
        for row in range(len(parts[0].ends) - 1):
            found.append([sorted(p.buckets[p.ends[row] : p.ends[row + 1]]) for p in parts])
    return found


def test_a_text_is_hashed_alike_wherever_it_stands():
    alone = [finds([text])[0] for text in AWKWARD]
    assert finds(AWKWARD) == alone
    assert finds(AWKWARD[::-1]) == alone[::-1]
    sliced = pa.array(["before", *AWKWARD], pa.string()).slice(1)
    assert [len(part.ends) - 1 for part in next(iter(hashed(sliced)))] == [10, 10]
    assert (
        sketch.sketch(sliced, table()).tolist()
        == sketch.sketch(pa.array(AWKWARD), table()).tolist()
    )


def test_words_and_letter_runs_are_what_they_should_be():
    words, runs = finds(["Don't stop, Don't"])[0]
    assert len(words) == 3
    assert len({*words}) == 2
    assert len(runs) == len("Don't stop, Don't") - hashing.LETTERS + 1
    assert finds(["DON'T STOP don't"])[0][0] == words
    assert [len(part) for part in finds([""])[0]] == [0, 0]
    assert len(finds(["x" * 9000])[0][1]) == hashing.LONGEST - hashing.LETTERS + 1


def test_chunks_do_not_matter(monkeypatch):
    texts, _ = topical({"food": 200, "music": 50})
    expected = sketch.sketch(pa.array([*texts, *AWKWARD]), table())
    monkeypatch.setattr(hashing, "_CHUNK", 100)
    assert np.array_equal(sketch.sketch(pa.array([*texts, *AWKWARD]), table()), expected)


def test_different_words_rarely_share_a_bucket():
    words = [f"w{number}" for number in range(20_000)]
    buckets = np.concatenate([np.concatenate(part[:1]) for part in finds(words)])
    expected = 65536 * (1 - (1 - 1 / 65536) ** 20_000)
    assert abs(len(np.unique(buckets)) - expected) < 0.02 * expected


def table():
    texts, _ = topical({"food": 60, "music": 60, "weather": 60})
    return sketch.make_table(iter([pa.array(texts)]))


def test_like_texts_have_like_sketches():
    texts, ids = topical({"food": 100, "music": 100})
    vectors = sketch.sketch(pa.array(texts), table()) / SCALE
    food = np.array([id_.startswith("food") for id_ in ids])
    alike = vectors @ vectors.T
    assert alike[food][:, food].mean() > 0.2 + alike[food][:, ~food].mean()


def test_rare_finds_count_more():
    texts = [f"common word{n % 50}" for n in range(500)]
    made = sketch.make_table(iter([pa.array(texts)]))
    weight = np.abs(made).max(axis=1)
    word = {text: finds([text])[0][0][0] for text in ("common", "word3", "unheard")}
    assert weight[word["common"]] < weight[word["word3"]] < weight[word["unheard"]]


def test_whole_numbers_are_kept_exactly():
    rng = np.random.default_rng(0)
    vectors = unit(rng.normal(size=(50, 7)))
    assert np.abs(np.linalg.norm(vectors / SCALE, axis=1) - 1).max() < 0.01
    assert np.array_equal(from_table(as_table(vectors)), vectors)
    assert not unit(np.zeros((1, 7))).any()


def test_nearest_is_exact():
    """Against integers of 64 bits, with ties and the largest numbers that there can be."""
    rng = np.random.default_rng(1)
    vectors = unit(rng.normal(size=(400, 384)))
    centres = np.concatenate([unit(rng.normal(size=(20, 384))), whole(rng.random((5, 384)) / 40)])
    centres = np.concatenate([centres, centres[:3]])
    far = ((vectors[:, None].astype(np.int64) - centres[None].astype(np.int64)) ** 2).sum(axis=2)
    assert np.array_equal(nearest(vectors, centres), far.argmin(axis=1))
    assert np.array_equal(nearest(vectors[7:9], centres), far[7:9].argmin(axis=1))


def test_centres_do_not_depend_on_the_files(tmp_path):
    rng = np.random.default_rng(2)
    middle = rng.normal(size=(5, 8))
    vectors = unit(middle[rng.integers(5, size=3000)] + 0.01 * rng.normal(size=(3000, 8)))

    def learned(size):
        paths = []
        for start in range(0, len(vectors), size):
            paths.append(tmp_path / f"{size}-{start}.arrow")
            part = as_table(vectors[start : start + size])
            with pa.ipc.new_file(str(paths[-1]), part.schema) as file:
                file.write_table(part)
        return learn_centres(paths, size, 5, seed=0)

    centres = learned(1000)
    assert np.array_equal(learned(70), centres)
    assert np.array_equal(learned(3000), centres)
    far = np.abs(centres[:, None].astype(int) - unit(middle)[None].astype(int)).max(axis=2)
    assert (far.min(axis=0) < 30).all()


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_shares_add_up(power):
    rng = np.random.default_rng(0)
    for _ in range(100):
        sizes = rng.integers(0, 30, size=rng.integers(1, 20))
        n = int(rng.integers(0, 300))
        given = shares(sizes, n, rng, power=power)
        assert given.sum() == min(n, sizes.sum())
        assert (given <= sizes).all()
        assert (given >= 0).all()


def test_shares_by_rule():
    rng = np.random.default_rng(0)
    sizes = np.array([10_000, 100, 1, 0])
    assert shares(sizes, 99, rng, power=0.0).tolist() == [49, 49, 1, 0]
    assert shares(sizes, 111, rng, power=0.5).tolist() == [100, 10, 1, 0]
    assert shares(sizes, 10_101, rng, power=1.0).tolist() == sizes.tolist()
    assert shares(np.full(200, 50), 200, rng, power=0.0).tolist() == [1] * 200


def test_every_text_of_a_cluster_is_as_likely():
    clusters = [np.array([0, 1, 0, 0, 1]), np.array([], np.int16), np.array([0, 1, 1, 0, 1, 1])]
    taken = np.array([1, 9])
    counts = np.zeros(11)
    for seed in range(600):
        drawn = draw(clusters, taken, 4, np.random.default_rng(seed), power=0.0)
        assert len({*drawn.tolist()}) == 4
        counts[drawn] += 1
    of = np.concatenate(clusters)
    left = np.setdiff1d(np.arange(11), taken)
    assert counts[taken].sum() == 0
    assert counts[of == 0].sum() == counts[of == 1].sum() == 1200
    for cluster in (0, 1):
        assert chisquare(counts[left[of[left] == cluster]]).pvalue > 0.001


def test_a_draw_comes_in_random_order():
    drawn = draw(
        [np.repeat([0, 1], 50)], np.empty(0, np.int64), 40, np.random.default_rng(0), power=0.0
    )
    assert 5 < (drawn[:20] < 50).sum() < 15
