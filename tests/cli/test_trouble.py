"""Wrong use and bad input: one clear message, the right exit code, and nothing changed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TASK = ("--task", "Which?", "--label", "a", "--label", "b")


def everything_in(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if not path.name.startswith((".lock", "activellm.db"))
    }


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("run", "missing.csv", *TASK), 2, "missing.csv"),
        (("run", "good.csv", *TASK, "--text", "nope"), 2, "nope"),
        (("run", "picture.csv", *TASK), 2, "picture.csv"),
        (("run", "empty.csv", *TASK), 2, "empty.csv"),
        (("run", "broken.jsonl", *TASK), 2, "line 2"),
        (("run", "good.csv", "--label", "a", "--label", "b"), 2, "--task"),
        (("run", "good.csv", "--task", "x", "--label", "a"), 2, "--label"),
        (("run", "good.csv", "--task", "x", "--label", "a", "--label", "A"), 2, "case"),
        (("run", "good.csv", *TASK, "--strategy", "kmean"), 2, "Did you mean 'kmeans'"),
        (("run", "good.csv", *TASK, "--successor", "svm"), 2, "finetune, linear"),
        (("run", "good.csv", *TASK, "--successor", "finetune(epoch=3)"), 2, "no setting 'epoch'"),
        (("run", "good.csv", *TASK, "--successor", "finetune(epochs=x)"), 2, "a whole number"),
        (("run", "good.csv", *TASK, "--successor", "linear(C=-1)"), 2, "above 0"),
        (("run", "good.csv", *TASK, "--successor", "adapet"), 2, "masked-language head"),
        (("run", "good.csv", *TASK, "--strategy", "kmeans", "--sampler", "spread(clusters=x)"), 2,
         "clusters is a whole number, not 'x'"),
        (("run", "good.csv", *TASK, "--preset", "best"), 2, "Known: paper"),
        (("run", "good.csv", *TASK, "--oracle", "friend"), 2, "browser"),
        (("run", "good.csv", *TASK, "--oracle", "column:nope"), 2, "nope"),
        (("run", "good.csv", *TASK, "--llm", "nobody/nothing"), 2, "nobody"),
        (("run", "good.csv", *TASK, "--llm", "none", "--strategy", "listwise"), 2, "--llm"),
        (("run", "good.csv", *TASK, "--select", "30", "--candidates", "20"), 2, "--select"),
        (("run", "good.csv", *TASK, "--select", "0"), 2, "--select"),
        (("run", "good.csv", *TASK, "--device", "tpu"), 2, "--device"),
        (("run", "good.csv", *TASK, "--encoder", "/no/such/folder"), 2, "/no/such/folder"),
        (("run", "good.csv", *TASK, "--select", "100"), 2, "100 picks were asked for"),
        (("run", "good.csv", *TASK, "--oracle", "column:label"), 2, "'c' is not one of"),
        (("run", "good.csv", "--task-file", "no.toml"), 2, "no.toml"),
        (("run", "good.csv", "--task-file", "x.toml", "--task", "y"), 2, "--task-file"),
        (("run",), 2, "There is no project here"),
        (("status",), 2, "There is no project here"),
        (("status", "--project", "nowhere"), 2, "There is no project here"),
        (("list", "strategy"), 2, "Did you mean 'strategies'"),
        (("frobnicate",), 2, "frobnicate"),
        (("run", "--frobnicate"), 2, "--frobnicate"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)  # fmt: skip
def test_one_clear_message_and_nothing_changed(
    activellm: Callable,
    tmp_path: Path,
    tiny_encoder: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"some text number {i},{'abc'[i % 3]}\n" for i in range(40))
    Path("good.csv").write_text("text,label\n" + rows)
    Path("picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\xff")
    Path("empty.csv").write_text("")
    Path("broken.jsonl").write_text('{"text": "fine"}\n{"text": \n')
    before = everything_in(tmp_path)
    extra = ("--encoder", str(tiny_encoder)) if "good.csv" in arguments else ()
    if "--encoder" in arguments:
        extra = ()
    if "run" in arguments and "--oracle" not in arguments:
        extra += ("--oracle", "terminal") if "good.csv" in arguments else ()
    ended = activellm(*arguments, *extra)
    assert (ended.code, ended.out.count("Traceback")) == (code, 0), ended.err
    assert says in ended.err
    assert "Traceback" not in ended.err
    assert everything_in(tmp_path) == before


def test_a_contradicted_project_stays_as_it_is(
    activellm: Callable, job: list[object], tmp_path: Path, messages: Path
) -> None:
    project = tmp_path / "messages.activellm"
    assert activellm("init", *job).code == 0
    before = everything_in(project)
    other = tmp_path / "other.csv"
    other.write_text("text\nx\n")
    for arguments in (
        ("--project", project, other),
        ("--project", project, "--task", "Something else?"),
        ("--project", project, "--label", "p", "--label", "q"),
        ("--project", project, "--seed", 9),
        ("--project", project, "--strategy", "nope"),
        ("--project", project, "--successor", "finetune(epochs=x)"),
        ("--project", project, "--oracle", "column:nope"),
    ):
        ended = activellm("run", *arguments)
        assert ended.code == 2
        assert everything_in(project) == before, arguments


def test_a_busy_port(activellm: Callable, job: list[object]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = activellm("run", *job, "--label", "waste", "--label", "roads", "--oracle",
                          "browser", "--no-browser", "--port", port)  # fmt: skip
    assert ended.code in (1, 2)
    assert str(port) in ended.err


def test_two_processes_on_one_project(
    activellm: Callable, job: list[object], tmp_path: Path
) -> None:
    from activellm.project import Project

    project = tmp_path / "messages.activellm"
    activellm("init", *job)
    with Project(project).locked():
        ended = subprocess.run(
            [sys.executable, "-m", "activellm", "run", "--project", str(project)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert ended.returncode == 1
    assert "Another activellm process" in ended.stderr


def test_a_dead_llm_server_fails_and_the_next_run_goes_on(
    activellm: Callable, job: list[object]
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        dead = probe.getsockname()[1]
    ended = activellm(
        "run", *job, "--strategy", "listwise", "--llm", f"http://127.0.0.1:{dead}/v1#m"
    )
    assert ended.code == 1
    assert f"127.0.0.1:{dead}" in ended.err
    assert activellm("run", *job, "--strategy", "kmeans", "--llm", "none").code == 0


@pytest.mark.skipif(os.name != "posix", reason="a small file system is made with a POSIX limit")
def test_no_disk_space_leaves_nothing_behind(tmp_path: Path) -> None:
    rows = "".join(
        f"text number {i} of a pool that is larger than the limit\n" for i in range(9000)
    )
    (tmp_path / "big.txt").write_text(rows)
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "from activellm.cli.main import main\n"
        "sys.argv = 'activellm init big.txt --task x --label a --label b'.split()\n"
        "main()"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True,
                           text=True, check=False)  # fmt: skip
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["big.txt"]


def test_ctrl_c_stops_cleanly(job: list[object]) -> None:
    options = [*map(str, job), "--label", "waste", "--label", "roads", "--label", "permits"]
    options += ["--label", "parks", "--label", "noise", "--oracle", "browser", "--no-browser"]
    with subprocess.Popen(
        [sys.executable, "-m", "activellm", "run", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert any("http://127.0.0.1" in line for line in process.stdout)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130, out + err
    assert "Stopped" in err
    assert "Traceback" not in err


class TestStartUp:
    def test_help_loads_nothing_heavy(self) -> None:
        code = (
            "import sys\nfrom activellm.cli.main import app\n"
            "try: app(['--help'])\nexcept SystemExit: pass\n"
            "heavy = {'torch', 'transformers', 'sklearn', 'scipy', 'numpy', 'pyarrow', 'fastapi',"
            " 'sqlalchemy', 'pydantic', 'rich'}\n"
            "print('HEAVY', sorted(heavy & set(sys.modules)))"
        )
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                               check=True)  # fmt: skip
        assert ended.stdout.strip().endswith("HEAVY []")
