"""A project served to its team, request by request: who may what, decisions, export, hosts."""

from __future__ import annotations

import csv
import io
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from small_projects import small_project
from starlette.testclient import TestClient

from activellm.annotation.contract import Annotation
from activellm.annotation.web.server import bind, hosts_of
from activellm.errors import StoreError, UsageError
from activellm.pool import import_pool, open_source
from activellm.project import Project, labelled, select
from activellm.project.office import ProjectOffice
from activellm.project.serving import Address, serve, team_app
from activellm.project.team import annotators, invite, link, revoke
from activellm.settings import Settings
from activellm.task import Task

ROLES = {"alice": "annotator", "bob": "annotator", "judge": "adjudicator", "owner": "owner"}


class Served:
    """A real project behind the app that `activellm annotate` serves."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.project = small_project(
            folder / "p.activellm", texts=40, candidates=20, select=6, overlap=2, **settings
        )
        select(self.project)
        self.listener = bind("127.0.0.1", None)
        self.base = f"http://{hosts_of(self.listener)[0]}"
        self.office = ProjectOffice(self.project, self.base)
        self.app = team_app(self.project, self.office, self.listener, None)
        self.secrets = {name: invite(self.project, name, role) for name, role in ROLES.items()}  # type: ignore[arg-type]
        self.client = TestClient(self.app, base_url=self.base, raise_server_exceptions=False)

    def close(self) -> None:
        self.office.close()
        self.listener.close()
        self.project.store.close()

    def ask(self, name: str, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.secrets[name]}"}
        return self.client.request(method, f"/api/v1/{path}", headers=headers, **more)

    def answer(self, name: str, id_: str, label: str, **more: Any) -> None:
        body = {"event": uuid.uuid4().hex, "id": id_, "action": "label", "labels": [label], **more}
        self.ask(name, "POST", "answers", json=body).raise_for_status()

    def decide(self, name: str, id_: str, *labels: str, action: str = "resolve") -> Any:
        body = {"event": uuid.uuid4().hex, "id": id_, "action": action, "labels": labels}
        return self.ask(name, "POST", "resolutions", json=body)

    def disagree(self, count: int) -> list[str]:
        """Two people label the first texts, each otherwise."""
        ids = [pick.id for pick in self.project_picks()][:count]
        for id_ in ids:
            self.answer("alice", id_, "x")
            self.answer("bob", id_, "y", note="I read it the other way")
        return ids

    def project_picks(self) -> Any:
        from activellm.project import rounds

        return rounds(self.project)[0].selection.picks


@pytest.fixture
def served(tmp_path: Path):
    made = Served(tmp_path)
    yield made
    made.close()


EVENT = "0" * 32
ROUTES = [
    ("GET", "me", None, "annotator"),
    ("GET", "texts", None, "annotator"),
    ("GET", "answers", None, "annotator"),
    ("POST", "alive", {"tab": "t"}, "annotator"),
    ("POST", "release", {"tab": "t"}, "annotator"),
    ("GET", "openapi.json", None, "annotator"),
    ("GET", "disagreements", None, "adjudicator"),
    ("POST", "resolutions", {"event": EVENT, "id": "?", "action": "undo"}, "adjudicator"),
    ("GET", "overview", None, "owner"),
    ("GET", "agreement", None, "owner"),
    ("GET", "people", None, "owner"),
    ("POST", "people", {"name": "carol"}, "owner"),
    ("POST", "people/link", {"name": "bob"}, "owner"),
    ("POST", "people/revoke", {"name": "bob"}, "owner"),
    ("GET", "jobs", None, "owner"),
    ("POST", "jobs/stop", {"id": "none"}, "owner"),
    ("GET", "export", None, "owner"),
    ("GET", "report", None, "owner"),
]
ORDER = ("annotator", "adjudicator", "owner")


def test_each_route_is_open_to_the_roles_that_need_it_only(served: Served) -> None:
    origin = {"Origin": served.base}
    for method, path, body, least in ROUTES:
        stranger = served.client.request(method, f"/api/v1/{path}", json=body, headers=origin)
        assert stranger.status_code == 401
        for name in ("alice", "judge", "owner"):
            reply = served.ask(name, method, path, json=body)
            allowed = ORDER.index(ROLES[name]) >= ORDER.index(least)
            assert (reply.status_code not in (401, 403)) == allowed, (name, path, reply.text)
            if not allowed:
                assert reply.json()["error"]["code"] == "not_allowed"


def test_each_page_is_open_to_the_roles_that_need_it_only(served: Served) -> None:
    pages = {"/": set(ROLES), "/owner": {"owner"}, "/disagreements": {"judge", "owner"}}
    for path, names in pages.items():
        for name in ROLES:
            headers = {"Authorization": f"Bearer {served.secrets[name]}"}
            status = served.client.get(path, headers=headers).status_code
            assert (status == 200) == (name in names)
        assert served.client.get(path).status_code in (401, 403)


def test_a_disagreement_is_decided_and_trained_on(served: Served) -> None:
    first, second = served.disagree(2)
    assert labelled(served.project) == []
    shown = served.ask("judge", "GET", "disagreements").json()
    assert shown["count"] == 2
    case = next(one for one in shown["texts"] if one["id"] == first)
    assert case["why"] == ["disagreement"]
    assert {one["annotator"]: one["labels"] for one in case["answers"]} == {
        "alice": ["x"],
        "bob": ["y"],
    }
    reply = served.decide("judge", first, "y").json()
    assert (reply["new"], reply["count"]) == (True, 1)
    assert [(one.example.id, one.answer) for one in labelled(served.project)] == [(first, ("y",))]
    assert served.decide("judge", first, action="undo").json()["count"] == 2
    assert labelled(served.project) == []
    assert served.decide("owner", second, "x").json()["count"] == 1


def test_a_decision_must_be_the_tasks(served: Served) -> None:
    (id_,) = served.disagree(1)
    assert served.decide("judge", id_, "z").status_code == 422
    assert served.decide("judge", id_).status_code == 422
    assert served.decide("judge", "nobody's", "x").status_code == 422
    assert served.decide("alice", id_, "x").status_code == 403
    assert served.ask("judge", "GET", "disagreements").json()["count"] == 1


def test_an_export_holds_every_answer(served: Served) -> None:
    first, second = served.disagree(2)
    served.answer("alice", second, "y", note="=1+1", discuss=True)
    events = served.ask("owner", "GET", "export", params={"what": "events"}).text
    assert [json.loads(line)["annotator"] for line in events.splitlines()] == [
        "alice",
        "bob",
        "alice",
        "bob",
        "alice",
    ]
    table = served.ask("owner", "GET", "export", params={"format": "csv"}).text
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(table))}
    assert rows[second]["labels"] == "y"
    assert "=1+1" not in [cell[:4] for cell in rows[second].values()]
    assert rows[first]["source"] == "tie"


def test_what_a_person_is_given_is_shown_once_and_not_kept(served: Served) -> None:
    reply = served.ask("owner", "POST", "people", json={"name": "carol"}).json()
    secret = reply["link"].partition("token=")[2]
    assert reply["link"].startswith(f"{served.base}/start?token=")
    assert served.client.get("/start", params={"token": secret}).status_code == 200
    everything = (served.project.folder / "activellm.db").read_bytes()
    everything += (served.project.folder / "activellm.db-wal").read_bytes()
    assert secret.encode() not in everything
    assert secret not in served.ask("owner", "GET", "people").text
    assert "carol" in annotators(served.project)


def test_a_new_link_replaces_the_old_one_and_open_sessions_stay(served: Served) -> None:
    old = served.secrets["bob"]
    browser = TestClient(served.app, base_url=served.base)
    browser.get("/start", params={"token": old})
    new = served.ask("owner", "POST", "people/link", json={"name": "bob"}).json()["link"]
    assert served.client.get("/start", params={"token": old}).status_code == 403
    assert browser.get("/api/v1/me").json()["name"] == "bob"
    assert new.partition("token=")[2] != old
    served.ask("owner", "POST", "people/revoke", json={"name": "bob"}).raise_for_status()
    assert browser.get("/api/v1/me").status_code == 401
    assert "bob" not in annotators(served.project)


def test_requests_for_another_host_are_refused(served: Served) -> None:
    for host in ("evil.example", "127.0.0.1", "127.0.0.1:1", "", "localhost"):
        headers = {"Host": host, "Authorization": f"Bearer {served.secrets['owner']}"}
        assert served.client.get("/api/v1/me", headers=headers).status_code == 421


def test_two_servers_do_not_share_a_project(served: Served) -> None:
    told: list[dict[str, str]] = []

    def second(links: Any) -> None:
        told.append(dict(links))
        with pytest.raises(StoreError, match="serves this project already"):
            serve(served.project, Address(port=0), announce=told.append)

    over = iter([True])
    serve(
        served.project,
        Address(port=0),
        names=["carol", "alice"],
        announce=second,
        is_over=lambda: next(over, True),
    )
    assert set(told[0]) == {"owner", "carol"}  # alice has her link already
    assert len(told) == 1


def test_names_that_cannot_be(served: Served) -> None:
    for name in ("", " a", "a\n", "\x00", "x" * 61, "a\u202e"):
        with pytest.raises(UsageError, match="cannot be a name"):
            invite(served.project, name)
    for name in ("", "\x00", "x" * 61, "a\u202e"):
        assert served.ask("owner", "POST", "people", json={"name": name}).status_code == 422


def test_nobody_and_no_role(served: Served) -> None:
    with pytest.raises(UsageError, match="nobody called"):
        revoke(served.project, "nobody")
    with pytest.raises(UsageError, match="no role"):
        invite(served.project, "carol", "king")  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["example.org", "ftp://example.org", "https://", "https://a?b=c"])
def test_public_addresses_that_are_none(url: str) -> None:
    with pytest.raises(UsageError, match="no address of a page"):
        _ = Address(public_url=url).public


def test_links_under_a_sub_path() -> None:
    address = Address(public_url="https://example.org/labels/")
    assert link(address.base(["127.0.0.1:1"]), "s") == "https://example.org/labels/start?token=s"
    assert Address().base(["127.0.0.1:1"]) == "http://127.0.0.1:1"


def test_soft_labels_teach_ties_and_hard_ones_do_not(tmp_path: Path) -> None:
    from activellm.project.resolving import lessons, tied
    from activellm.project.rounds import queue

    served = Served(tmp_path, soft_labels=True)
    try:
        first, second = served.disagree(2)
        served.answer("bob", second, "x")
        project = served.project
        taught = labelled(project) + tied(project, queue(project))
        texts, answers, weights = lessons(project, taught)
        assert sorted(zip(answers, weights.tolist(), strict=True)) == [
            (("x",), 0.5),
            (("x",), 1.0),
            (("y",), 0.5),
        ]
        assert len(texts) == 3
        hard = project.settings.changed(soft_labels=False)
        project.configure(hard)
        assert tied(project, queue(project)) == []
        assert lessons(project, labelled(project))[2] is None
        assert first != second
    finally:
        served.close()


def test_crowdlab_hears_the_classifier_where_people_are_tied(tmp_path: Path) -> None:
    from activellm.project.resolving import resolutions
    from activellm.project.store import StepResult

    served = Served(tmp_path, consensus="crowdlab")
    try:
        first, second = served.disagree(2)
        agreed = [pick.id for pick in served.project_picks()][2:]
        for number, id_ in enumerate(agreed):
            for name in ("alice", "bob"):
                served.answer(name, id_, "xy"[number % 2])
        store = served.project.store
        said = {first: [0.1, 0.9], second: [0.95, 0.05]}
        said |= {id_: [[0.9, 0.1], [0.1, 0.9]][n % 2] for n, id_ in enumerate(agreed)}
        store.finish("second-look", 1, StepResult("key", said, 0.0, 0, ""))
        found = resolutions(served.project)
        assert (found[first].labels, found[second].labels) == (("y",), ("x",))
    finally:
        served.close()


def test_everybody_gets_the_checks_and_no_classifier_learns_from_them(tmp_path: Path) -> None:
    from activellm.project.rounds import known_answers, queue
    from activellm.report.people import people_facts

    texts = tmp_path / "known.csv"
    rows = [f"text {n},{'xy'[n % 2] if n < 10 else ''}" for n in range(40)]
    texts.write_text("text,label\n" + "\n".join(rows))
    project = Project.create(
        tmp_path / "k.activellm",
        settings=Settings(
            llm="none", strategy="random", candidates=20, select=6, overlap=2, checks=4
        ),
        bring_pool=lambda path: import_pool(open_source(texts), path, label="label"),
        make_task=lambda _: Task.build(description="What?", labels=({"name": "x"}, {"name": "y"})),
    )
    select(project)
    known = known_answers(project)
    assert len(known) == 4
    asked = queue(project)
    assert [item.purpose for item in asked].count("check") == 4
    for name, right in (("alice", 4), ("bob", 1)):
        for number, (id_, answer) in enumerate(known.items()):
            labels = answer if number < right else ("y",) if answer == ("x",) else ("x",)
            project.store.append(
                Annotation(uuid.uuid4().hex, id_, name, "label", labels, at="2026-01-01")
            )
    facts = people_facts(project)
    assert facts is not None
    assert [(one.name, one.checks.share) for one in facts.people if one.checks] == [
        ("alice", 1.0),
        ("bob", 0.25),
    ]
    taught = {one.example.id: one.answer for one in labelled(project)}
    assert {id_: taught[id_] for id_ in known} == known  # what was known, not what was answered
    project.store.close()
