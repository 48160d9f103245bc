"""Ray Data on a cluster of this machine: workers killed, runs stopped, and nothing lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest
from block_works import Hashing, contents, pool_of
from worker_processes import workers

from activellm.blocks import do_blocks, open_executor
from activellm.errors import ActiveLLMError, MissingExtraError, UsageError

TEXTS = 6_000
HERE = Path(__file__).parent

pytestmark = [
    pytest.mark.ray,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed"),
]


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray's workers have to find the work's module."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), *filter(None, sys.path)]))


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> str:
    return pool_of(tmp_path_factory.mktemp("pool"), TEXTS)


@pytest.fixture(scope="module")
def expected(pool: str, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return contents(do_blocks(Hashing(pool), TEXTS, tmp_path_factory.mktemp("here"), size=100))


def test_of_three_workers_one_is_killed_and_a_block_that_fails_ends_the_run(
    pool: str,
    expected: list[bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")  # another cluster, which is not asked for
    crew: list[psutil.Process] = []

    def kill_one(_: str, done: int, __: int | None, /) -> None:
        if done >= 1_000 and not crew:
            crew.extend(workers())
            crew[0].kill()

    work, executor = Hashing(pool, slow=0.05), open_executor("ray", 3)
    folder = tmp_path / "killed"
    done = do_blocks(work, TEXTS, folder, size=100, executor=executor, progress=kill_one)
    assert len(crew) == 3
    assert contents(done) == expected
    assert capfd.readouterr().out == ""
    assert psutil.wait_procs(crew, timeout=30)[1] == []
    with pytest.raises(UsageError, match="row 7: This text is bad"):  # in a second cluster
        do_blocks(Hashing(pool, bad=1), 200, tmp_path / "bad", size=100, executor=executor)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_ends_its_workers_and_goes_on(
    sent: int, pool: str, expected: list[bytes], tmp_path: Path
) -> None:
    program = psutil.Popen(
        [sys.executable, str(HERE / "driving_blocks.py"), pool, str(tmp_path), "ray", "2", "0.2"],
        stdout=subprocess.PIPE,
    )
    assert program.stdout is not None
    while int(program.stdout.readline()) < 300:
        assert program.poll() is None
    crew = workers(program)  # Ray's own helpers end too, some after a minute
    assert crew
    os.kill(program.pid, sent)
    assert program.wait(60) == (130 if sent == signal.SIGINT else -signal.SIGKILL)
    program.stdout.close()
    assert psutil.wait_procs(crew, timeout=60)[1] == []
    found = len(list(tmp_path.glob("*.arrow")))
    assert 3 <= found < len(expected)
    done = do_blocks(Hashing(pool), TEXTS, tmp_path, size=100)
    assert done.kept == 100 * found
    assert contents(done) == expected


def test_an_address_where_nobody_is_is_told_at_once(pool: str, tmp_path: Path) -> None:
    with socket.socket() as bound:  # and does not listen
        bound.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{bound.getsockname()[1]}"
        executor = open_executor("ray", 2, address)
        with pytest.raises(ActiveLLMError, match=f"--ray-address {address}.*cannot be reached"):
            do_blocks(Hashing(pool), TEXTS, tmp_path, size=100, executor=executor)


def test_without_ray_the_install_line_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'activellm\[ray\]'"):
        open_executor("ray", 2)
