"""A team from the command line: links, roles, kills, load, backups, and what is refused."""

from __future__ import annotations

import json
import random
import sqlite3
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from team_server import TeamServer

from activellm.project import Project

LABELS = ("parks", "roads")


@pytest.fixture
def picked(activellm: Callable, tmp_path: Path) -> Callable[[int], Path]:
    """Make a project with one round of so many picks, none answered."""

    def make(size: int) -> Path:
        pool = tmp_path / "pool.jsonl"
        rows = [{"text": f"Report {n} about {LABELS[n % 2]} in street {n}"} for n in range(size)]
        pool.write_text("\n".join(map(json.dumps, rows)))
        project = tmp_path / "team.activellm"
        labels = [part for label in LABELS for part in ("--label", label)]
        assert activellm(
            "init", pool, "--project", project, "--task", "What is it about?", *labels,
            "--strategy", "random", "--llm", "none", "--candidates", size, "--select", size,
            "--successor", "linear",
        ).code == 0  # fmt: skip
        assert activellm("select", "--project", project).code == 0
        return project

    return make


def test_two_label_a_judge_decides_and_the_owner_trains(picked, activellm) -> None:
    project = picked(12)
    server = TeamServer(project, "--annotators", "alice, bob", "--overlap", 2)
    try:
        assert set(server.secrets) == {"owner", "alice", "bob"}
        invited = activellm("invite", "judge", "--role", "adjudicator", "--project", project,
                            "--json").json  # fmt: skip
        server.secrets["judge"] = invited["link"].partition("token=")[2]
        for name, wrong in (("alice", None), ("bob", 3)):
            person = server.person(name)
            number = 0
            while texts := person.texts():
                truth = LABELS[number % 2]
                other = LABELS[(number + 1) % 2]
                person.answer(texts[0], other if number == wrong else truth)
                number += 1
            assert number == 12
        judge, owner = server.person("judge"), server.person("owner")
        (case,) = judge.get("disagreements").json()["texts"]
        judge.post(
            "resolutions", event=uuid.uuid4().hex, id=case["id"], action="resolve",
            labels=["parks"],
        ).raise_for_status()  # fmt: skip
        owner.post("jobs", job="train").raise_for_status()
        while (job := owner.get("jobs").json()["jobs"][0])["state"] in ("waiting", "running"):
            time.sleep(0.2)
        assert job["state"] == "done", job
        while (training := owner.get("overview").json()["training"]) is None:
            time.sleep(0.2)
        assert training["stale"] is False
    finally:
        assert server.stop() == 130
    again = TeamServer(project, secrets=server.secrets)
    try:
        assert again.person("alice").get("me").json()["name"] == "alice"
        assert {line.split()[0] for line in again.told if "token=" in line} == {"owner"}
        assert activellm("invite", "bob", "--revoke", "--project", project).code == 0
        assert again.person("bob").get("me").status_code == 401
    finally:
        again.stop()


def test_what_is_refused_changes_nothing(picked, activellm) -> None:
    project = picked(4)
    before = (project / "project.toml").read_bytes()
    for options, words in (
        (("--host", "0.0.0.0", "--overlap", 3), "nobody is invited"),
        (("--annotators", "a", "--overlap", 3, "--public-url", "x"), "no address of a page"),
        (("--annotators", "a,b\x07", "--overlap", 3), "cannot be a name"),
        (("--annotators", "a", "--checks", 1), "Only 0 texts of the pool came with a label"),
        (("--annotators", "a", "--overlap", 3, "--oracle", "terminal"), "labels in the browser"),
        (("--annotators", "a", "--overlap", 0), "overlap"),
    ):
        ended = activellm("annotate", "--project", project, *options)
        assert ended.code == 2, options
        assert words in ended.err
        assert (project / "project.toml").read_bytes() == before
    assert Project(project).store.people() == []


def test_methods_for_one_label_are_refused_where_there_are_several(
    messages, activellm, tmp_path
) -> None:
    project = tmp_path / "multi.activellm"
    made = activellm("init", messages, "--project", project, "--task", "Which?", "--label", "a",
                     "--label", "b", "--multi", "--llm", "none", "--strategy", "random",
                     "--text", "text")  # fmt: skip
    assert made.code == 0, made.err
    assert activellm("select", "--project", project).code == 0
    for option in (("--consensus", "crowdlab"), ("--soft-labels",)):
        ended = activellm("annotate", "--project", project, "--annotators", "a", *option)
        assert (ended.code, "one label a text" in ended.err) == (2, True)


