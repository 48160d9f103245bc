import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from activellm.encoders import CachedEncoder, Encoder, Vectors, open_encoder
from activellm.errors import StoreError
from activellm.pool.example import Content
from activellm.progress import Progress, silent


class Counting:
    """Passes on to a real encoder, and counts."""

    def __init__(self, inner: Encoder) -> None:
        self.inner, self.spec, self.folder = inner, inner.spec, inner.folder
        self.texts = 0

    def identity(self) -> dict[str, str]:
        return dict(self.inner.identity())

    def embed(self, contents: Sequence[Content], *, progress: Progress = silent) -> Vectors:
        self.texts += len(contents)
        return self.inner.embed(contents, progress=progress)


@pytest.fixture
def counting(tiny: Path) -> Counting:
    return Counting(open_encoder(str(tiny), device="cpu"))


TEXTS = ["good", "", "bad film", "good", "a \ud83d half character"]


def test_it_gives_what_the_encoder_gives_once(counting: Counting, tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    expected = counting.inner.embed(TEXTS)
    first = CachedEncoder(counting, path).embed(TEXTS)
    assert counting.texts == 4
    np.testing.assert_allclose(first, expected, atol=1e-6)
    again = CachedEncoder(counting, path).embed(TEXTS[::-1])
    assert counting.texts == 4
    np.testing.assert_array_equal(again, first[::-1])
    assert again.dtype == np.float32


def test_a_pair_uses_its_texts_vectors(counting: Counting, tmp_path: Path) -> None:
    cached = CachedEncoder(counting, tmp_path / "vectors.db")
    pairs = [("good", "bad film"), ("bad film", "good")]
    expected = counting.inner.embed(pairs)
    cached.embed(["good", "bad film"])
    np.testing.assert_allclose(cached.embed(pairs), expected, atol=1e-6)
    assert counting.texts == 2


def test_encoders_do_not_share_vectors(tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    text = ["good film " * 50]
    short = open_encoder(str(tiny), device="cpu", max_length=16)
    CachedEncoder(open_encoder(str(tiny), device="cpu"), path).embed(text)
    np.testing.assert_array_equal(CachedEncoder(short, path).embed(text), short.embed(text))


def test_many_texts_are_looked_up_and_kept(counting: Counting, tmp_path: Path) -> None:
    texts = [f"film {number}" for number in range(1300)]
    cached = CachedEncoder(counting, tmp_path / "vectors.db")
    seen: list[tuple[int, int | None]] = []
    vectors = cached.embed(texts, progress=lambda what, done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == [512, 1024, 1300]
    np.testing.assert_array_equal(cached.embed(texts[700:720]), vectors[700:720])
    assert counting.texts == 1300


def test_what_is_known_in_part_and_asked_for_twice(counting: Counting, tmp_path: Path) -> None:
    """Known, new and repeated texts in one chunk and over several, in no order of length."""
    cached = CachedEncoder(counting, tmp_path / "vectors.db")
    texts = [f"{'very ' * (number % 7)}film {number % 900}" for number in range(1800)]
    expected = counting.inner.embed(texts)
    cached.embed(texts[100:300])
    np.testing.assert_allclose(cached.embed(texts), expected, atol=1e-5)
    assert counting.texts == len(set(texts))


class Fixed:
    """Gives vectors at no cost, to see what the cache itself takes."""

    spec, folder = "fixed", Path()

    def identity(self) -> dict[str, str]:
        return {"weights": "fixed"}

    def embed(self, contents: Sequence[Content], *, progress: Progress = silent) -> Vectors:
        numbers = [int(str(content).split()[0]) for content in contents]
        return np.repeat(np.array(numbers, dtype=np.float32)[:, None], 384, axis=1)


def test_a_large_pools_vectors_are_held_once(tmp_path: Path) -> None:
    texts = [f"{number} {'word ' * (number % 40)}" for number in range(12_000)]
    cached = CachedEncoder(Fixed(), tmp_path / "vectors.db")
    for _ in ("new", "known"):
        tracemalloc.start()
        vectors = cached.embed(texts)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        np.testing.assert_array_equal(vectors[:, 5], np.arange(12_000))
        assert peak < 1.4 * vectors.nbytes


def test_a_file_of_the_first_layout_goes_on(counting: Counting, tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    database = sqlite3.connect(path)
    database.executescript(
        "CREATE TABLE encoder (number INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE);"
        "CREATE TABLE vector (encoder INTEGER NOT NULL REFERENCES encoder (number),"
        " text BLOB NOT NULL, numbers BLOB NOT NULL, PRIMARY KEY (encoder, text)) WITHOUT ROWID;"
    )
    database.close()
    first = CachedEncoder(counting, path).embed(TEXTS)
    np.testing.assert_array_equal(CachedEncoder(counting, path).embed(TEXTS), first)
    assert counting.texts == 4


def test_nothing_asked_nothing_given(counting: Counting, tmp_path: Path) -> None:
    assert CachedEncoder(counting, tmp_path / "vectors.db").embed([]).shape == (0, 32)


def test_threads_may_share_it(counting: Counting, tmp_path: Path) -> None:
    cached = CachedEncoder(counting, tmp_path / "vectors.db")
    expected = counting.inner.embed(TEXTS)
    results: list[Vectors] = []
    threads = [threading.Thread(target=lambda: results.append(cached.embed(TEXTS))) for _ in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3
    for vectors in results:
        np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_a_damaged_file_is_a_clear_error(counting: Counting, tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    path.write_bytes(b"this is no database, by no means " * 50)
    with pytest.raises(StoreError, match="delete the file"):
        CachedEncoder(counting, path).embed(["good"])


def test_killed_it_goes_on_where_it_was(tiny: Path, tmp_path: Path, counting: Counting) -> None:
    path = tmp_path / "vectors.db"
    texts = [f"film {number} good and bad" for number in range(2_500)]
    code = (
        "from pathlib import Path\n"
        "from activellm.encoders import CachedEncoder, open_encoder\n"
        f"cached = CachedEncoder(open_encoder({str(tiny)!r}, device='cpu'), Path({str(path)!r}))\n"
        "cached.embed([f'film {n} good and bad' for n in range(2_500)])\n"
    )
    one_thread = {**os.environ, "ACTIVELLM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-c", code], env=one_thread)
    kept = _wait_for_rows(path, process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = database.execute("SELECT count(*) FROM vector").fetchone()[0]
    database.close()
    assert 0 < kept < 2_500
    CachedEncoder(counting, path).embed(texts)
    assert counting.texts == 2_500 - kept


def _wait_for_rows(path: Path, process: "subprocess.Popen[bytes]") -> int:
    for _ in range(3000):
        time.sleep(0.02)
        assert process.poll() is None, "it ended before it could be killed"
        if path.exists():
            database = sqlite3.connect(path, timeout=60)
            try:
                rows = database.execute("SELECT count(*) FROM vector").fetchone()[0]
            except sqlite3.OperationalError:
                rows = 0
            finally:
                database.close()
            if rows:
                return int(rows)
    raise AssertionError("nothing was kept within a minute")
