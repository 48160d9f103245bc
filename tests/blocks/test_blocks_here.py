"""Blocks in this process: what is done stays done, and only what belongs to the key is used."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from block_works import Hashing, contents, pool_of

from activellm.blocks import Block, alone, blocks, do_blocks, open_executor
from activellm.errors import ActiveLLMError, DataError, UnknownNameError, UsageError
from activellm.pool import Pool

TEXTS = 12_345
"""More than one Arrow batch of a pool."""


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> str:
    return pool_of(tmp_path_factory.mktemp("pool"), TEXTS)


class Watched:
    """Takes a run's progress and what it says."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.said: list[str] = []

    def progress(self, what: str, done: int, total: int | None, /) -> None:
        assert (what, total) == ("Hashing texts", TEXTS)
        self.done.append(done)


def run(work: Hashing, folder: Path, size: int = 5000) -> tuple[list[bytes], Watched]:
    watched = Watched()
    done = do_blocks(
        work, TEXTS, folder, size=size, progress=watched.progress, say=watched.said.append
    )
    assert done.kept == watched.done[0]
    return contents(done), watched


def test_blocks_cover_all_rows_once() -> None:
    assert blocks(7, 3) == [Block(0, 0, 3), Block(1, 3, 6), Block(2, 6, 7)]
    assert blocks(6, 3)[-1] == Block(1, 3, 6)
    assert blocks(0, 3) == []
    with pytest.raises(ValueError, match="one row"):
        blocks(7, 0)


def test_a_pools_block_is_its_rows_without_copies(pool: str) -> None:
    opened = Pool.open(pool)
    before = pa.total_allocated_bytes()
    table = opened.block(9_990, 12_001)
    assert pa.total_allocated_bytes() == before
    assert table.num_rows == 2_011
    rows = [example.text for example in opened][9_990:12_001]
    assert table.column("text").to_pylist() == rows
    assert table.schema.names == ["id", "text", "pair", "row", "copies", "label", "meta"]
    assert opened.block(0, TEXTS).num_rows == TEXTS
    assert opened.block(TEXTS, TEXTS).num_rows == 0
    with pytest.raises(IndexError):
        opened.block(0, TEXTS + 1)


def test_results_in_the_order_of_the_rows_and_only_the_missing_are_done(
    pool: str, tmp_path: Path
) -> None:
    first, watched = run(Hashing(pool), tmp_path)
    assert watched.done == [0, 5000, 10_000, TEXTS]
    (tmp_path / "000001.arrow").unlink()
    (tmp_path / ".000001.arrow.x.part").write_bytes(b"half")
    again, watched = run(Hashing(pool), tmp_path)
    assert watched.done == [7345, TEXTS]
    assert again == first
    assert not list(tmp_path.glob(".*.part"))
    done = do_blocks(Hashing(pool), TEXTS, tmp_path, size=5000)
    ids = [id for table in done.tables() for id in table.column("id").to_pylist()]
    assert ids == Pool.open(pool).block(0, TEXTS).column("id").to_pylist()


@pytest.mark.parametrize("spoil", [lambda data: b"", lambda data: data[: len(data) // 2]])
def test_a_damaged_result_is_done_again(spoil: object, pool: str, tmp_path: Path) -> None:
    first, _ = run(Hashing(pool), tmp_path)
    path = tmp_path / "000002.arrow"
    path.write_bytes(spoil(path.read_bytes()))  # type: ignore[operator]
    again, watched = run(Hashing(pool), tmp_path)
    assert watched.done[0] == 10_000
    assert again == first


def test_results_under_another_key_are_not_used(pool: str, tmp_path: Path) -> None:
    first, watched = run(Hashing(pool), tmp_path)
    assert watched.said == []
    stale = (tmp_path / "000001.arrow").read_bytes()
    other, watched = run(Hashing(pool, salt="s"), tmp_path)
    assert watched.said == [
        "Hashing texts begins anew: what was kept is of other inputs or settings."
    ]
    assert watched.done[0] == 0
    assert not set(other) & set(first)
    # A worker that outlived its run writes its old result late.
    (tmp_path / "000001.arrow").write_bytes(stale)
    again, watched = run(Hashing(pool, salt="s"), tmp_path)
    assert watched.done[0] == 7345
    assert again == other
    _, watched = run(Hashing(pool, salt="s"), tmp_path, size=6000)
    assert watched.done[0] == 0, "other blocks are other results"


def test_two_runs_do_not_meet_in_one_folder(pool: str, tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(ActiveLLMError, match="Another command is at work"):
        run(Hashing(pool), tmp_path)
    run(Hashing(pool), tmp_path)


def test_what_fails_leaves_the_blocks_before_it(pool: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="bad"):
        run(Hashing(pool, bad=1), tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.arrow")) == ["000000.arrow"]


def test_no_rows_are_no_blocks(pool: str, tmp_path: Path) -> None:
    assert do_blocks(Hashing(pool), 0, tmp_path).paths == ()


def test_executors_by_name() -> None:
    assert type(open_executor()).__name__ == "Here"
    assert type(open_executor(workers=2)).__name__ == "Processes"
    assert type(open_executor("processes")).__name__ == "Processes"
    with pytest.raises(UnknownNameError, match="processes"):
        open_executor("process")
    with pytest.raises(UsageError, match="one worker"):
        open_executor("here", 2)
    with pytest.raises(UsageError, match="--ray-address"):
        open_executor("processes", 2, "10.0.0.1:6379")