def test_other_addresses_need_somebody_invited(picked, activellm) -> None:
    project = picked(4)
    ended = activellm("annotate", "--project", project, "--host", "0.0.0.0")
    assert ended.code == 2
    assert "nobody is invited" in ended.err
    assert "--annotators" in ended.err
    ended = activellm("annotate", "--project", project, "--annotators", "a", "--public-url", "x")
    assert ended.code == 2
    assert "no address of a page" in ended.err
    ended = activellm("annotate", "--project", project, "--annotators", "a", "--reveal", "always")
    assert ended.code == 2
    assert "never" in ended.err


def test_a_server_for_all_addresses_answers_by_its_names_only(picked) -> None:
    server = TeamServer(picked(4), "--annotators", "alice", "--host", "0.0.0.0")
    try:
        port = server.base.rpartition(":")[2]
        secret = {"Authorization": f"Bearer {server.secrets['alice']}"}
        for host, status in ((f"localhost:{port}", 200), ("evil.example", 421)):
            reply = httpx2.get(
                f"http://127.0.0.1:{port}/api/v1/me", headers={"Host": host, **secret}
            )
            assert reply.status_code == status
    finally:
        server.stop()


def test_no_answer_that_was_confirmed_is_lost_by_kills(picked) -> None:
    """benchmarks/team_kills.py does the same 200 times."""
    project = picked(2000)
    rng = random.Random(0)
    confirmed: list[str] = []
    secrets: dict[str, str] = {}
    for _ in range(4):
        server = TeamServer(project, "--annotators", "alice,bob", secrets=secrets)
        secrets = server.secrets

        def label(name: str, server: TeamServer = server) -> None:
            person = server.person(name)
            try:
                while texts := person.texts():
                    for id_ in texts:
                        confirmed.append(person.answer(id_, "parks"))
            except httpx2.TransportError:
                return

        people = [threading.Thread(target=label, args=(name,)) for name in ("alice", "bob")]
        for thread in people:
            thread.start()
        time.sleep(rng.uniform(0.2, 0.6))
        server.process.kill()
        for thread in people:
            thread.join()
        server.kill()
    with sqlite3.connect(project / "activellm.db") as database:
        kept = Counter(event for (event,) in database.execute("SELECT event FROM annotation"))
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    assert len(confirmed) > 5
    assert set(confirmed) <= set(kept)
    assert max(kept.values()) == 1


@pytest.mark.slow
def test_eight_annotators_an_export_and_a_training_at_once(picked) -> None:
    """benchmarks/team_load.py measures it with fifty."""
    project = picked(200)
    names = [f"p{number}" for number in range(8)]
    server = TeamServer(project, "--annotators", ",".join(names), "--overlap", 2)
    events: dict[str, list[str]] = {name: [] for name in names}
    failed: list[BaseException] = []
    over = threading.Event()

    def label(name: str) -> None:
        try:
            person = server.person(name)
            while texts := person.texts():
                for id_ in texts:
                    events[name].append(person.answer(id_, LABELS[int(id_[-1], 36) % 2]))
        except BaseException as error:  # noqa: BLE001  # raised below
            failed.append(error)

    def own() -> None:
        owner = server.person("owner")
        owner.post("jobs", job="train").raise_for_status()
        while not over.is_set():
            exported = owner.get("export", what="events").raise_for_status().text
            assert all(json.loads(line) for line in exported.splitlines())
            owner.get("overview").raise_for_status()

    try:
        people = [threading.Thread(target=label, args=(name,)) for name in names]
        owner = threading.Thread(target=own)
        people[0].start()
        time.sleep(1)  # something is labelled before the training begins
        for thread in (owner, *people[1:]):
            thread.start()
        for thread in people:
            thread.join()
        over.set()
        owner.join()
        assert failed == []
        rows = server.person("owner").get("export", what="events").text.splitlines()
    finally:
        server.stop()
    kept = Counter(json.loads(row)["event"] for row in rows)
    told = [event for answers in events.values() for event in answers]
    assert Counter(told) == kept
    texts = Counter(json.loads(row)["example_id"] for row in rows)
    assert len(texts) == 200
    assert all(count >= 2 for count in texts.values())


def test_backup_while_it_is_served_and_restore(picked, activellm, tmp_path) -> None:
    project = picked(10)
    server = TeamServer(project, "--annotators", "alice")
    try:
        person = server.person("alice")
        for id_ in person.texts():
            person.answer(id_, "roads")
        ended = activellm("backup", tmp_path / "copy.tar", "--project", project)
        assert ended.code == 0, ended.err
    finally:
        server.stop()
    assert activellm("restore", tmp_path / "copy.tar", project).code == 2
    ended = activellm("restore", tmp_path / "copy.tar", tmp_path / "again.activellm")
    assert ended.code == 0, ended.err
    again = TeamServer(tmp_path / "again.activellm", secrets=server.secrets)
    try:
        assert len(again.person("alice").get("answers").json()["answers"]) == 5
    finally:
        again.stop()
