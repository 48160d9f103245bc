"""A large pool needs no more memory than a small one."""

from __future__ import annotations

import csv
import subprocess
import sys

import pytest

MEASURE = """
import resource, sys
from pathlib import Path
from activellm.pool import Pool, import_pool, open_source
report = import_pool(open_source(sys.argv[1]), Path(sys.argv[2]), label="label")
print(report.rows, report.kept, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def peak(folder, rows):
    with (folder / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        for row in range(rows):
            number = row % (rows * 9 // 10)
            writer.writerow((f"The street light number {number} is out. " * 3, "ab"[row % 2]))
    command = [sys.executable, "-c", MEASURE, folder / "rows.csv", folder / "pool.arrow"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert (int(answer[0]), int(answer[1])) == (rows, rows * 9 // 10)
    return float(answer[2])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs the module resource")
def test_memory_does_not_grow_with_the_rows(tmp_path):
    """180,000 more rows are 25 MiB of text; Python strings of the digests alone were 10 MiB."""
    small, large = peak(tmp_path, 20_000), peak(tmp_path, 200_000)
    assert large - small < 12, f"{small:.0f} MiB, then {large:.0f} MiB"


def test_the_room_is_light_to_import():
    code = "import sys, activellm.pool; print('pyarrow' in sys.modules, 'numpy' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert answer.stdout.split() == ["False", "False"]


def test_every_public_name_is_there_and_documented():
    import activellm.pool as room

    assert all(getattr(room, name) is not None for name in room.__all__)
    documented = [name for name in room.__all__ if isinstance(getattr(room, name), type)]
    assert all(getattr(room, name).__doc__ for name in documented)
    with pytest.raises(AttributeError, match="nothing"):
        room.nothing  # noqa: B018
