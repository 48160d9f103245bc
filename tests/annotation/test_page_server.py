"""The page's server as a process: ports, Ctrl-C, SIGKILL, and the end by itself."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import httpx2
import pytest
from annotation_logs import MemoryLog, SqliteLog
from annotation_samples import (
    BackgroundPage,
    ScriptedPage,
    gold,
    label_all,
    make_queue,
    make_task,
)

from activellm.annotation import BrowserOracle
from activellm.annotation.web.server import bind, hosts_of
from activellm.errors import UsageError

PROCESS = Path(__file__).with_name("page_process.py")


class Served:
    """A page process, and a scripted page that came in."""

    def __init__(self, log: Path, count: int, port: int = 0) -> None:
        command = [sys.executable, str(PROCESS), str(log), str(port), str(count)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.url = self.process.stdout.readline().strip()
        assert self.url, self.process.stderr.read()
        self.page = ScriptedPage(self.url)

    def end(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=20)
        self.page.close()
        return self.process.returncode, out, err


def test_it_ends_by_itself_after_the_last_answer(tmp_path: Path) -> None:
    served = Served(tmp_path / "log.db", 3)
    for id_ in served.page.texts():
        served.page.label(id_, "Roads")
    code, out, err = served.end()
    assert (code, out.strip(), err) == (0, "finished", "")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly_and_answers_are_kept(tmp_path: Path, sent: int) -> None:
    served = Served(tmp_path / "log.db", 3)
    served.page.label("t1", "Waste")
    served.process.send_signal(sent)
    code, out, err = served.end()
    assert code != 0
    assert out == ""
    if sent == signal.SIGINT:
        assert err.rstrip().endswith("KeyboardInterrupt")
    log = SqliteLog(tmp_path / "log.db")
    assert list(log.current()) == ["t1"]
    log.close()


def test_killed_at_many_points_no_confirmed_answer_is_lost(tmp_path: Path) -> None:
    path, count, points = tmp_path / "log.db", 60, random.Random(7)
    confirmed: set[str] = set()
    for _round in range(4):
        served = Served(path, count)
        open_ids = served.page.texts()
        assert confirmed.isdisjoint(open_ids)
        delay = threading.Timer(points.uniform(0.01, 0.15), served.process.kill)
        delay.start()
        try:
            for id_ in open_ids[:10]:
                if served.page.label(id_, "Parks").status_code == 200:
                    confirmed.add(id_)
        except httpx2.TransportError:
            pass
        delay.join()
        assert served.end()[0] in (-signal.SIGKILL, 0)
        log = SqliteLog(path)
        assert confirmed <= set(log.current())
        assert len(log.events) == len(log.current())
        confirmed = set(log.current())
        log.close()
    assert confirmed
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_a_busy_port_is_one_clear_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        oracle = BrowserOracle(port, open_browser=False, announce=pytest.fail)
        with pytest.raises(UsageError, match=f"The port {port} is used by another") as caught:
            oracle.answer(make_queue(1), make_task(), MemoryLog())
    assert caught.value.where == "--port"
    assert "--port" in caught.value.remedy


@pytest.mark.parametrize("port", [-1, 65536, 10**9])
def test_an_impossible_port_is_told(port: int) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        bind("127.0.0.1", port)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.org", "::", ""])
def test_other_machines_are_not_served(host: str) -> None:
    with pytest.raises(UsageError, match="this machine only") as caught:
        bind(host, None)
    assert "ssh -L" in caught.value.remedy


def test_both_names_of_this_machine_are_known() -> None:
    with bind("localhost", 0) as listener:
        port = listener.getsockname()[1]
        assert hosts_of(listener) == (f"127.0.0.1:{port}", f"localhost:{port}")
        assert listener.proto == socket.IPPROTO_TCP  # else every reply waits 40 ms, see bind()


def test_a_fixed_port_and_address_are_used() -> None:
    with bind("127.0.0.1", None) as free:
        port = free.getsockname()[1]
    page = BackgroundPage(label_all(gold(make_queue(1))))
    oracle = BrowserOracle(port, False, "localhost", announce=page, annotator="carol", grace=0.0)
    log = MemoryLog()
    oracle.answer(make_queue(1), make_task(), log)
    page.join()
    assert log.events[0].annotator == "carol"


def test_it_runs_inside_an_event_loop_too() -> None:
    log = MemoryLog()
    page = BackgroundPage(label_all(gold(make_queue(2))))

    async def notebook() -> None:
        oracle = BrowserOracle(open_browser=False, announce=page)
        oracle.answer(make_queue(2), make_task(), log)

    asyncio.run(notebook())
    page.join()
    assert len(log.events) == 2


def test_the_browser_opens_once_and_only_on_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setenv("DISPLAY", ":0")

    def play(page: ScriptedPage) -> None:
        other = httpx2.Client()
        assert other.get(urls[0]).status_code == 403  # used: a fresh link is announced
        other.close()

    background, urls = BackgroundPage(play), []

    def announce(url: str) -> None:
        urls.append(url)
        if len(urls) == 1:
            background(url)

    BrowserOracle(announce=announce).answer(make_queue(1), make_task(), MemoryLog())
    background.join()
    assert len(urls) == 2
    assert opened == urls[:1]
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    quiet = BackgroundPage(lambda page: None)
    BrowserOracle(announce=quiet).answer(make_queue(1), make_task(), MemoryLog())
    quiet.join()
    assert len(opened) == 1
