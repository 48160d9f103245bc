"""Jobs that the owner starts: told as they go, one at a time, stopped, and never left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from activellm.errors import UnknownNameError, UsageError
from activellm.project.jobs import Jobs

SAYS = "import json, sys, time\ndef say(**line): print(json.dumps(line), flush=True)\n"
STUBBORN = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"


def jobs_of(script, **more):
    made = Jobs(lambda _job: [sys.executable, "-c", SAYS + script], **more)
    made.ended_states = lambda: [one for one in made.states() if one["ended"]]
    return made


def wait_until(what, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.01)
    pytest.fail("it did not come to that")


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_a_job_tells_how_far_it_is_and_what_came_of_it():
    over = threading.Event()
    go = "say(doing='Training', fraction=0.25); print('noise')\n"
    go += "sys.stdin.readline(); say(done='Ok.')"
    jobs = jobs_of(go, ended=over.set)
    started = jobs.start("train")
    assert started["state"] == "running"
    state = wait_until(lambda: [one for one in jobs.states() if one["message"]])[0]
    assert (state["message"], state["fraction"], state["ended"]) == ("Training", 0.25, "")
    jobs._process.stdin.write("go\n")
    jobs._process.stdin.flush()
    assert over.wait(10)
    (state,) = jobs.states()
    assert (state["job"], state["state"], state["message"]) == ("train", "done", "Ok.")
    assert state["ended"] >= state["started"]
    jobs.close()


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("say(failed='No text is left.'); sys.exit(1)", "No text is left."),
        ("raise RuntimeError('out of luck')", "RuntimeError: out of luck"),
        ("import os; os._exit(7)", "It ended with code 7."),
    ],
)
def test_a_job_that_fails_says_why(script, message):
    jobs = jobs_of(script)
    jobs.start("train")
    (state,) = wait_until(jobs.ended_states)
    assert (state["state"], state["message"]) == ("failed", message)
    jobs.start("train")  # and another one may follow
    assert len(wait_until(lambda: jobs.ended_states()[1:] and jobs.ended_states())) == 2
    jobs.close()


def test_there_is_one_at_a_time():
    jobs = jobs_of("time.sleep(60)")
    first = jobs.start("train")
    with pytest.raises(UsageError, match="Another job is running"):
        jobs.start("report")
    with pytest.raises(UnknownNameError):
        jobs.start("dance")
    with pytest.raises(UsageError, match="no such job"):
        jobs.stop("x")
    jobs.stop(first["id"])
    assert wait_until(jobs.ended_states)[0]["state"] == "stopped"
    jobs.start("report")
    jobs.close()
    assert [one["state"] for one in jobs.states()] == ["stopped", "stopped"]
    with pytest.raises(UsageError):
        jobs.start("train")


def test_a_job_that_does_not_listen_is_killed_with_all_that_it_started():
    child = "import subprocess; p = subprocess.Popen([sys.executable, '-c', 'import signal, time; "
    child += "signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)'])\n"
    script = STUBBORN + child + "import os; say(doing=f'{os.getpid()} {p.pid}')\ntime.sleep(60)"
    jobs = jobs_of(script, grace=0.5)
    job = jobs.start("train")
    state = wait_until(lambda: [one for one in jobs.states() if one["message"]])[0]
    pids = [int(pid) for pid in state["message"].split()]
    assert all(alive(pid) for pid in pids)
    jobs.stop(job["id"])
    assert jobs.states()[0]["state"] == "stopped"
    assert jobs.states()[0]["ended"] == ""  # it is being stopped
    wait_until(jobs.ended_states)
    wait_until(lambda: not any(alive(pid) for pid in pids))
    jobs.close()


def test_closing_ends_what_runs():
    jobs = jobs_of(STUBBORN + "import os; say(doing=str(os.getpid()))\ntime.sleep(60)", grace=0.3)
    jobs.start("train")
    state = wait_until(lambda: [one for one in jobs.states() if one["message"]])[0]
    jobs.close()
    assert not alive(int(state["message"]))
    assert jobs.states()[0]["ended"]


SERVER = """
import sys, time
from activellm.project.jobs import Jobs
jobs = Jobs(lambda job: [sys.executable, "-m", "activellm.cli.work", sys.argv[1], job])
jobs.start("train")
print(jobs._process.pid, flush=True)
time.sleep(60)
"""


def test_a_killed_server_leaves_no_job_behind(tmp_path):
    """The real job program, in front of a project that is locked by nobody and loads for long."""
    fifo = tmp_path / "project.toml"
    os.mkfifo(fifo)  # reading it blocks: the job hangs until it is ended
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    pid = int(server.stdout.readline())
    time.sleep(0.7)
    assert alive(pid)
    server.kill()
    server.communicate()
    wait_until(lambda: not alive(pid), seconds=15)


def test_the_job_program_tells_users_errors(tmp_path):
    command = [sys.executable, "-m", "activellm.cli.work", str(tmp_path), "train"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as told:
        output = told.stdout.read()
    lines = [json.loads(line) for line in output.splitlines()]
    assert told.returncode == 2
    assert lines[-1]["failed"].startswith(f"{tmp_path}: There is no project here.")
