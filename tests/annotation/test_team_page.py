"""Several people at one server, request by request: who may what, and who gets which text."""

from __future__ import annotations

import uuid

import pytest
from annotation_samples import make_queue
from team_samples import ORIGIN, Team

from activellm.annotation import QueueItem
from activellm.annotation.web.api import HELD
from activellm.annotation.web.team_access import MAX_TRIES, WINDOW


@pytest.fixture
def team() -> Team:
    return Team()


# ---- who comes in ---------------------------------------------------------------------------


def test_everybody_comes_in_by_their_own_link_as_often_as_they_like(team: Team) -> None:
    for name, client in team.clients.items():
        assert client.get("/api/v1/me").json()["name"] == name
        assert team.come(name).get("/api/v1/me").json()["role"] == team.people.persons[name].role


def test_another_persons_link_makes_the_browser_theirs(team: Team) -> None:
    client = team.clients["alice"]
    client.get("/start", params={"token": "secret of bob"}).raise_for_status()
    assert client.get("/api/v1/me").json()["name"] == "bob"
    assert client.get("/start", params={"token": "nobody's"}).status_code == 200
    assert client.get("/api/v1/me").json()["name"] == "bob"


def test_a_session_outlives_the_server(team: Team) -> None:
    again = Team(log=team.log)
    again.people.sessions = team.people.sessions
    client = again.stranger()
    client.cookies = team.clients["bob"].cookies
    assert client.get("/api/v1/me").json()["name"] == "bob"


def test_who_is_revoked_is_out_at_once(team: Team) -> None:
    bob = team.people.persons["bob"]
    team.people.persons["bob"] = type(bob)(bob.name, bob.role, bob.secret_hash, "", "2026-01-01")
    assert team.get("bob", "texts").status_code == 401
    assert team.stranger().get("/start", params={"token": "secret of bob"}).status_code == 403
    assert team.get("alice", "texts").status_code == 200


def test_wrong_links_are_counted_by_address_and_forgotten(team: Team) -> None:
    stranger = team.stranger()
    for _try in range(MAX_TRIES):
        assert stranger.get("/start", params={"token": "guess"}).status_code == 403
    assert stranger.get("/start", params={"token": "secret of bob"}).status_code == 429
    reply = stranger.get("/api/v1/me", headers={"Authorization": "Bearer secret of bob"})
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, str(int(WINDOW)))
    assert team.get("bob", "me").status_code == 200  # who is in already stays in
    team.clock.now += WINDOW + 1
    assert stranger.get("/start", params={"token": "secret of bob"}).status_code == 200


@pytest.mark.parametrize("header", ["Bearer ", "Bearer nobody", "Basic c2VjcmV0", "bearer", "x"])
def test_a_script_needs_a_secret(team: Team, header: str) -> None:
    reply = team.clients["bob"].get("/api/v1/me", headers={"Authorization": header})
    assert reply.status_code == 401  # and the cookie beside it does not count


def test_a_script_comes_in_by_its_secret_from_anywhere(team: Team) -> None:
    headers = {"Authorization": "Bearer secret of bob", "Origin": "https://elsewhere.example"}
    body = {"event": uuid.uuid4().hex, "id": "t0", "action": "label", "labels": ["Roads"]}
    reply = team.stranger().post("/api/v1/answers", json=body, headers=headers)
    assert reply.status_code == 200
    assert team.log.events[0].annotator == "bob"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://labels.example.org"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_writes_come_from_our_own_page(team: Team, headers: dict[str, str], status: int) -> None:
    body = {"event": uuid.uuid4().hex, "id": "t0", "action": "skip"}
    assert team.clients["bob"].post("/api/v1/answers", json=body, headers=headers).status_code == (
        status
    )


# ---- the texts ------------------------------------------------------------------------------


