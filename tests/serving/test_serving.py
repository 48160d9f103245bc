"""The classifier's server on a real socket: answers, refusals, many clients, the end."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from serving_samples import TOKEN, ByLength, Served, task_of

from activellm.annotation.web.server import bind
from activellm.errors import UsageError
from activellm.serving.asker import Asker, BusyError, FailedError
from activellm.serving.run import serve
from activellm.serving.shapes import MAX_BATCH

SECRET = "zebra"
"""A word of the texts that must never be logged."""


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    one = Served(ByLength())
    yield one
    one.end()


def test_one_text_and_a_batch(served: Served) -> None:
    one = served.ask({"text": "x" * 75}).json()
    assert one == {
        "predictions": [{"labels": ["long"], "probabilities": {"long": 0.75, "short": 0.25}}]
    }
    batch = served.ask({"texts": ["x", " \n", "", "x" * 80]}).json()["predictions"]
    assert [row["labels"] for row in batch] == [["short"], None, None, ["long"]]
    assert batch[1] == {"labels": None, "probabilities": None}
    assert served.ask({"texts": [""]}).status_code == 200


def test_pairs_and_several_labels() -> None:
    one = Served(ByLength(task_of(pair=True)))
    rows = one.ask({"texts": [["x" * 50, "x" * 10], ["x", "x"]]}).json()["predictions"]
    assert [row["labels"] for row in rows] == [["long"], ["short"]]
    assert one.ask({"text": ["x", "y"]}).status_code == 200
    for wrong in ({"text": "x"}, {"text": ["x"]}, {"text": ["x", "y", "z"]}, {"texts": ["x"]}):
        assert one.ask(wrong).status_code == 422
    one.end()
    several = Served(ByLength(task_of(kind="multi")))
    rows = several.ask({"texts": ["x" * 50, "x"]}).json()["predictions"]
    assert [row["labels"] for row in rows] == [["long", "short"], ["short"]]
    several.end()


@pytest.mark.parametrize(
    "wrong",
    [
        {}, [], "text", None, {"text": 3}, {"text": None}, {"texts": []}, {"texts": "x"},
        {"text": "x", "texts": ["x"]}, {"text": "x", "more": 1}, {"text": ["a", "b"]},
        {"texts": ["x"] * (MAX_BATCH + 1)},
    ],
)  # fmt: skip
def test_what_is_not_as_described_is_422_and_says_where(served: Served, wrong: Any) -> None:
    reply = served.ask(wrong)
    assert reply.status_code == 422
    assert set(reply.json()) == {"error"}
    assert reply.json()["error"]["code"] == "malformed"
    assert '{"text": "TEXT"}' in reply.json()["error"]["message"]
    assert f"1 to {MAX_BATCH} of them" in reply.json()["error"]["message"]


def test_what_is_no_json(served: Served) -> None:
    reply = served.client.post("/predict", content=b"{", headers={"Content-Type": "text/plain"})
    assert reply.status_code == 422


def test_a_large_body_is_413_before_it_is_read() -> None:
    one = Served(ByLength(), max_body=1000)
    reply = one.ask({"text": "x" * 2000})
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too_large")
    assert "fewer texts" in reply.json()["error"]["message"]
    assert one.ask({"text": "x" * 500}).status_code == 200
    assert one.classifier.asked == [1]
    one.end()


def test_nobody_comes_in_without_the_token(served: Served) -> None:
    url = f"http://{served.host}"
    basic = base64.b64encode(f"me:{TOKEN}".encode()).decode()
    wrong = ["", "Bearer", "Bearer wrong", f"Token {TOKEN}", "Basic !", f"Basic {TOKEN}"]
    for header in [*wrong, f"Basic {basic}"]:  # a browser's login is for reading only
        reply = httpx2.post(f"{url}/predict", json={"text": "x"}, headers={"Authorization": header})
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "token")
    for path in ("/docs", "/openapi.json", "/none"):
        assert httpx2.get(url + path).status_code == 401
        assert httpx2.get(url + path).headers["WWW-Authenticate"].startswith("Basic")
    page = httpx2.get(f"{url}/docs", headers={"Authorization": f"Basic {basic}"})
    assert page.status_code == 200
    assert "<script" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    health = httpx2.get(f"{url}/health")
    assert health.json() == {"status": "ok"}
    assert health.headers["X-Content-Type-Options"] == "nosniff"


def test_other_hosts_and_ways_are_refused(served: Served) -> None:
    for path in ("/health", "/predict"):
        reply = served.client.get(path, headers={"Host": "evil.example"})
        assert (reply.status_code, reply.json()["error"]["code"]) == (421, "host")
    assert served.client.get("/predict").status_code == 405
    assert served.client.get("/none").json()["error"]["message"] == "There is nothing here."
    options = served.client.request("OPTIONS", "/predict", headers={"Origin": "https://a.example"})
    assert "access-control-allow-origin" not in options.headers


def test_requests_that_wait_are_asked_together_by_one_thread() -> None:
    classifier = ByLength()
    one = Served(classifier)
    classifier.go.clear()
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(one.ask, {"text": "x"})
        while not classifier.asked:
            pass
        others = [pool.submit(one.ask, {"texts": ["x" * n, "x"]}) for n in range(1, 20)]
        while one.asker._waiting < 1 + 2 * 19:
            pass
        classifier.go.set()
        assert first.result().status_code == 200
        for n, other in enumerate(others, 1):
            row = other.result().json()["predictions"][0]
            assert row["probabilities"]["long"] == pytest.approx(n / 100)
    assert classifier.asked == [1, 38]
    assert classifier.threads == {"activellm-asker"}
    one.end()


def test_a_failure_hits_nobody_else_and_tells_no_text(caplog: pytest.LogCaptureFixture) -> None:
    classifier = ByLength()
    one = Served(classifier)
    classifier.go.clear()
    with caplog.at_level(logging.DEBUG), ThreadPoolExecutor(4) as pool:
        first = pool.submit(one.ask, {"text": SECRET})
        while not classifier.asked:
            pass
        bad = pool.submit(one.ask, {"text": f"fail {SECRET}"})
        full = pool.submit(one.ask, {"text": f"memory {SECRET}"})
        good = pool.submit(one.ask, {"text": SECRET})
        while one.asker._waiting < 4:
            pass
        classifier.go.set()
        assert first.result().status_code == good.result().status_code == 200
        assert bad.result().status_code == 500
        assert bad.result().json() == {
            "error": {"code": "failed", "message": "The prediction failed."}
        }
        assert full.result().json()["error"]["message"] == "The memory is not enough."
        assert one.ask({"texts": [SECRET], "more": SECRET}).status_code == 422
    one.end()
    ours = [
        record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    ]
    assert any("ValueError" in record.getMessage() for record in ours)
    assert not any(SECRET in record.getMessage() or record.exc_info for record in ours)


def test_with_too_many_waiting_a_request_is_turned_away() -> None:
    classifier = ByLength()
    asker = Asker(classifier, together=2, waiting=5)
    classifier.go.clear()
    answers = [asker.ask(["x", "x"]) for _ in range(2)]
    with pytest.raises(BusyError):
        asker.ask(["x", "x"])
    classifier.go.set()
    assert [len(answer.result(20)) for answer in answers] == [2, 2]
    assert len(asker.ask(["x"] * 9).result(20)) == 9  # alone it may be larger
    cancelled = asker.ask(["x"])
    cancelled.cancel()
    with pytest.raises(FailedError):
        asker.ask(["fail"]).result(20)
    last = asker.ask(["x"])
    asker.close()  # what was asked is answered first
    assert last.done()


def test_requests_are_cut_where_together_would_be_too_many() -> None:
    classifier = ByLength()
    asker = Asker(classifier, together=4)
    classifier.go.clear()
    first = asker.ask(["x"])
    while not classifier.asked:
        pass
    others = [asker.ask(["x"] * size) for size in (3, 2, 9, 1, 1)]
    classifier.go.set()
    asker.close()
    assert first.done()
    assert [len(one.result(0)) for one in others] == [3, 2, 9, 1, 1]
    assert classifier.asked == [1, 3, 2, 9, 2]


def test_the_description_names_the_token(served: Served) -> None:
    described = served.client.get("/openapi.json").json()
    assert described["paths"]["/predict"]["post"]["security"] == [{"token": []}]
    assert described["paths"]["/health"]["get"]["security"] == []
    assert SECRET not in json.dumps(described)


def test_a_short_token_and_a_busy_port_are_refused() -> None:
    with pytest.raises(UsageError, match="16 are the least"):
        serve(ByLength(), token="short", announce=lambda *_: None)
    with bind("127.0.0.1", None) as busy, pytest.raises(UsageError, match="used by another"):
        serve(ByLength(), port=busy.getsockname()[1], announce=lambda *_: None)
