"""A team's server in the tests: people, their clients, and everything behind them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from annotation_logs import MemoryLog
from annotation_samples import make_queue, make_task
from starlette.testclient import TestClient

from activellm.annotation.desk import Desk
from activellm.annotation.leases import Leases
from activellm.annotation.people import Person, Reveal
from activellm.annotation.seats import Seats
from activellm.annotation.web.api import Page
from activellm.annotation.web.app import create_app
from activellm.annotation.web.team_access import TeamAccess, Tries, hashed

ORIGIN = "http://127.0.0.1:8123"
ROLES = {"alice": "annotator", "bob": "annotator", "judge": "adjudicator", "owner": "owner"}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class MemoryPeople:
    """People, sessions and reveals in memory."""

    def __init__(self, roles: Mapping[str, str]) -> None:
        self.persons = {
            name: Person(name, role, hashed(f"secret of {name}"))  # type: ignore[arg-type]
            for name, role in roles.items()
        }
        self.sessions: dict[str, str] = {}
        self.shown: list[Reveal] = []

    def person_by_secret(self, secret_hash: str) -> Person | None:
        found = (one for one in self.persons.values() if one.secret_hash == secret_hash)
        return next((one for one in found if one.revoked is None), None)

    def open_session(self, secret_hash: str, person: str) -> None:
        self.sessions[secret_hash] = person

    def session_person(self, secret_hash: str) -> Person | None:
        person = self.persons.get(self.sessions.get(secret_hash, ""))
        return person if person and person.revoked is None else None

    def append_reveal(self, reveal: Reveal) -> bool:
        self.shown.append(reveal)
        return True

    def reveals(self) -> list[Reveal]:
        return self.shown


class Team:
    """A served page with a client for each person, all let in by their links."""

    def __init__(
        self,
        count: int = 6,
        *,
        overlap: int = 1,
        repeats: float = 0.0,
        reveal: Any = "never",
        office: Any = None,
        roles: Mapping[str, str] = ROLES,
        log: Any = None,
        hosts: tuple[str, ...] = ("127.0.0.1:8123",),
        **fields: Any,
    ) -> None:
        self.log = MemoryLog() if log is None else log
        self.people = MemoryPeople(roles)
        self.clock = Clock()
        self.desk = Desk(
            make_queue(count),
            make_task(**fields),
            self.log,
            overlap=overlap,
            leases=Leases(60, self.clock),
        )
        self.seats = Seats(self.desk, oracle="browser", repeats=repeats, reveals=self.people)
        self.app = create_app(
            Page(self.seats, team=True, reveal=reveal, office=office),
            access=TeamAccess(self.people, tries=Tries(self.clock)),
            hosts=hosts,
            origin="https://labels.example.org",
        )
        self.origin = f"http://{hosts[0]}"
        self.clients = {name: self.come(name) for name in roles}

    def stranger(self) -> TestClient:
        return TestClient(
            self.app,
            base_url=self.origin,
            headers={"Origin": self.origin},
            raise_server_exceptions=False,
        )

    def come(self, name: str) -> TestClient:
        client = self.stranger()
        client.get("/start", params={"token": f"secret of {name}"}).raise_for_status()
        return client

    def get(self, name: str, path: str, **params: Any) -> Any:
        return self.clients[name].get(f"/api/v1/{path}", params=params)

    def post(self, name: str, path: str, **body: Any) -> Any:
        return self.clients[name].post(f"/api/v1/{path}", json=body)

    def ids(self, name: str, **params: Any) -> list[str]:
        reply = self.get(name, "texts", **params)
        return [text["id"] for text in reply.raise_for_status().json()["texts"]]

    def answer(self, name: str, id_: str, *labels: str, action: str = "label", **more: Any) -> Any:
        labels = labels or (("Roads",) if action == "label" else ())
        event = more.pop("event", uuid.uuid4().hex)
        return self.post(name, "answers", event=event, id=id_, action=action, labels=labels, **more)
