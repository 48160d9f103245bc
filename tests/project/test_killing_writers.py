"""Writers killed at random moments: what was told as saved is there once, and the file is whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LOAD = Path(__file__).with_name("killing_load.py")


def account_of(address: str, rounds: int, seed: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(LOAD), address, str(rounds), str(seed)],
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    account: dict[str, Any] = json.loads(done.stdout)
    print(account)
    return account


def check(account: dict[str, Any]) -> None:
    assert account["wrong"] == []
    assert account["doubled"] == 0
    # A writer dies between keeping an answer and telling of it at most once.
    assert 0 <= account["kept"] - account["saved"] <= account["kills"]
    assert account["saved"] > account["kills"] / 4  # the kills came while there was something to do


@pytest.mark.slow
def test_200_kills_of_writers_on_a_file(tmp_path: Path) -> None:
    account = account_of(str(tmp_path / "activellm.db"), rounds=100, seed=1)
    assert account["kills"] == 200
    check(account)


def test_kills_of_writers_on_a_server(postgres: str) -> None:
    check(account_of(postgres, rounds=10, seed=2))
