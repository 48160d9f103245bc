"""A served dashboard with made-up answers, for tests of the owner's and adjudicators' pages."""

from __future__ import annotations

import copy
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from annotation_samples import make_task
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

import activellm.annotation.web as web
from activellm.annotation.web.guard import Guard
from activellm.annotation.web.languages import look_of
from activellm.annotation.web.office_page import disagreements_page, owner_page
from activellm.annotation.web.server import bind, hosts_of, run


def at(seconds_ago: float) -> str:
    moment = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return moment.isoformat(timespec="milliseconds")


def person(name: str, role: str = "annotator", **more: Any) -> dict[str, Any]:
    row = {
        "name": name,
        "role": role,
        "revoked": False,
        "labelled": 0,
        "skipped": 0,
        "unsure": 0,
        "discuss": 0,
        "median_seconds": None,
        "per_hour": None,
        "last_seen": None,
        "online": False,
        "consistency": None,
        "checks": None,
    }
    return row | more


def job(state: str = "running", name: str = "train", **more: Any) -> dict[str, Any]:
    ended = "" if state == "running" else at(5)
    row = {"id": "j1", "job": name, "state": state, "started": at(20), "ended": ended}
    return row | {"message": "", "fraction": None} | more


def empty_overview() -> dict[str, Any]:
    """A project in which nothing has happened yet."""
    task = make_task()
    return {
        "project": "complaints",
        "texts": 12_480,
        "task": {
            "description": task.description,
            "kind": "single",
            "labels": [
                {"name": name, "definition": "", "retired": False} for name in task.label_names
            ],
        },
        "round": {
            "number": 0,
            "of": 1,
            "asked": 0,
            "answered": 0,
            "open": 0,
            "skipped": 0,
            "labels": 0,
            "wanted": 0,
            "overlap": 1,
        },
        "people": [person("owner", "owner", online=True, last_seen=at(1))],
        "classes": [{"label": name, "count": 0, "by": {}} for name in task.label_names],
        "agreement": None,
        "disagreements": 0,
        "curve": [],
        "forecast": None,
        "advice": [],
        "anchoring": None,
        "reveal": "never",
        "second_look": 0,
        "training": None,
        "report": False,
        "jobs": [],
    }


def busy_overview() -> dict[str, Any]:
    """Three annotators in the third of five rounds."""
    scores = [(32, 0.61, 0.52), (64, 0.72, 0.66), (96, 0.78, 0.73)]
    return empty_overview() | {
        "round": {
            "number": 4,
            "of": 5,
            "asked": 128,
            "answered": 103,
            "open": 25,
            "skipped": 2,
            "labels": 214,
            "wanted": 256,
            "overlap": 2,
        },
        "people": [
            person("owner", "owner", online=True, last_seen=at(1)),
            person(
                "alice",
                labelled=96,
                skipped=3,
                unsure=7,
                median_seconds=6.2,
                per_hour=480,
                online=True,
                last_seen=at(4),
                consistency={"share": 0.92, "low": 0.75, "high": 0.98, "n": 24},
                checks={"share": 0.9, "low": 0.6, "high": 0.98, "n": 10},
            ),
            person(
                "bob",
                labelled=81,
                skipped=0,
                unsure=22,
                median_seconds=11.4,
                per_hour=260,
                last_seen=at(900),
                consistency={"share": 0.7, "low": 0.5, "high": 0.85, "n": 20},
            ),
            person("carla", labelled=37, median_seconds=4.1, per_hour=700, last_seen=at(90_000)),
            person("judge", "adjudicator", last_seen=at(4000)),
        ],
        "classes": [
            {"label": "Roads", "count": 58, "by": {"alice": 50, "bob": 41, "carla": 15}},
            {"label": "Waste", "count": 31, "by": {"alice": 32, "bob": 25, "carla": 14}},
            {"label": "Parks", "count": 14, "by": {"alice": 14, "bob": 15, "carla": 8}},
        ],
        "agreement": {
            "alpha": 0.71, "low": 0.62, "high": 0.79, "why": "", "pairs": 3, "texts": 97
        },
        "disagreements": 9,
        "curve": [
            {
                "round": number,
                "labels": labels,
                "accuracy": accuracy,
                "low": accuracy - 0.9 / labels**0.5,
                "high": accuracy + 0.7 / labels**0.5,
                "macro_f1": f1,
                "texts": "labelled",
                "size": labels,
            }
            for number, (labels, accuracy, f1) in enumerate(scores, start=1)
        ],
        "forecast": {
            "labels": 32, "gain": 0.031, "low": 0.004, "high": 0.075, "level": 0.8, "text": ""
        },
        "advice": [
            {
                "criterion": "kappa",
                "says": "go on",
                "stop": False,
                "text": "Successive classifiers agree with kappa 0.91; 0.99 is wanted.",
            },
            {
                "criterion": "learning-curve",
                "says": "go on",
                "stop": False,
                "text": "32 more labels would probably bring 3.1 points of macro-F1.",
            },
        ],
        "anchoring": {
            "unseen": {"n": 80, "share": 0.7, "low": 0.59, "high": 0.79},
            "before": {"n": 60, "share": 0.82, "low": 0.7, "high": 0.9},
            "after": None,
            "difference": 0.12,
            "low": -0.02,
            "high": 0.25,
            "few": False,
        },
        "reveal": "before",
        "second_look": 2,
        "training": {"stale": True, "at": at(1500)},
        "report": True,
    }  # fmt: skip


