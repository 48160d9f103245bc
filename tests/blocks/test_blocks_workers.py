"""Worker processes that are killed, fail or are stopped: nothing is lost and nothing half done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pyarrow as pa
import pytest
from block_works import Failing, Full, Hashing, contents, pool_of

from activellm.blocks import do_blocks, open_executor
from activellm.errors import ActiveLLMError, UsageError

TEXTS = 3_000
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> str:
    return pool_of(tmp_path_factory.mktemp("pool"), TEXTS)


@pytest.fixture(scope="module")
def expected(pool: str, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """What this process makes of it."""
    return contents(do_blocks(Hashing(pool), TEXTS, tmp_path_factory.mktemp("here"), size=100))


def test_a_killed_worker_is_replaced(pool: str, expected: list[bytes], tmp_path: Path) -> None:
    work = Hashing(pool, fatal=4)
    done = do_blocks(work, TEXTS, tmp_path, size=100, executor=open_executor("processes", 2))
    assert Path(pool).with_suffix(".died").exists()
    assert contents(done) == expected
    assert [one for one in psutil.Process().children() if "spawn_main" in str(one.cmdline())] == []


def test_a_block_that_kills_each_worker_ends_the_run(pool: str, tmp_path: Path) -> None:
    work = Hashing(pool, fatal=0, always=True)
    with pytest.raises(ActiveLLMError, match="killed again and again"):
        do_blocks(work, 200, tmp_path, size=100, executor=open_executor("processes", 1))


def test_a_workers_trouble_is_told_as_it_was(pool: str, tmp_path: Path) -> None:
    """Of all kinds: what users can mend, what the system says, and bugs with their place."""
    executor = open_executor("processes", 1)
    with pytest.raises(UsageError, match=r"row 7: This text is bad\. Mend it\.") as told:
        do_blocks(Hashing(pool, bad=1), 200, tmp_path, size=100, executor=executor)
    assert told.value.exit_code == 2
    assert sorted(path.name for path in tmp_path.glob("*.arrow")) == ["000000.arrow"]
    with pytest.raises(OSError, match="No space left") as full:
        do_blocks(Full(pool), 200, tmp_path / "full", size=100, executor=executor)
    assert full.value.filename == "somewhere"
    with pytest.raises(RuntimeError, match=r"(?s)block_works.*ZeroDivisionError"):
        do_blocks(Failing(pool), 200, tmp_path / "bug", size=100, executor=executor)


def begin(pool: str, folder: Path, seconds: float, executor: str, workers: int) -> psutil.Popen:
    """The program that does the blocks, when it has done some."""
    arguments = [pool, str(folder), executor, str(workers), str(seconds)]
    program = psutil.Popen(
        [sys.executable, str(HERE / "driving_blocks.py"), *arguments], stdout=subprocess.PIPE
    )
    assert program.stdout is not None
    while int(program.stdout.readline()) < 300:
        assert program.poll() is None
    return program


@pytest.mark.parametrize(
    ("executor", "workers", "sent"),
    [
        ("here", 1, signal.SIGINT),
        ("processes", 2, signal.SIGINT),
        ("processes", 2, signal.SIGKILL),
    ],
)
def test_a_stopped_run_leaves_whole_blocks_only_and_goes_on(
    executor: str, workers: int, sent: int, pool: str, expected: list[bytes], tmp_path: Path
) -> None:
    program = begin(pool, tmp_path, 0.1, executor, workers)
    others = program.children(recursive=True)
    os.kill(program.pid, sent)
    assert program.wait(30) == (130 if sent == signal.SIGINT else -signal.SIGKILL)
    program.stdout.close()
    assert psutil.wait_procs(others, timeout=30)[1] == []
    found = sorted(tmp_path.glob("*.arrow"))
    assert 3 <= len(found) < len(expected)
    for path in found:
        with pa.memory_map(str(path)) as file:
            assert pa.ipc.open_file(file).read_all().num_rows == 100
    told: list[int] = []
    done = do_blocks(
        Hashing(pool), TEXTS, tmp_path, size=100, progress=lambda _, rows, total: told.append(rows)
    )
    assert told[0] == done.kept == 100 * len(found)
    assert contents(done) == expected
    assert [path for path in tmp_path.iterdir() if path.name.endswith((".part", ".tries"))] == []
