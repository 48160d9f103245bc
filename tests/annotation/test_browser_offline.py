"""Without a connection, in real browsers: answers wait in the browser and arrive once, in order."""

from __future__ import annotations

import random
from typing import Any

import pytest

pytestmark = pytest.mark.browser

ALICE = {"alice": "annotator"}
KEYS = {"1": "Roads", "2": "Waste", "3": "Parks"}


def told(team: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    """What the server was told, in order."""
    return [(one.example_id, one.action, one.labels) for one in team.log.events]


def test_the_page_says_at_once_that_it_is_offline(serve):
    team = serve(6, roles=ALICE)
    alice = team.visit("alice")
    alice.says("#text", "Text number 0")
    team.contexts[0].set_offline(True)
    alice.says("#alert-words", "You are offline. What you answer meanwhile is kept")
    assert alice.page.is_hidden("#retry")  # there is nothing to send
    team.contexts[0].set_offline(False)
    alice.page.wait_for_selector("#alert", state="hidden")
    assert team.log.events == []


def test_a_server_on_the_same_machine_needs_no_network(serve):
    team = serve(6, roles=ALICE)
    alice = team.visit("alice")
    alice.says("#text", "Text number 0")
    alice.page.evaluate("dispatchEvent(new Event('offline'))")  # the network is gone, but not we
    alice.page.wait_for_timeout(300)
    assert alice.page.is_hidden("#alert")
    alice.press("1")
    alice.says("#saved", "Saved: Roads")


def test_offline_and_back_loses_nothing_and_doubles_nothing(serve):
    team = serve(9, roles=ALICE)
    alice = team.visit("alice")
    alice.says("#text", "Text number 0")
    alice.press("1")
    alice.says("#saved", "Saved")
    team.contexts[0].set_offline(True)
    alice.press("2 3 u 1")
    alice.says("#alert-words", "4 answers are not saved yet; they are kept in this browser.")
    alice.says("#alert-words", "You are offline.")
    assert len(team.log.events) == 1
    team.contexts[0].set_offline(False)
    alice.page.wait_for_selector("#alert", state="hidden")
    assert told(team) == [
        ("t0", "label", ("Roads",)),
        ("t1", "label", ("Waste",)),
        ("t2", "label", ("Parks",)),
        ("t2", "undo", ()),
        ("t2", "label", ("Roads",)),
    ]


def test_when_the_texts_run_out_offline_the_page_says_when_it_goes_on(serve):
    team = serve(20, roles=ALICE)
    alice = team.visit("alice")
    alice.says("#text", "Text number 0")
    team.contexts[0].set_offline(True)
    alice.press("1 1 1 1 1 1 1")
    alice.says("#loading", "The next text comes when the connection is back.")
    team.contexts[0].set_offline(False)
    alice.says("#text", "Text number")
    alice.page.wait_for_selector("#alert", state="hidden")
    assert len(team.log.events) in (5, 6, 7)  # as many as it had fetched ahead
    assert alice.text() == f"Text number {len(team.log.events)}"


def test_a_reload_keeps_what_was_not_sent_and_warns_before(serve):
    team = serve(8, roles=ALICE)
    alice = team.visit("alice", intercepted=True)
    alice.says("#text", "Text number 0")
    alice.page.route("**/api/v1/answers", lambda route: route.abort())
    alice.press("1 2 3")
    alice.says("#alert-words", "3 answers are not saved yet")
    alice.page.reload()
    assert alice.warned == 1
    alice.says("#alert-words", "3 answers are not saved yet")
    alice.page.unroute("**/api/v1/answers")
    alice.says("#text", "Text number 3")
    assert [one.labels for one in team.log.events] == [("Roads",), ("Waste",), ("Parks",)]


def test_what_was_not_sent_survives_a_closed_tab(serve):
    team = serve(4, roles=ALICE)
    context = team.context()
    alice = team.visit("alice", context=context, intercepted=True)
    alice.says("#text", "Text number 0")
    alice.page.route("**/api/v1/answers", lambda route: route.abort())
    alice.press("2")
    alice.says("#alert-words", "1 answer is not saved yet")
    alice.page.close(run_before_unload=False)
    again = team.visit("alice", context=context)
    again.says("#text", "Text number 1")
    assert told(team) == [("t0", "label", ("Waste",))]


def test_an_open_tab_takes_over_what_a_closed_one_left(serve):
    team = serve(6, roles=ALICE)
    context = team.context()
    context.clock.install()
    first = team.visit("alice", context=context)
    first.says("#text", "Text number 0")
    second = team.visit("alice", context=context, intercepted=True)
    second.says("#text", "Text number 0")
    second.page.route("**/api/v1/answers", lambda route: route.abort())
    second.press("2 3")
    second.says("#alert-words", "2 answers are not saved yet")
    first.page.clock.fast_forward(16_000)  # the other tab is open: its answers stay its own
    first.page.wait_for_timeout(200)
    assert team.log.events == []
    second.page.close(run_before_unload=False)
    first.page.clock.fast_forward(16_000)
    first.says("#saved", "Saved: Parks")
    assert [one.labels for one in team.log.events] == [("Waste",), ("Parks",)]


def test_nobody_sends_anothers_answers(serve):
    """Two people, one browser: what one of them left behind waits for that one."""
    team = serve(4, roles={"alice": "annotator", "bob": "annotator"})
    context = team.context()
    alice = team.visit("alice", context=context, intercepted=True)
    alice.says("#text", "Text number 0")
    alice.page.route("**/api/v1/answers", lambda route: route.abort())
    alice.press("1")
    alice.says("#alert-words", "1 answer is not saved yet")
    alice.page.close(run_before_unload=False)
    context.clear_cookies()
    bob = team.visit("bob", context=context)
    bob.text()
    bob.page.wait_for_timeout(300)
    assert team.log.events == []
    bob.page.close()
    context.clear_cookies()
    again = team.visit("alice", context=context)
    again.says("#text", "Text number 1")
    assert [(one.annotator, one.labels) for one in team.log.events] == [("alice", ("Roads",))]


@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_keys_reloads_and_lost_connections(serve, seed: int):
    """What was pressed is what the server knows in the end, whatever happens in between."""
    chance = random.Random(seed)
    team = serve(40, roles=ALICE)
    context = team.context()
    alice = team.visit("alice", context=context)
    alice.says("#text", "Text number 0")
    given: list[tuple[str, str]] = []  # what should stand, the oldest first
    offline = False
    for _step in range(35):
        what = chance.choices(("label", "undo", "connection", "reload"), (6, 2, 1.5, 0.7))[0]
        if what == "reload" and offline:
            what = "connection"
        if what == "connection":
            offline = not offline
            context.set_offline(offline)
        elif what == "reload":
            alice.page.reload()
            alice.says("#text", "Text number")
        elif what == "undo" and given:
            alice.press("u")
            text, _label = given.pop()
            if offline and alice.page.is_hidden("#card"):  # it must be fetched first
                offline = False
                context.set_offline(False)
            alice.says("#text", text)
        elif what == "label" and alice.page.is_visible("#card"):
            key = chance.choice(list(KEYS))
            given.append((alice.page.inner_text("#text"), KEYS[key]))
            alice.press(key)
    context.set_offline(False)
    alice.page.wait_for_function("() => !document.querySelector('#saved').className.includes('no')")
    alice.page.wait_for_selector("#alert", state="hidden")
    alice.page.wait_for_timeout(300)
    ids = {f"t{number}": f"Text number {number}" for number in range(40)}
    own = [(ids[id_], *one.labels) for id_, one in team.desk.own("alice").items()]
    assert own == given
    events = [one.event for one in team.log.events]
    assert len(set(events)) == len(events)