def test_two_annotators_share_the_queue_in_order() -> None:
    team = Team(2 * HELD + 1)
    first, second = team.ids("alice"), team.ids("bob")
    assert first == [f"t{number}" for number in range(HELD)]
    assert second == [f"t{number}" for number in range(HELD, 2 * HELD)]
    team.answer("alice", "t0")
    assert team.ids("alice", after=first[-1]) == [f"t{2 * HELD}"]


def test_a_page_that_is_left_gives_its_texts_back_and_one_that_lives_keeps_them(
    team: Team,
) -> None:
    assert team.ids("alice") == ["t0", "t1", "t2", "t3", "t4"]
    team.clock.now += 59
    team.post("alice", "alive", tab="a").raise_for_status()
    team.clock.now += 59
    assert team.ids("bob") == ["t5"]
    team.post("alice", "release", tab="a").raise_for_status()
    assert team.ids("bob") == ["t0", "t1", "t2", "t3", "t5"]


def test_an_older_tab_that_is_closed_gives_nothing_back(team: Team) -> None:
    team.post("alice", "alive", tab="old")
    team.post("alice", "alive", tab="new")
    held = team.ids("alice")
    team.post("alice", "release", tab="old")
    assert team.desk.leases.held("alice") == held


def test_of_two_tabs_the_newer_is_at_work_until_the_older_is_claimed(team: Team) -> None:
    def elsewhere(tab: str, **more: bool) -> bool:
        found: bool = team.post("alice", "alive", tab=tab, **more).json()["elsewhere"]
        return found

    assert not elsewhere("one")
    assert not elsewhere("two")
    assert elsewhere("one")
    assert team.answer("alice", "t0", "Roads", tab="one").json()["elsewhere"]
    assert not team.answer("alice", "t0", "Parks", tab="two").json()["elsewhere"]
    assert not elsewhere("one", claim=True)
    assert elsewhere("two")
    assert team.desk.own("alice")["t0"].labels == ("Parks",)  # the later one counts
    assert not team.post("bob", "alive", tab="one").json()["elsewhere"]


def test_answers_of_others_are_neither_shown_nor_counted() -> None:
    team = Team(3, overlap=2)
    team.answer("alice", "t0", "Parks", note="because", unsure=True)
    assert "Parks" not in team.get("bob", "text", id="t0").text
    assert team.get("bob", "answers").json() == {"answers": [], "more": False}
    progress = team.get("bob", "texts").json()["progress"]
    assert progress == {
        "total": 3,
        "open": 3,
        "labelled": 0,
        "skipped": 0,
        "unsure": 0,
        "seconds_left": None,
        "closing_in": None,
    }
    assert "because" not in team.get("bob", "reason", id="t0").text


@pytest.mark.parametrize("name", ["alice", "judge", "owner"])
def test_no_role_can_take_back_the_answer_of_another(name: str) -> None:
    team = Team(2, overlap=2)
    team.answer("bob", "t0", "Parks")
    team.answer(name, "t0", action="undo")
    assert team.desk.own("bob")["t0"].labels == ("Parks",)


def test_own_answers_come_in_pages_newest_first() -> None:
    team = Team(7, roles={"alice": "annotator"})
    for number in range(7):
        team.answer("alice", f"t{number}")
    team.answer("alice", "t1", "Waste", discuss=True)
    page = team.get("alice", "answers", limit=3).json()
    assert [one["id"] for one in page["answers"]] == ["t1", "t6", "t5"]
    assert page["answers"][0]["discuss"]
    assert page["more"]
    page = team.get("alice", "answers", limit=5, before="t5").json()
    assert [one["id"] for one in page["answers"]] == ["t4", "t3", "t2", "t0"]
    assert not page["more"]


# ---- repeats --------------------------------------------------------------------------------


