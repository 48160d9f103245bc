"""Labelling in a real Chromium: keys, undo, corrections, and answers that must not get lost."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from annotation_logs import MemoryLog
from annotation_samples import make_queue, make_task

from activellm.annotation import Annotation
from activellm.annotation.web.server import run
from activellm.errors import StoreError

pytestmark = pytest.mark.browser


# ---- one key, saved, next -------------------------------------------------------------------


def test_keys_alone_from_the_first_text_to_the_end(labelling) -> None:
    at = labelling()
    assert at.text() == "Text number 0"
    at.press("1")
    at.saved("Saved: Roads")
    assert at.log.events[0].labels == ("Roads",)
    at.press("2 s ? n")
    at.page.keyboard.type("1 hm, 2?")
    at.press("Escape 3")
    at.saved("Saved: Parks")
    assert at.text() == "Text number 4"
    at.press("1")
    at.page.wait_for_selector("#end:not([hidden])")
    assert at.page.text_content("#end-counts") == "4 texts labelled · 1 skipped · 1 marked unsure"
    assert at.page.inner_text("#end-skipped") == "Label the 1 skipped text"
    assert "in the terminal in" in at.page.text_content("#end-next")
    at.page.wait_for_timeout(800)
    at.press("Enter")
    at.thread.join(5)
    assert not at.thread.is_alive()
    assert "The run goes on in the terminal" in at.page.text_content("#end-next")
    assert [(one.example_id, one.action, one.labels) for one in at.log.events] == [
        ("t0", "label", ("Roads",)),
        ("t1", "label", ("Waste",)),
        ("t2", "skip", ()),
        ("t3", "label", ("Parks",)),
        ("t4", "label", ("Roads",)),
    ]
    assert [(one.unsure, one.note) for one in at.log.events if one.unsure] == [(True, "1 hm, 2?")]
    assert {one.annotator for one in at.log.events} == {"alice"}
    at.healthy()


def test_the_run_goes_on_by_itself(labelling) -> None:
    at = labelling(make_queue(1), grace=0.6)
    at.press("1")
    at.thread.join(5)
    assert not at.thread.is_alive()
    at.page.wait_for_function("() => document.body.classList.contains('finished')")
    at.healthy()


def test_fifty_fast_keys_give_fifty_answers_in_order(labelling) -> None:
    at = labelling(make_queue(60))
    for number in range(50):
        at.page.keyboard.press("123"[number % 3])
        if number == 30:
            at.wait_for_events(31)  # forty texts are there ahead: a slow machine must fetch more
    at.wait_for_events(50)
    at.saved("Saved: Waste")
    assert [one.example_id for one in at.log.events] == [f"t{n}" for n in range(50)]
    assert [one.labels[0] for one in at.log.events] == (["Roads", "Waste", "Parks"] * 17)[:50]
    assert at.text() == "Text number 50"
    at.healthy()


def test_a_key_held_down_is_one_answer(labelling) -> None:
    at = labelling()
    for _repeat in range(5):
        at.page.keyboard.down("1")
    at.page.keyboard.up("1")
    at.saved("Saved: Roads")
    at.page.wait_for_timeout(200)
    assert len(at.log.events) == 1


def test_keys_work_on_other_keyboard_layouts(labelling) -> None:
    at = labelling(task=make_task(*[f"Label {n}" for n in range(1, 13)]))
    for key, code in (("&", "Digit1"), ("١", "Digit1"), ("ش", "KeyA")):
        event = {"key": key, "code": code, "bubbles": True}
        at.page.evaluate("e => document.body.dispatchEvent(new KeyboardEvent('keydown', e))", event)
    at.wait_for_events(3)
    assert list(at.answers().values()) == [("Label 1",), ("Label 1",), ("Label 11",)]


def test_undo_goes_back_many_steps(labelling) -> None:
    at = labelling()
    at.press("u 1 ? 2 3 u u")
    at.saved("Taken back")
    assert at.text() == "Text number 1"
    assert at.page.get_attribute("[data-do=unsure]", "aria-pressed") == "true"
    assert "given" in at.page.get_attribute("[data-label=Waste]", "class")
    at.press("3")
    at.saved("Saved: Parks")
    assert at.text() == "Text number 2"
    at.press("Control+z Control+z Control+z")
    at.saved("Taken back")
    assert at.text() == "Text number 0"
    at.wait_for_events(8)
    assert at.answers() == {}
    at.press("2 2 2 2 2")
    at.page.wait_for_selector("#end:not([hidden])")
    assert at.answers() == {f"t{n}": ("Waste",) for n in range(5)}
    at.healthy()


def test_undo_on_the_end_page_holds_the_run(labelling) -> None:
    at = labelling(make_queue(1), grace=1.5)
    at.press("1")
    at.page.wait_for_selector("#end:not([hidden])")
    at.press("u")
    at.saved("Taken back")
    at.page.wait_for_timeout(1800)
    assert at.thread.is_alive()
    at.press("2")
    at.thread.join(5)
    assert at.answers() == {"t0": ("Waste",)}


def test_earlier_answers_can_be_corrected(labelling) -> None:
    at = labelling()
    at.press("1 1 1")
    at.saved("Saved: Roads")
    at.press("h")
    begins = ["Text number 2", "Text number 1", "Text number 0"]
    assert at.texts("#answers .begin") == begins
    at.page.click("#answers .answer >> nth=2")
    at.page.wait_for_selector("#correcting:not([hidden])")
    assert at.text() == "Text number 0"
    at.press("3")
    at.saved("Saved: Parks")
    assert at.text() == "Text number 3"
    assert at.answers()["t0"] == ("Parks",)
    at.page.click("#answers .answer >> nth=1")
    at.page.wait_for_selector("#correcting:not([hidden])")
    at.press("Escape Escape")  # the panel first, then the correction
    assert at.text() == "Text number 3"
    at.press("u")  # takes back the correction
    at.saved("Taken back")
    assert at.answers()["t0"] == ("Roads",)
    at.healthy()


def test_skipped_texts_come_again(labelling) -> None:
    at = labelling(make_queue(3))
    at.press("s 1 s")
    at.page.click("#end-skipped")
    at.page.wait_for_selector("#card:not([hidden])")
    at.press("2 3")
    at.page.wait_for_selector("#end:not([hidden])")
    assert at.answers() == {"t0": ("Waste",), "t1": ("Roads",), "t2": ("Parks",)}
    assert at.page.is_hidden("#end-skipped")


def test_multi_label_keys_toggle_and_enter_saves(labelling) -> None:
    at = labelling(make_queue(3), task=make_task(kind="multi"))
    at.press("3 1 2 2 Enter")
    at.saved("Saved: Roads, Parks")
    assert at.page.inner_text("#save-words") == "Save: none of these"
    at.page.focus("[data-label=Waste]")
    at.press("Space Enter")
    at.saved("Saved: Waste")
    at.press("Enter")
    at.page.wait_for_selector("#end:not([hidden])")
    assert list(at.answers().values()) == [("Roads", "Parks"), ("Waste",), ()]
    at.healthy()


def test_many_labels_are_found_by_searching(labelling) -> None:
    names = [f"{what} {thing}" for what in ("lost", "new") for thing in "abcdefghijklmnopqrst"]
    at = labelling(task=make_task(*names))
    at.page.keyboard.type("NEW")
    assert len(at.page.query_selector_all(".choice:not([hidden])")) == 20
    at.press("ArrowDown ArrowDown ArrowUp Enter")
    at.saved("Saved: new b")
    at.page.keyboard.type("t s")
    at.press("Enter")
    at.saved("Saved: lost s")
    at.press("Escape u")
    at.saved("Taken back")
    at.press("/")
    at.page.keyboard.type("nothing like it")
    at.press("Enter")
    assert list(at.answers().values()) == [("new b",)]
    at.healthy()


# ---- nothing is lost ------------------------------------------------------------------------


def test_a_reload_goes_on_where_it_was(labelling) -> None:
    at = labelling()
    at.press("1 2")
    at.saved("Saved: Waste")
    assert "token" not in at.page.url
    at.page.reload()
    at.page.wait_for_selector("#card:not([hidden])")
    assert at.text() == "Text number 2"
    assert at.page.text_content("#done") == "2 of 5"
    at.press("u")
    at.saved("Taken back")
    assert at.text() == "Text number 1"
    at.healthy()


def test_another_browser_needs_its_own_link(labelling, chromium) -> None:
    at = labelling()
    other = chromium.new_context()
    page = other.new_page()
    assert page.goto(at.url).status == 403
    assert "used already" in page.text_content("main")
    fresh = at.urls.get(timeout=5)
    page.goto(fresh)
    page.wait_for_selector("#card:not([hidden])")
    other.close()


class FailingLog(MemoryLog):
    failing = False

    def append(self, annotation: Annotation) -> bool:
        if self.failing:
            raise StoreError("disk full")
        return super().append(annotation)


def test_what_the_disk_refused_is_told_and_sent_again(labelling) -> None:
    log = FailingLog()
    at = labelling(log=log)
    log.failing = True
    at.press("1")
    at.saved("Not saved")
    words = at.page.inner_text("#alert-words")
    assert words.startswith("1 answer is not saved yet")
    assert "could not be written to the disk" in words
    at.press("2")
    assert at.text() == "Text number 2"
    log.failing = False
    at.page.click("#retry")
    at.saved("Saved: Waste")
    assert at.page.is_hidden("#alert")
    assert [one.labels[0] for one in log.events] == ["Roads", "Waste"]


def test_answers_survive_a_stopped_server_and_a_lost_reply(labelling) -> None:
    at = labelling(make_queue(8), intercepted=True)
    at.press("1")
    at.saved("Saved: Roads")
    at.context.set_offline(True)
    at.press("2 3 u 1")
    at.saved("Not saved")
    assert "2 of" not in at.page.text_content("#done")
    assert re.search(r"answers are not saved yet", at.page.inner_text("#alert-words"))
    assert len(at.log.events) == 1
    at.context.set_offline(False)
    at.saved("Saved: Roads")
    at.page.wait_for_selector("#alert", state="hidden")
    # The server keeps the next answer, but its reply gets lost: sent again, it counts once.
    lost: list[int] = []

    def lose(route: Any) -> None:
        lost.append(route.fetch().status)
        route.abort()

    at.page.route("**/api/v1/answers", lose, times=1)
    at.press("3")
    at.saved("Saved: Parks")
    assert lost == [200]
    assert [one.action for one in at.log.events] == [
        "label",
        "label",
        "label",
        "undo",
        "label",
        "label",
    ]
    assert at.answers() == {
        "t0": ("Roads",),
        "t1": ("Waste",),
        "t2": ("Roads",),
        "t3": ("Parks",),
    }


def test_an_answer_that_the_server_refuses_waits_for_a_decision(labelling) -> None:
    at = labelling(intercepted=True)

    def spoil(route: Any) -> None:
        route.continue_(post_data=route.request.post_data.replace('"Roads"', '"Sewers"'))

    at.page.route("**/api/v1/answers", spoil, times=1)
    at.press("1 2")
    at.page.wait_for_selector("#leave-out:not([hidden])")
    assert "2 answers are not saved yet" in at.page.inner_text("#alert-words")
    at.page.click("#leave-out")
    at.saved("Saved: Waste")
    assert at.answers() == {"t1": ("Waste",)}


def test_a_stopped_server_is_told_and_found_again(chromium) -> None:
    """The same page, server gone and back on the same port."""
    from activellm.annotation.desk import Desk
    from activellm.annotation.seats import Seats
    from activellm.annotation.web.access import OneBrowser
    from activellm.annotation.web.api import Page
    from activellm.annotation.web.app import create_app
    from activellm.annotation.web.closing import Closing
    from activellm.annotation.web.server import bind, hosts_of

    log, tokens, stop = MemoryLog(), [], threading.Event()
    listener = bind("127.0.0.1", None)
    port = listener.getsockname()[1]
    access = OneBrowser(tokens.append, "alice")
    access.invite()
    desk = Desk(make_queue(4), make_task(), log, team=False)
    page = Page(Seats(desk, oracle="browser"), closing=Closing(60))
    app = create_app(page, access=access, hosts=hosts_of(listener))

    def serve(listener: Any) -> threading.Thread:
        stop.clear()
        thread = threading.Thread(target=run, args=(app, listener, stop.is_set))
        thread.start()
        return thread

    thread = serve(listener)
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/start?token={tokens[0]}")
    page.wait_for_selector("#card:not([hidden])")
    stop.set()
    thread.join(10)
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.wait_for_function("() => document.querySelector('#saved').textContent === 'Not saved'")
    assert "is it still running?" in page.inner_text("#alert-words")
    assert log.events == []
    thread = serve(bind("127.0.0.1", port))
    page.wait_for_function("() => document.querySelector('#saved').textContent === 'Saved: Waste'")
    assert page.is_hidden("#alert")
    assert [one.labels[0] for one in log.events] == ["Roads", "Waste"]
    context.close()
    stop.set()
    thread.join(10)
