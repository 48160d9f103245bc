"""Measuring, keeping and reporting of the benchmark of large pools."""

import sys

import pytest
from large_billion import at_size, billion
from large_curves import Curve
from large_pool import Results, main
from large_report import draw, tables
from measured import Kill, run

WORK = """
import subprocess, sys, time
child = "import time\\nheld = bytearray(120 * 2**20)\\n" \\
        "while time.process_time() < 1.0: pass\\n" \\
        "open(sys.argv[1], 'wb').write(held[:30 * 2**20])\\ntime.sleep(0.5)"
subprocess.run([sys.executable, "-c", "import sys\\n" + child, sys.argv[1]], check=True)
print("done")
"""


def test_a_command_is_measured_with_its_children(tmp_path) -> None:
    command = [sys.executable, "-c", WORK, str(tmp_path / "written")]
    cost, printed = run(command, log=tmp_path / "log.txt", folder=tmp_path)
    assert (cost.code, printed) == (0, "done\n")
    assert cost.cpu_s >= 1.0
    assert cost.seconds >= 1.5
    assert cost.processes == 2
    assert 120 <= cost.own_mb <= cost.peak_mb


def test_a_killed_driver_leaves_nothing_running(tmp_path) -> None:
    work = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time; {}'])"
    quick, stays = work.format("time.sleep(2)"), work.format("time.sleep(600)")
    for code, left in ((quick, 0), (stays, 1)):
        kill = Kill("driver", after_s=0.5)
        command = [sys.executable, "-c", code]
        cost, _ = run(command, log=tmp_path / "log.txt", folder=tmp_path, kill=kill, grace=5)
        assert (cost.code, cost.left) == (-9, left)
        assert kill.done


def row(pool: int, cpu_s: float, step: str = "import CSV", **others) -> dict:
    return {
        "pool": pool, "step": step, "executor": "here", "workers": 1, "killed": "", "rows": pool,
        "seconds": 2 * cpu_s, "cpu_s": cpu_s, "peak_mb": 300.0, "own_mb": 200.0, "left": 0,
        "load": 0.5, "driver_cpu_s": cpu_s / 4,
        "written_mb": 3.0, "disk_mb": 4.0, "kept_mb": pool * 1e-4, "outcome": "a", "texts": {},
        "killed_after_s": None, "when": "2026-01-01 10:00", "machine": "a machine", **others,
    }  # fmt: skip


def test_growth_and_what_a_row_costs() -> None:
    even = Curve([row(10**6, 12.0), row(10**5, 3.0)])
    assert even.a_row("cpu_s") == pytest.approx(1e-5)
    assert even.slope("cpu_s") == pytest.approx(0.602, abs=1e-3)
    assert at_size(even, "cpu_s", 10**7) == pytest.approx(102.0)
    assert at_size(even, "own_mb", 10**9) == 200.0
    steep = Curve([row(10**4, 2.0), row(10**5, 3.0), row(10**6, 2 + 10**1.5)])
    assert steep.slope("cpu_s") == pytest.approx(1.5)
    assert at_size(steep, "cpu_s", 10**8) == pytest.approx(2 + 10**4.5)
    assert Curve([row(10**5, 1.0)]).a_row("cpu_s") is None
    part = Curve([row(10**6, 50.0, "predict linear", rows=10**4)])
    assert at_size(part, "cpu_s", 10**9) == pytest.approx(5e6)
    assert at_size(part, "own_mb", 10**9) == 200.0


def test_tables_say_what_was_measured(tmp_path) -> None:
    rows = [
        row(10**5, 3.0),
        row(10**6, 12.0, texts={"rows": 9, "left": 7, "distinct": 8}),
        row(10**6, 4.0, "plain read, write"),
        row(10**6, 20.0, "predict tfidf"),
        row(10**6, 22.0, "predict tfidf", executor="ray", workers=2),
        row(10**6, 23.0, "predict tfidf", executor="ray", workers=2, killed="worker",
            killed_after_s=1.5, outcome="b"),
    ]  # fmt: skip
    text = tables(rows, "large_pool.svg")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert "| import CSV | 6 (3) | 24 (12) | 0.60 | 10 |" in lines
    assert "| import CSV | 10^6 | 9 | 7 | 8 |" in lines
    assert "| import CSV | plain read, write | 10^6 | 3.0 | 1.0 |" in lines
    assert any(line.startswith("| predict tfidf | 10^6 | ray, 2 |") for line in lines)
    assert [line for line in lines if "**differs**" in line and "| worker | 1.5 |" in line]
    assert "\n| import CSV | 12 s for 10^6 | 10 | 0.60 | 2.78 | 100 % | 2.78 |" in billion(rows)
    assert "small sizes" not in billion(rows)
    assert "predict tfidf" not in billion(rows), "one size says nothing about growth"
    grown = [*rows, row(10**5, 2.0, "predict tfidf")]
    assert "| predict tfidf | 20 s for 10^6 | 20 | 1.00 | 5.56 | 25 % | 1.43 |" in billion(grown)
    draw(rows, tmp_path / "figure.svg")
    assert "predict tfidf" in (tmp_path / "figure.svg").read_text()
    assert "Nothing" in tables([])


def test_what_is_measured_is_not_done_again(tmp_path, monkeypatch) -> None:
    names = ["make the files", "plain read, write"]
    command = ["large_pool.py", str(tmp_path), "--sizes", "1000", "--only", *names]
    monkeypatch.setattr(sys, "argv", command)
    main()
    kept = (tmp_path / "results.jsonl").read_text()
    assert [found["step"] for found in Results(tmp_path / "results.jsonl").rows.values()] == names
    assert not (tmp_path / "1000").exists()
    main()
    assert (tmp_path / "results.jsonl").read_text() == kept


def test_of_two_measurements_the_later_counts(tmp_path) -> None:
    results = Results(tmp_path / "results.jsonl")
    for seconds in (1.0, 2.0):
        results.add(row(1000, seconds))
    again = Results(tmp_path / "results.jsonl")
    assert [found["cpu_s"] for found in again.rows.values()] == [2.0]