def agreement() -> dict[str, Any]:
    return {
        "alpha": {"value": 0.71, "low": 0.62, "high": 0.79, "why": ""},
        "fleiss": {
            "value": None,
            "low": None,
            "high": None,
            "why": "Not all texts have 3 answers.",
        },
        "pairs": [
            {"a": "alice", "b": "bob", "kappa": 0.74, "low": 0.6, "high": 0.86, "texts": 60},
            {"a": "alice", "b": "carla", "kappa": 0.55, "low": 0.3, "high": 0.78, "texts": 24},
            {"a": "bob", "b": "carla", "kappa": None, "low": None, "high": None, "texts": 1},
        ],
        "classes": [
            {"label": "Roads", "alpha": 0.8, "low": 0.7, "high": 0.88},
            {"label": "Waste", "alpha": 0.66, "low": 0.5, "high": 0.8},
            {"label": "Parks", "alpha": -0.1, "low": -0.3, "high": 0.2},
        ],
        "texts": 97,
        "annotators": 3,
    }


def answer(annotator: str, *labels: str, action: str = "label", **more: Any) -> dict[str, Any]:
    row = {"annotator": annotator, "labels": list(labels), "action": action, "unsure": False}
    return row | {"discuss": False, "note": "", "at": at(3000)} | more


def case(id_: str, *answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    row = {"id": id_, "text": f"Text {id_}", "pair": None, "why": ["disagreement"]}
    return row | {"answers": list(answers), "suggestion": None, "decision": None} | more


def some_cases() -> list[dict[str, Any]]:
    """Three that wait: a disagreement, a flagged text, and a doubted one."""
    return [
        case(
            "t1",
            answer("alice", "Roads", note="The pothole is the point."),
            answer("bob", "Waste", unsure=True),
            answer("carla", action="skip"),
            suggestion={"labels": ["Roads"], "by": "reliability"},
        ),
        case("t2", answer("alice", "Parks", discuss=True, note="Which office?"), why=["discuss"]),
        case(
            "t3",
            answer("bob", "Parks"),
            why=["second look"],
            suggestion={"labels": ["Waste"], "by": "classifier"},
        ),
    ]


class Office:
    """What the pages talk to: remembers what they sent, and plays the server's part."""

    def __init__(self, overview: dict[str, Any], cases: list[dict[str, Any]]) -> None:
        self.data = overview
        self.agreed = agreement()
        self.cases = cases
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.down = False
        self.refuses: dict[str, str] = {}
        self.me = "judge"

    def overview(self) -> Any:
        return self.data

    def agreement(self) -> Any:
        return self.agreed

    def disagreements(self) -> Any:
        open_ = [one for one in self.cases if one["decision"] is None]
        decided = [one for one in self.cases if one["decision"] is not None]
        return {"texts": open_ + decided, "count": len(open_)}

    def post(self, path: str, body: dict[str, Any]) -> Any:
        if all(known != body for _, known in self.sent):
            self.sent.append((path, body))
        if path == "resolutions":
            return self._decide(body)
        if path == "jobs":
            self.data = copy.deepcopy(self.data) | {"jobs": [job(name=body["job"])]}
        if path == "jobs/stop":
            self.data = copy.deepcopy(self.data) | {"jobs": [job("stopped")]}
        if path == "people":
            row = person(body["name"], body["role"])
            self.data = self.data | {"people": [*self.data["people"], row]}
        if path == "people/revoke":
            self.data = copy.deepcopy(self.data)
            for row in self.data["people"]:
                row["revoked"] |= row["name"] == body["name"]
        name = body.get("name", "")
        return {"link": f"http://127.0.0.1/start?token=secret-of-{name}"}

    def _decide(self, body: dict[str, Any]) -> Any:
        for one in self.cases:
            if one["id"] == body["id"]:
                decision = {"labels": body["labels"], "by": self.me, "note": body["note"]}
                one["decision"] = decision if body["action"] == "resolve" else None
        return {"saved": body["event"], "new": True, "count": self.disagreements()["count"]}


class Served:
    """An office behind a real server, with the real security headers."""

    def __init__(self, office: Office, task: Any = None) -> None:
        self.office, self.over = office, False
        self.listener = bind("127.0.0.1", None)
        task = task or make_task()

        async def owner(request: Request) -> Response:
            return HTMLResponse(owner_page(look_of(request)))

        async def decide(request: Request) -> Response:
            return HTMLResponse(disagreements_page(task, look_of(request), owner=True))

        app = Starlette(
            routes=[
                Route("/owner", owner),
                Route("/disagreements", decide),
                Route("/api/v1/{path:path}", self._answer, methods=["GET", "POST"]),
                Mount("/static", StaticFiles(directory=Path(web.__path__[0]) / "static")),
            ]
        )
        hosts = hosts_of(self.listener)
        self.url = f"http://{hosts[0]}"
        guarded = Guard(app, hosts)
        self.thread = threading.Thread(target=run, args=(guarded, self.listener, lambda: self.over))
        self.thread.start()

    async def _answer(self, request: Request) -> Response:
        path = request.path_params["path"]
        if self.office.down:
            return JSONResponse({"error": {"code": "x", "message": "Down."}}, status_code=503)
        if path in self.office.refuses:
            words = {"code": "refused", "message": self.office.refuses[path]}
            return JSONResponse({"error": words}, status_code=422)
        if request.method == "POST":
            return JSONResponse(self.office.post(path, await request.json()))
        if path == "export":
            return Response("id,text\r\n", headers={"Content-Disposition": "attachment"})
        if path == "me":
            return JSONResponse({"name": self.office.me, "role": "owner", "reveal": "never"})
        return JSONResponse(getattr(self.office, path)())

    def close(self) -> None:
        self.over = True
        self.thread.join(10)
        self.listener.close()
        assert not self.thread.is_alive()

    def wait_for(self, count: int) -> list[tuple[str, dict[str, Any]]]:
        """What was sent, as soon as it is so much."""
        deadline = time.monotonic() + 10
        while len(self.office.sent) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.office.sent
