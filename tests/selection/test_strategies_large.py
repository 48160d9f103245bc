"""Many vectors take memory for themselves and little more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHILD = Path(__file__).with_name("large_child.py")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read as Linux gives it")
@pytest.mark.parametrize(
    ("name", "rows", "n"),
    [
        ("kmeans", 200_000, 300),
        ("coreset", 200_000, 32),
        ("discriminative", 200_000, 32),
        ("typiclust", 50_000, 32),
        ("probcover", 50_000, 32),
    ],
)
def test_memory_stays_within_the_vectors_and_400_mb(name, rows, n):
    done = subprocess.run(
        [sys.executable, str(CHILD), name, str(rows), str(n)],
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    )
    found = json.loads(done.stdout)
    assert len(set(found["ids"])) == n
    assert found["peak_mb"] < found["vectors_mb"] + 400
