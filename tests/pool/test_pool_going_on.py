"""An import that was killed goes on from where it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from filelock import FileLock

from activellm.errors import ActiveLLMError
from activellm.pool import Pool, import_pool, intake, open_source
from activellm.pool.sources.memory import MemorySource

ROWS = 20_000
DYING = """
import os, signal, sys
from activellm.pool import importer, intake

intake.PART_ROWS = 1000
name, row = sys.argv[1:3]

def dying(work):
    def until(*values):
        def progress(what, done, total):
            if done >= int(row):
                os.kill(os.getpid(), signal.SIGKILL)
        work(*values[:-1], progress)
    return until

setattr(importer, name, dying(getattr(importer, name)))
sys.argv = ["activellm", *sys.argv[3:]]
from activellm.cli.main import main
main()
"""

needs_kill = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "rows.csv"
    cells = ((row, row % (ROWS * 9 // 10), "" if row % 100 else "a") for row in range(ROWS))
    lines = [f"{row},The light number {number} is out,{label}\n" for row, number, label in cells]
    path.write_text("number,text,label\n" + "".join(lines))
    return path


def killed(table, where, row):
    """Kill `activellm init` at a row while it reads, or while it writes the pool."""
    command = ["init", str(table), "--task", "Which office?", "--label", "a", "--label", "b"]
    command += ["--label-column", "label", "--llm", "none"]
    code = subprocess.run([sys.executable, "-c", DYING, where, str(row), *command]).returncode
    assert code == -signal.SIGKILL
    return command


def stage_of(table):
    return table.parent / ".rows.activellm.import"


@needs_kill
@pytest.mark.parametrize(
    ("where", "row", "parts"), [("read_rows", 10_000, 9), ("write_pool", 1, 20)]
)
def test_a_killed_init_goes_on(table, tmp_path, where, row, parts):
    command = killed(table, where, row)
    assert not (tmp_path / "rows.activellm").exists()
    assert len(list(stage_of(table).glob("*.json"))) == parts + 1  # and the key
    before = {path.name: path.stat().st_mtime_ns for path in stage_of(table).glob("*.arrow")}
    done = subprocess.run(
        [sys.executable, "-m", "activellm", *command, "--json"], check=True, capture_output=True
    )
    assert b'"texts": 18000' in done.stdout
    assert before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.activellm", "rows.csv"]
    import_pool(open_source(table), tmp_path / "whole.arrow", label="label")
    whole = (tmp_path / "whole.arrow").read_bytes()
    assert (tmp_path / "rows.activellm" / "pool.arrow").read_bytes() == whole


def stopped(table, monkeypatch, tmp_path, **options):
    """Stop an import by Ctrl-C; the rows that it had taken in."""
    monkeypatch.setattr(intake, "PART_ROWS", 1000)

    def progress(_what, done, _total):
        if done >= 10_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_pool(open_source(table), tmp_path / "pool.arrow", progress=progress, **options)
    return tmp_path / ".pool.arrow.import"


def taken_in(table, monkeypatch, tmp_path, **options):
    """How many rows an import still takes in."""
    rows = []
    add = intake._Rows.add
    monkeypatch.setattr(
        intake._Rows, "add", lambda self, one: (rows.append(one.row), add(self, one))
    )
    import_pool(open_source(table), tmp_path / "pool.arrow", **options)
    return len(rows)


def test_only_the_rest_is_taken_in(table, monkeypatch, tmp_path):
    assert stopped(table, monkeypatch, tmp_path).is_dir()
    assert taken_in(table, monkeypatch, tmp_path) == ROWS - 9000
    assert len(Pool.open(tmp_path / "pool.arrow")) == ROWS * 9 // 10


def test_other_columns_begin_anew(table, monkeypatch, tmp_path):
    stopped(table, monkeypatch, tmp_path)
    assert taken_in(table, monkeypatch, tmp_path, id="number") == ROWS


def test_a_changed_file_begins_anew(table, monkeypatch, tmp_path):
    stopped(table, monkeypatch, tmp_path)
    os.utime(table, ns=(1, 1))
    assert taken_in(table, monkeypatch, tmp_path) == ROWS


def test_texts_of_a_program_begin_anew(monkeypatch, tmp_path):
    columns = {"text": [f"text {n}" for n in range(10)]}
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            import_pool(MemorySource(columns), tmp_path / "pool.arrow", progress=interrupt)
        columns["text"].reverse()
    import_pool(MemorySource(columns), tmp_path / "pool.arrow")
    assert [example.text for example in Pool.open(tmp_path / "pool.arrow")] == columns["text"]


def interrupt(*_):
    raise KeyboardInterrupt


def test_two_imports_at_once(tmp_path):
    (tmp_path / ".pool.arrow.import").mkdir()
    with (
        FileLock(tmp_path / ".pool.arrow.import" / "lock"),
        pytest.raises(ActiveLLMError, match="Another process imports"),
    ):
        import_pool(MemorySource({"text": ["a"]}), tmp_path / "pool.arrow")


def test_how_many_rows_there_will_be_is_told(table, tmp_path):
    totals = []
    import_pool(
        open_source(table),
        tmp_path / "pool.arrow",
        progress=lambda what, _, total: totals.append(total) if "Reading" in what else None,
    )
    assert totals[-1] == ROWS
    assert all(0.8 * ROWS < total < 1.25 * ROWS for total in totals)
