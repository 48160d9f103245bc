"""The sampler that spreads candidates over the pool."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from spread_samples import pool_file

from activellm.blocks import HERE, open_executor
from activellm.errors import UnknownNameError, UsageError
from activellm.pool import NearFolds, Pool
from activellm.pool.sampling import open_sampler, read_sampler

BY_SIZE = "spread(clusters=40, shares=proportional)"
COUNTS = {"weather": 900, "food": 250, "traffic": 40, "music": 10}
KILLED = """
import sys
from pathlib import Path
import numpy as np
from activellm.pool import NearFolds, Pool
from activellm.pool.sampling import open_sampler
from spread_samples import Killed

sampler = open_sampler("spread", folder=Path(sys.argv[2]), size=200, executor=Killed(3))
sampler.draw(Pool.open(sys.argv[1]), 50, np.random.default_rng(1))
"""


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return pool_file(tmp_path_factory.mktemp("pool"), COUNTS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("blocks")


def draw(pool, folder, n=50, seed=1, exclude=(), written="spread", **offered):
    sampler = open_sampler(written, folder=folder, **{"size": 500, **offered})
    return sampler.draw(pool, n, np.random.default_rng(seed), exclude)


def topics(ids):
    return Counter(id_.partition("-")[0] for id_ in ids)


def test_small_groups_are_found(tmp_path):
    """Two groups of eight like texts among 400: each is a cluster, and gives as many as others."""
    texts = [f"{word} {word} {word} news" for word in words(400)]
    texts += [f"the bus {n} is late" for n in range(8)] + [
        f"soup no. {n} is cold" for n in range(8)
    ]
    pool = Pool.from_texts(texts, ids=[str(n) for n in range(416)])
    found = [
        sum(
            int(id_) >= 400 for id_ in draw(pool, tmp_path, 40, seed, written="spread(clusters=40)")
        )
        for seed in range(10)
    ]
    by_size = [
        sum(int(id_) >= 400 for id_ in draw(pool, tmp_path, 40, seed, written=BY_SIZE))
        for seed in range(10)
    ]
    assert min(found) >= 1
    assert 1 <= np.mean(by_size) <= 2.5  # by chance it would be 1.5


def words(n):
    rng = np.random.default_rng(0)
    return ["".join(rng.choice(list("abcdefghijklmnop"), size=7)) for _ in range(n)]


def test_shares_by_size(pool, folder):
    drawn = draw(pool, folder, 120, written="spread(clusters=8, shares=proportional)")
    of = dict(zip((one.id for one in pool), clusters_in(folder), strict=True))
    sizes, given = Counter(of.values()), Counter(of[id_] for id_ in drawn)
    assert all(abs(given[cluster] - size / 10) < 1 for cluster, size in sizes.items())


def test_every_cluster_is_served(pool, folder):
    draw(pool, folder, written="spread(clusters=30)")
    of = dict(zip((one.id for one in pool), clusters_in(folder), strict=True))
    drawn = draw(pool, folder, n=len({*of.values()}), written="spread(clusters=30)")
    assert {of[id_] for id_ in drawn} == {*of.values()}


def clusters_in(folder):
    import pyarrow as pa

    found = []
    for path in sorted((folder / "spread" / "clusters").glob("*.arrow")):
        found += pa.ipc.open_file(path).read_all().column("cluster").to_pylist()
    return found


def test_same_seed_same_draw_and_another_one_another(pool, folder):
    assert draw(pool, folder) == draw(pool, folder)
    assert {*draw(pool, folder)} != {*draw(pool, folder, seed=2)}


def test_size_of_blocks_and_executor_do_not_matter(pool, tmp_path):
    expected = draw(pool, tmp_path / "a", size=1200)
    assert draw(pool, tmp_path / "b", size=77) == expected
    executor = open_executor("processes", 2)
    assert draw(pool, tmp_path / "c", size=400, executor=executor) == expected
    assert {path.name for path in (tmp_path / "c" / "spread").iterdir()} == {
        "centres.npz", "clusters", "sketch", "table.npz",
    }  # fmt: skip


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_ray_draws_the_same_and_says_nothing_of_itself(pool, tmp_path, capfd):
    executor = open_executor("ray", 2)
    drawn = draw(pool, tmp_path / "ray", size=400, executor=executor)
    assert capfd.readouterr() == ("", "")
    assert drawn == draw(pool, tmp_path / "here")


def test_excluded_are_not_drawn_and_their_cluster_gives_others(pool, folder):
    exclude = {one.id for one in pool if one.id.startswith(("music", "weather-1"))}
    drawn = draw(pool, folder, n=400, exclude=exclude)
    assert not exclude & {*drawn}
    assert len({*drawn}) == 400


def test_near_copies_are_not_drawn(tmp_path):
    pool = pool_file(tmp_path, {"food": 60, "music": 40})
    rows = np.arange(1, 100, 2)
    folds = NearFolds(rows, rows - 1, np.ones(50), threshold=0.9, texts=100, cut=0)
    folds.write(NearFolds.path(pool.path))
    pool = Pool.open(pool.path)
    first = pool.ids_at(np.arange(0, 100, 2))
    assert {*draw(pool, tmp_path, n=100)} == {*first}
    assert {*draw(pool, tmp_path, n=100, exclude=pool.ids_at(np.array([1, 4])))} == {
        *first[1:2],
        *first[3:],
    }


def test_later_rounds_compute_nothing_of_all_texts(pool, tmp_path):
    first = draw(pool, tmp_path)

    class Refusing:
        def run(self, work, blocks, folder):
            assert not blocks, work.what
            yield from ()

    assert draw(pool, tmp_path, executor=Refusing()) == first
    assert not {*draw(pool, tmp_path, exclude=first, executor=Refusing())} & {*first}


def test_goes_on_after_a_kill(pool, tmp_path):
    folder = tmp_path / "blocks"
    command = [sys.executable, "-c", KILLED, pool.path, folder]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parent)]),
    }
    ended = subprocess.run(command, check=False, env=environment)
    assert ended.returncode == -signal.SIGKILL
    done = []

    class Counting:
        def run(self, work, blocks, folder):
            done.append((work.what, len(blocks)))
            yield from HERE.run(work, blocks, folder)

    drawn = draw(pool, folder, size=200, executor=Counting())
    assert done == [("Sketching texts", 3), ("Sorting texts into clusters", 6)]
    assert drawn == draw(pool, tmp_path / "undisturbed")


def test_what_is_kept_of_another_pool_is_not_used(pool, folder, tmp_path):
    draw(pool, folder)
    copied = tmp_path / "copied"
    shutil.copytree(folder, copied)
    other = pool_file(tmp_path, {"food": 300, "music": 300})
    assert {*draw(other, copied)} <= {one.id for one in other}
    assert draw(other, copied) == draw(other, tmp_path / "fresh")


def test_a_damaged_cache_is_made_again(pool, tmp_path):
    first = draw(pool, tmp_path)
    (tmp_path / "spread" / "centres.npz").write_bytes(b"no archive")
    (tmp_path / "spread" / "sketch" / "000001.arrow").write_bytes(b"no table")
    assert draw(pool, tmp_path) == first


def test_pairs_differ_by_their_second_text(tmp_path):
    seconds = [f"{word} {word} {n}" for word in ("rainfall", "sandwich") for n in range(40)]
    pool = Pool.from_texts([("the question", second) for second in seconds])
    draw(pool, tmp_path, n=20, written="spread(clusters=2)")
    found = clusters_in(tmp_path)
    assert len({*found[:40]}) == len({*found[40:]}) == 1
    assert found[0] != found[40]


def test_by_the_encoder(pool, tmp_path, monkeypatch):
    """A real encoder of random weights; a pool of any size is announced with the time it takes."""
    import tiny_encoder

    from activellm.spread import sampler as module

    model = tiny_encoder.build(tmp_path / "model")
    monkeypatch.setattr(module, "TRIED", 20)
    told = []

    def progress(what, done, total):
        told.append(what)

    options = {"written": "spread(vectors=encoder)", "encoder": str(model), "device": "cpu"}
    drawn = draw(pool, tmp_path, progress=progress, **options)
    assert len({*drawn}) == 50
    assert told[0] == "Embedding texts (about 1 min for one worker)"
    assert drawn == draw(pool, tmp_path / "again", size=333, **options)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("spread(clusers=3)", "has no setting 'clusers'"),
        ("spread(folder=x)", "has no setting 'folder'"),
        ("spread(vectors=magic)", "cannot work with vectors=magic"),
        ("spread(shares=0)", "shares is a word, not 0"),
        ("spread(clusters=-1)", "cannot work with clusters=-1"),
        ("spread(", "is no candidate sampler"),
        ("random(n=3)", "has no setting 'n'"),
    ],
)
def test_wrong_requests(written, message):
    with pytest.raises(UsageError, match=message):
        open_sampler(written)


def test_an_unknown_name():
    with pytest.raises(UnknownNameError, match="no candidate sampler called 'sprad'"):
        read_sampler("sprad(clusters=3)")


def test_the_key_is_plain_json(pool, folder):
    draw(pool, folder)
    key = json.loads((folder / "spread" / "clusters" / "key.json").read_text("utf-8"))
    assert key["rows"] == len(pool)
