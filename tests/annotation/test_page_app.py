"""The page's server, request by request: who gets in, what is refused, what is kept."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from annotation_logs import MemoryLog
from annotation_samples import make_queue, make_task
from starlette.testclient import TestClient

from activellm.annotation import Annotation, QueueItem
from activellm.annotation.desk import Desk
from activellm.annotation.seats import Seats
from activellm.annotation.web.access import OneBrowser
from activellm.annotation.web.api import ALONE as AHEAD_TEXTS
from activellm.annotation.web.api import Page as ServedPage
from activellm.annotation.web.app import create_app
from activellm.annotation.web.closing import Closing
from activellm.annotation.web.guard import MAX_BODY
from activellm.annotation.web.shapes import HOLDOUT_REASON, MAX_NOTE
from activellm.errors import StoreError
from activellm.pool.example import Example

ORIGIN = "http://127.0.0.1:8123"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Page:
    """A browser that came in, and everything behind it."""

    def __init__(self, queue=None, log=None, **fields: Any) -> None:
        self.log = MemoryLog() if log is None else log
        self.tokens: list[str] = []
        self.access = OneBrowser(self.tokens.append, "alice")
        self.clock = Clock()
        self.closing = Closing(15.0, self.clock)
        self.progress: list[tuple[int, int | None]] = []
        desk = Desk(
            make_queue(3) if queue is None else queue,
            make_task(**fields),
            self.log,
            team=False,
        )
        seats = Seats(
            desk,
            oracle="browser",
            progress=lambda _what, done, total: self.progress.append((done, total)),
        )
        self.app = create_app(
            ServedPage(seats, closing=self.closing),
            access=self.access,
            hosts=("127.0.0.1:8123", "localhost:8123"),
        )
        self.access.invite()
        self.client = self.stranger()
        self.client.get("/start", params={"token": self.tokens[0]})

    def stranger(self) -> TestClient:
        return TestClient(self.app, base_url=ORIGIN, raise_server_exceptions=False)

    def send(self, id_: str = "t0", *labels: str, **more: Any) -> Any:
        body = {"event": uuid.uuid4().hex, "id": id_, "action": "label", "labels": labels, **more}
        return self.client.post("/api/v1/answers", json=body, headers={"Origin": ORIGIN})

    def wish(self, wish: str) -> Any:
        headers = {"Origin": ORIGIN}
        return self.client.post("/api/v1/closing", json={"wish": wish}, headers=headers)


@pytest.fixture
def page() -> Page:
    return Page()


# ---- the door -------------------------------------------------------------------------------


def test_the_token_opens_once_and_the_cookie_goes_on(page: Page) -> None:
    for _reload in range(3):
        assert "What is it about?" in page.client.get("/").text
    again = page.client.get("/start", params={"token": page.tokens[0]})
    assert again.status_code == 200  # the same browser, by its cookie


def test_a_used_token_opens_nothing_and_a_fresh_one_is_announced_once(page: Page) -> None:
    for _try in range(3):
        other = page.stranger().get("/start", params={"token": page.tokens[0]})
        assert other.status_code == 403
        assert "set-cookie" not in other.headers
    assert len(page.tokens) == 2
    assert page.tokens[1] != page.tokens[0]
    second = page.stranger()
    assert second.get("/start", params={"token": page.tokens[1]}).status_code == 200
    assert second.get("/").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "é", "a" * 5000, "%00"])
def test_a_wrong_token_opens_nothing_and_announces_nothing(page: Page, token: str) -> None:
    assert page.stranger().get("/start", params={"token": token}).status_code == 403
    assert len(page.tokens) == 1


def test_the_cookie_is_for_no_script_and_no_other_site() -> None:
    page = Page()
    page.stranger().get("/start", params={"token": page.tokens[0]})
    reply = page.stranger().get("/start", params={"token": page.tokens[1]})
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "url=./" in reply.text  # the page follows by itself, without the token in its address


@pytest.mark.parametrize(
    "path", ["/api/v1/texts", "/api/v1/text?id=t0", "/api/v1/reason?id=t0", "/api/v1/answers"]
)
def test_strangers_read_nothing(page: Page, path: str) -> None:
    stranger = page.stranger()
    for cookie in (b"", b"wrong", "é".encode(), b"\xff"):
        reply = stranger.get(path, headers={b"Cookie": b"activellm=" + cookie})
        assert reply.status_code == 401
        assert reply.json()["error"]["code"] == "session"
    assert stranger.get("/").status_code == 401


def test_strangers_write_nothing(page: Page) -> None:
    body = {"event": "0" * 32, "id": "t0", "action": "label", "labels": ["Roads"]}
    stranger = page.stranger()
    assert (
        stranger.post("/api/v1/answers", json=body, headers={"Origin": ORIGIN}).status_code == 401
    )
    wish = stranger.post("/api/v1/closing", json={"wish": "finish"}, headers={"Origin": ORIGIN})
    assert wish.status_code == 401
    assert page.log.events == []
    assert not page.closing.over


# ---- what every request must pass -----------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/start", "/api/v1/texts", "/static/page.js", "/none"])
def test_security_headers_on_every_response(page: Page, path: str) -> None:
    headers = page.client.get(path).headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1", "127.0.0.1:8124", "evil.example:8123", "", "127.0.0.1:8123.evil"],
)
def test_other_hosts_are_refused(page: Page, host: str) -> None:
    for path in ("/", "/api/v1/texts", "/static/page.js"):
        reply = page.client.get(path, headers={"Host": host})
        assert reply.status_code == 421
        assert reply.json()["error"]["code"] == "host"


def test_our_other_name_is_accepted(page: Page) -> None:
    assert page.client.get("/static/page.js", headers={"Host": "LOCALHOST:8123"}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": ORIGIN}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Origin": "https://127.0.0.1:8123"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
    ],
)
def test_answers_come_from_our_page_only(page: Page, headers: dict[str, str], status: int) -> None:
    body = {"event": "0" * 32, "id": "t0", "action": "label", "labels": ["Roads"]}
    assert page.client.post("/api/v1/answers", json=body, headers=headers).status_code == status
    assert len(page.log.events) == (status == 200)


def test_a_body_over_the_limit_is_refused_however_it_comes(page: Page) -> None:
    headers = {"Origin": ORIGIN, "Content-Type": "application/json"}
    large = b" " * (MAX_BODY + 1)
    chunks = (large[start : start + 1000] for start in range(0, len(large), 1000))
    for content in (large, chunks):
        reply = page.client.post("/api/v1/answers", content=content, headers=headers)
        assert reply.status_code == 413
        assert reply.json()["error"]["code"] == "too_large"
    just_fits = json.dumps({"event": "0" * 32, "id": "t0", "action": "skip"}).ljust(MAX_BODY)
    assert (
        page.client.post("/api/v1/answers", content=just_fits, headers=headers).status_code == 200
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"event": "0" * 31},
        {"event": "G" * 32},
        {"action": "delete"},
        {"labels": "Roads"},
        {"labels": [1]},
        {"note": "x" * (MAX_NOTE + 1)},
        {"note": "\ud800"},
        {"seconds": -1},
        {"seconds": 1e9},
        {"annotator": "bob"},
        {"id": 3},
        {"unsure": "maybe"},
    ],
)
def test_malformed_answers_are_refused_in_one_shape(page: Page, body: dict[str, Any]) -> None:
    good = {"event": "0" * 32, "id": "t0", "action": "label", "labels": ["Roads"]}
    content = json.dumps(good | body if body else {})
    headers = {"Origin": ORIGIN, "Content-Type": "application/json"}
    reply = page.client.post("/api/v1/answers", content=content, headers=headers)
    assert reply.status_code == 422
    assert set(reply.json()) == {"error"}
    assert set(reply.json()["error"]) == {"code", "message"}
    assert page.log.events == []


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[]", b'{"event": NaN}', b"[" * 5000])
def test_what_is_no_json_is_refused(page: Page, content: bytes) -> None:
    headers = {"Origin": ORIGIN, "Content-Type": "application/json"}
    reply = page.client.post("/api/v1/answers", content=content, headers=headers)
    assert reply.status_code in (400, 422)
    assert "error" in reply.json()


def test_a_form_cannot_answer(page: Page) -> None:
    body = json.dumps({"event": "0" * 32, "id": "t0", "action": "skip"})
    headers = {"Origin": ORIGIN, "Content-Type": "text/plain"}
    assert page.client.post("/api/v1/answers", content=body, headers=headers).status_code == 422
    assert page.log.events == []


@pytest.mark.parametrize(
    "path", ["/docs", "/openapi.json", "/static/../app.py", "/static/%2e%2e/app.py"]
)
def test_nothing_else_is_served(page: Page, path: str) -> None:
    assert page.client.get(path).status_code == 404


def test_errors_tell_nothing_of_the_inside() -> None:
    class Broken(MemoryLog):
        error: Exception = RuntimeError("secret at /home/alice/project.db")

        def append(self, annotation: Annotation) -> bool:
            raise self.error

    log = Broken()
    page = Page(log=log)
    reply = page.send("t0", "Roads")
    assert reply.status_code == 500
    assert "secret" not in reply.text
    assert reply.headers["x-content-type-options"] == "nosniff"
    log.error = StoreError("Disk full at /home/alice", where="/home/alice/project.db")
    reply = page.send("t0", "Roads")
    assert reply.status_code == 503
    assert reply.json()["error"]["message"] == "The answer could not be written to the disk."


# ---- texts ----------------------------------------------------------------------------------


def test_texts_come_in_order_and_without_what_is_answered() -> None:
    page = Page(make_queue(AHEAD_TEXTS + 5))
    first = page.client.get("/api/v1/texts").json()
    assert [text["id"] for text in first["texts"]] == [f"t{n}" for n in range(AHEAD_TEXTS)]
    assert first["more"] is True
    page.send("t41", "Roads")
    rest = page.client.get("/api/v1/texts", params={"after": f"t{AHEAD_TEXTS - 1}"}).json()
    assert [text["id"] for text in rest["texts"]] == ["t40", "t42", "t43", "t44"]
    assert rest["more"] is False
    assert page.client.get("/api/v1/texts", params={"after": "nobody"}).status_code == 422


def test_few_long_texts_are_sent_ahead_but_always_one() -> None:
    texts = ["x" * 1_000_000, "y" * 1_000_000]
    page = Page([QueueItem(Example(id=text[0], text=text)) for text in texts])
    batch = page.client.get("/api/v1/texts").json()
    assert [len(text["text"]) for text in batch["texts"]] == [1_000_000]
    assert batch["more"] is True


def test_hold_out_texts_look_like_picks_until_asked() -> None:
    queue = [
        QueueItem(Example(id="a", text="x"), "pick", "Why\x1b not"),
        QueueItem(Example(id="b", text="x"), "holdout", "secret"),
        QueueItem(Example(id="c", text="x")),
    ]
    page = Page(queue)
    texts = page.client.get("/api/v1/texts").json()["texts"]
    assert [set(text) for text in texts] == [{"id", "text", "pair"}] * 3
    whys = [page.client.get("/api/v1/reason", params={"id": id_}).json()["reason"] for id_ in "abc"]
    assert whys == ["Why␛ not", HOLDOUT_REASON, "No reason was recorded for this text."]
    assert page.client.get("/api/v1/reason", params={"id": "z"}).status_code == 422


def test_lone_surrogates_and_controls_do_not_break_a_text() -> None:
    page = Page([QueueItem(Example(id="a", text="x\ud800\x00y", pair="\x1b"))], pair=True)
    assert page.client.get("/api/v1/text", params={"id": "a"}).json() == {
        "id": "a",
        "text": "x\ufffd␀y",
        "pair": "␛",
    }


# ---- answers --------------------------------------------------------------------------------


def test_an_answer_is_in_the_log_when_the_reply_comes(page: Page) -> None:
    reply = page.send("t1", "Waste", unsure=True, note="  hm\nok ", seconds=2.5).json()
    assert reply["new"] is True
    (kept,) = page.log.events
    assert kept.event == reply["saved"]
    assert (kept.example_id, kept.labels, kept.unsure, kept.note) == (
        "t1",
        ("Waste",),
        True,
        "hm\nok",
    )
    assert (kept.annotator, kept.oracle, kept.seconds) == ("alice", "browser", 2.5)
    assert reply["progress"]["labelled"] == 1
    assert page.progress == [(1, 3)]


def test_skips_and_undos_carry_no_labels(page: Page) -> None:
    page.send("t0", "Roads", action="skip", unsure=True)
    page.send("t0", "Sewers", action="undo", note="x")
    assert [(one.action, one.labels, one.unsure, one.note) for one in page.log.events] == [
        ("skip", (), False, ""),
        ("undo", (), False, ""),
    ]
    assert page.log.current() == {}


def test_a_correction_supersedes_and_undo_brings_the_older_answer_back(page: Page) -> None:
    page.send("t0", "Roads")
    page.send("t0", "Parks")
    answers = page.client.get("/api/v1/answers").json()["answers"]
    assert [answer["labels"] for answer in answers] == [["Parks"]]
    page.send("t0", action="undo")
    answers = page.client.get("/api/v1/answers").json()["answers"]
    assert [answer["labels"] for answer in answers] == [["Roads"]]
    page.send("t0", action="undo")
    page.send("t0", action="undo")  # nothing is left to take back: harmless
    assert page.client.get("/api/v1/answers").json()["answers"] == []


def test_own_answers_only_are_listed_oldest_first() -> None:
    log = MemoryLog()
    log.append(Annotation("1", "t2", "alice", "label", ("Roads",), at="2026-01-01T00:00:01+00:00"))
    log.append(Annotation("2", "t0", "bob", "label", ("Roads",), at="2026-01-01T00:00:02+00:00"))
    log.append(Annotation("3", "t1", "alice", "skip", at="2026-01-01T00:00:00+00:00"))
    log.append(Annotation("4", "elsewhere", "alice", "skip", at="2026-01-01T00:00:00+00:00"))
    page = Page(make_queue(4), log)
    answers = page.client.get("/api/v1/answers").json()["answers"]
    assert [answer["id"] for answer in answers] == ["t2", "t1"]


def test_time_left_is_the_median_of_own_times(page: Page) -> None:
    page = Page(make_queue(10))
    for number, seconds in enumerate((2.0, 100.0, 4.0)):
        reply = page.send(f"t{number}", "Roads", seconds=seconds).json()
    assert reply["progress"]["seconds_left"] == 4.0 * 7
    first = Page(make_queue(10)).send("t0", "Roads", seconds=3.0).json()
    assert first["progress"]["seconds_left"] is None


# ---- the end --------------------------------------------------------------------------------


def test_the_countdown_begins_with_the_last_answer_and_can_be_held(page: Page) -> None:
    page.send("t0", "Roads")
    page.send("t1", action="skip")
    assert page.closing.left is None
    reply = page.send("t2", "Roads").json()
    assert reply["progress"]["closing_in"] == 15.0
    page.clock.now += 14
    assert not page.closing.over
    assert page.wish("hold").json()["progress"]["closing_in"] is None
    page.clock.now += 1000
    assert not page.closing.over
    page.send("t1", "Waste")  # the skipped one, after all
    assert page.closing.left == 15.0
    page.send("t1", action="undo")
    assert page.closing.left == 15.0  # the skip counts again
    page.send("t1", action="undo")
    assert page.closing.left is None
    assert page.wish("ready").json()["progress"]["closing_in"] is None  # one text waits
    page.send("t1", "Parks")
    page.clock.now += 15
    assert page.closing.over


def test_the_annotator_can_end_early(page: Page) -> None:
    page.send("t0", "Roads")
    assert page.wish("finish").status_code == 200
    assert page.closing.over


def test_skipped_texts_are_offered_again(page: Page) -> None:
    for number in range(3):
        page.send(f"t{number}", action="skip")
    assert page.client.get("/api/v1/texts").json()["texts"] == []
    skipped = page.client.get("/api/v1/texts", params={"skipped": "true"}).json()["texts"]
    assert [text["id"] for text in skipped] == ["t0", "t1", "t2"]