def test_a_repeated_text_looks_like_another_and_labels_nothing() -> None:
    team = Team(4, repeats=1.0, roles={"alice": "annotator"})
    for number in range(4):
        team.answer("alice", f"t{number}", "Roads")
    texts = team.get("alice", "texts").json()["texts"]
    assert [text["text"] for text in texts] == ["Text number 0"]
    again = texts[0]["id"]
    assert again != "t0"
    assert team.get("alice", "text", id=again).json()["text"] == "Text number 0"
    assert team.answer("alice", again, "Parks").json()["new"]
    event = team.log.events[-1]
    assert (event.example_id, event.action, event.labels) == ("t0", "repeat", ("Parks",))
    assert team.desk.own("alice")["t0"].labels == ("Roads",)
    assert team.ids("alice") == []  # the others were answered too short a time ago


def test_repeats_come_ten_answers_later_and_once() -> None:
    team = Team(30, repeats=1.0, roles={"alice": "annotator"})
    seen: list[str] = []
    for _step in range(25):
        text = team.get("alice", "texts").json()["texts"][0]
        seen.append(text["text"])
        team.answer("alice", text["id"])
    assert seen[:11] == [f"Text number {number}" for number in range(10)] + ["Text number 10"]
    assert seen[11] == "Text number 0"
    assert all(seen.count(text) <= 2 for text in seen)


def test_a_repeated_text_is_known_after_a_restart() -> None:
    team = Team(4, repeats=1.0, roles={"alice": "annotator"})
    for number in range(4):
        team.answer("alice", f"t{number}", "Roads")
    again = team.ids("alice")[0]
    restarted = Team(4, repeats=1.0, roles={"alice": "annotator"}, log=team.log)
    assert restarted.answer("alice", again, "Parks").status_code == 200
    third = Team(4, repeats=1.0, roles={"alice": "annotator"}, log=team.log)
    assert third.ids("alice") == []


# ---- the weak label -------------------------------------------------------------------------


class Weak:
    """Knows the weak label of every text but one."""

    turn = 0

    def queue(self) -> list[QueueItem]:
        return make_queue(6)

    def notice(self) -> str:
        return "Round 2 of 3."

    def judgement(self, example_id: str) -> tuple[str, float] | None:
        return None if example_id == "t3" else ("Waste", 0.75)


def test_by_default_the_weak_label_is_hidden_from_all() -> None:
    team = Team(office=Weak())
    for name in team.clients:
        assert team.get(name, "judgement", id="t0", moment="before").status_code == 403
    assert team.people.shown == []


def test_a_team_is_told_of_the_round_as_it_stands() -> None:
    team = Team(office=Weak())
    assert team.post("alice", "alive", tab="a").json()["notice"] == "Round 2 of 3."
    assert "Round 2 of 3." in team.clients["alice"].get("/").text


def test_after_the_answer_only_and_each_look_is_kept_and_stamped() -> None:
    team = Team(office=Weak(), reveal="after")
    assert team.get("alice", "judgement", id="t0", moment="after").status_code == 403
    team.answer("alice", "t0", "Roads")
    reply = team.get("alice", "judgement", id="t0", moment="after")
    assert reply.json() == {"label": "Waste", "probability": 0.75}
    team.get("alice", "judgement", id="t0", moment="before")
    assert [(one.annotator, one.moment) for one in team.people.shown] == [("alice", "after")]
    assert team.log.events[0].revealed == ""
    team.answer("alice", "t0", "Waste")
    assert team.log.events[-1].revealed == "after"


def test_before_the_answer_the_answer_says_that_it_was_seen() -> None:
    team = Team(office=Weak(), reveal="before")
    team.get("alice", "judgement", id="t1", moment="before").raise_for_status()
    for id_ in ("t0", "t1"):
        team.answer("alice", id_)
        team.answer("bob", id_)
    seen = {(one.annotator, one.example_id): one.revealed for one in team.log.events}
    assert seen == {
        ("alice", "t0"): "",
        ("bob", "t0"): "",
        ("alice", "t1"): "before",
        ("bob", "t1"): "",
    }
    assert team.get("alice", "judgement", id="t3", moment="before").status_code == 404
    assert team.get("alice", "judgement", id="nobody", moment="before").status_code == 422
