"""Several people in real browsers: two at one queue, keys, own answers, languages, colours."""

from __future__ import annotations

from statistics import median

import pytest
from annotation_logs import MemoryLog
from answers import said
from test_team_page import Weak

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SMALL = """[...document.querySelectorAll("button, a, select")]
  .filter((one) => one.offsetParent && (one.offsetHeight < 44 || one.offsetWidth < 44))
  .map((one) => one.outerHTML)"""


def test_two_annotators_with_overlap_label_every_text_twice(serve):
    team = serve(4, overlap=2)
    alice, bob = team.visit("alice"), team.visit("bob")
    for visit, key in ((alice, "1"), (bob, "2")):
        for number in range(4):
            visit.says("#text", f"Text number {number}")
            visit.press(key)
        visit.shows("#end")
    assert {id_: one.labels for id_, one in team.desk.own("alice").items()} == {
        f"t{number}": ("Roads",) for number in range(4)
    }
    assert all(one.labels == ("Waste",) for one in team.desk.own("bob").values())
    assert team.desk.open_count("alice") == team.desk.open_count("bob") == 0


def test_a_finished_page_goes_on_when_a_text_is_free_again(serve):
    team = serve(1)
    alice = team.visit("alice")
    alice.says("#text", "Text number 0")
    alice.press("1")
    alice.shows("#end")
    bob = team.visit("bob")
    bob.shows("#end")
    alice.press("u")
    alice.says("#text", "Text number 0")
    alice.press("s")
    bob.says("#text", "Text number 0")  # skipped by one, it goes to the other by itself
    bob.press("3")
    bob.shows("#end")
    assert team.desk.own("bob")["t0"].labels == ("Parks",)


def test_undo_goes_back_further_than_a_reload(serve):
    team = serve(5, roles={"alice": "annotator"})
    alice = team.visit("alice")
    for number in range(3):
        alice.says("#text", f"Text number {number}")
        alice.press("1")
    alice.says("#saved", "Saved")
    alice.page.reload()
    alice.says("#text", "Text number 3")
    alice.press("u")
    alice.says("#text", "Text number 2")
    alice.press("u")
    alice.says("#text", "Text number 1")
    alice.press("2")
    alice.says("#saved", "Saved: Waste")
    assert team.desk.own("alice")["t1"].labels == ("Waste",)
    assert "t2" not in team.desk.own("alice")


def test_the_older_of_two_tabs_is_told_and_can_go_on(serve):
    team = serve(6, roles={"alice": "annotator"})
    context = team.context()
    first = team.visit("alice", context=context)
    first.says("#text", "Text number 0")
    second = team.visit("alice", context=context)
    second.says("#text", "Text number 0")
    first.press("1")
    first.shows("#elsewhere")
    first.page.click("#claim")
    first.page.wait_for_selector("#elsewhere", state="hidden")


def test_needs_discussion_and_the_note_arrive(serve):
    team = serve(2, roles={"alice": "annotator"})
    alice = team.visit("alice")
    alice.says("#text", "Text number 0")
    alice.press("! n")
    alice.page.keyboard.type("Is this about both?")
    alice.press("Escape 1")
    alice.says("#saved", "Saved")
    event = team.log.events[0]
    assert (event.discuss, event.note, event.labels) == (True, "Is this about both?", ("Roads",))
    alice.press("h")
    alice.shows("#answers .mark-discuss")


def test_own_answers_are_filtered_and_corrected(serve):
    team = serve(3, roles={"alice": "annotator"})
    alice = team.visit("alice")
    for number, key in enumerate("123"):
        alice.says("#text", f"Text number {number}")
        alice.press(key)
    alice.shows("#end")
    alice.press("h")
    assert alice.page.locator("#answers .answer").count() == 3
    alice.page.fill("#filter", "waste")
    assert alice.page.locator("#answers .answer").count() == 1
    alice.page.click("#answers .answer")
    alice.shows("#correcting")
    alice.press("3")
    alice.says("#saved", "Saved: Parks")
    assert team.desk.own("alice")["t1"].labels == ("Parks",)
    assert [one.action for one in team.log.events] == ["label"] * 4


def test_long_histories_come_in_parts_and_undo_goes_through_them(serve):
    log = MemoryLog()
    log.events = [said(f"t{number}", "alice", "Roads") for number in range(250)]
    team = serve(260, roles={"alice": "annotator"}, log=log)
    alice = team.visit("alice")
    alice.says("#text", "Text number 250")
    alice.press("h")
    answers = alice.page.locator("#answers .answer")
    assert (answers.count(), answers.first.inner_text()) == (100, "Roads\nText number 249")
    alice.page.evaluate("document.querySelector('#answers').lastElementChild.scrollIntoView()")
    alice.page.wait_for_function(
        "() => document.querySelectorAll('#answers .answer').length === 200"
    )
    alice.page.fill("#filter", "number 6")  # the list is short now: the last part comes, too
    alice.page.wait_for_selector("#older", state="hidden")
    begins = "[...document.querySelectorAll('#answers .begin')].map((one) => one.innerText)"
    assert alice.page.evaluate(begins) == [f"Text number {n}" for n in [*range(69, 59, -1), 6]]
    alice.page.fill("#filter", "")
    assert answers.count() == 250
    alice.page.reload()
    alice.says("#text", "Text number 250")
    for number in range(249, 129, -1):  # further than one part
        alice.press("u")
        alice.says("#text", f"Text number {number}")
    alice.says("#saved", "Taken back")
    assert len(team.desk.own("alice")) == 130


def test_more_than_nine_labels_can_be_searched_and_still_have_keys(serve):
    team = serve(
        4, roles={"alice": "annotator"}, labels=[{"name": f"Topic {n}"} for n in range(12)]
    )
    alice = team.visit("alice")
    alice.says("#text", "Text number 0")
    alice.press("2")
    alice.says("#saved", "Saved: Topic 1")
    alice.press("/")
    alice.page.keyboard.type("11")
    alice.press("Enter")
    alice.says("#saved", "Saved: Topic 11")
    alice.press("a")  # a key again, and no letter of a search
    alice.says("#saved", "Saved: Topic 10")
    assert alice.page.input_value("#search") == ""


def test_a_hundred_thousand_texts_do_not_slow_the_page(serve):
    team = serve(100_000, roles={"alice": "annotator"})
    alice = team.visit("alice")
    alice.says("#text", "Text number 0")
    size = "document.querySelectorAll('*').length"
    before = alice.page.evaluate(size)
    for number in range(20):
        alice.press("1")
        alice.says("#text", f"Text number {number + 1}")
    alice.says("#saved", "Saved")
    assert alice.page.evaluate(size) == before
    took = alice.page.evaluate(
        "performance.getEntriesByType('resource')"
        ".filter((one) => /answers$|texts[?]after/.test(one.name)).map((one) => one.duration)"
    )
    assert len(took) >= 20
    assert median(took) < 100  # milliseconds; with ten texts it takes five


def test_other_keys_are_learned_kept_and_taken_back(serve):
    team = serve(4, roles={"alice": "annotator"})
    alice = team.visit("alice")
    alice.says("#text", "Text number 0")
    alice.press(",")
    alice.page.get_by_role("button", name="Parks").last.click()
    alice.press("s")
    alice.says("#remap-said", "S is taken by: skip this text.")
    alice.press("Enter")
    alice.says("#remap-said", "cannot be used")
    alice.press("k")
    alice.page.wait_for_selector("#remap-said", state="hidden")
    alice.press(",")
    assert alice.page.inner_text("[data-label=Parks] kbd") == "K"
    alice.press("k")
    alice.says("#saved", "Saved: Parks")
    alice.page.reload()
    alice.says("#text", "Text number 1")
    alice.press("3")
    alice.press("k")
    alice.says("#text", "Text number 2")
    alice.says("#saved", "Saved")
    assert [one.labels for one in team.log.events] == [("Parks",), ("Parks",)]
    alice.press(",")
    alice.page.click("[data-do=resetKeys]")
    alice.page.get_by_role("button", name="skip this text").click()  # and then think better of it
    alice.page.click("#settings [data-do=close]")
    alice.press("3")
    alice.says("#text", "Text number 3")


def test_keys_alone_are_enough(serve):
    """Nothing is clicked: all is reached by keys, and what is focused can be seen."""
    team = serve(2, roles={"alice": "annotator"})
    alice = team.visit("alice")
    alice.says("#text", "Text number 0")
    reached = set()
    for _ in range(30):
        alice.press("Tab")
        reached.add(
            alice.page.evaluate(
                "document.activeElement.dataset.do ?? document.activeElement.dataset.label"
                " ?? document.activeElement.id"
            )
        )
    assert {
        "undo",
        "skip",
        "unsure",
        "discuss",
        "note",
        "why",
        "Roads",
        "Waste",
        "Parks",
    } <= reached
    assert {"guidelines", "history", "settings", "text"} <= reached
    alice.page.focus("[data-label=Waste]")
    alice.press("Enter")
    alice.press("g Escape h Escape ,")
    focused = "document.activeElement.textContent"
    while not alice.page.evaluate(focused).startswith("Parks"):
        alice.press("Tab")
    alice.press("Enter p")
    assert alice.page.evaluate(focused) == "ParksP"  # and the focus has not moved
    alice.press("Escape p")
    alice.shows("#end")
    assert [one.labels for one in team.log.events] == [("Waste",), ("Parks",)]


def test_german_by_the_browsers_language_and_english_by_the_switch(serve):
    team = serve(2, roles={"alice": "annotator"})
    alice = team.visit("alice", locale="de-DE")
    alice.says("#text", "Text number 0")
    assert alice.page.inner_text("[data-do=skip] span") == "Überspringen"
    assert alice.page.get_attribute("html", "lang") == "de"
    alice.press("1")
    alice.says("#saved", "Gespeichert: Roads")
    alice.press(",")
    with alice.page.expect_navigation():
        alice.page.select_option("#language", "en")
    alice.says("#text", "Text number 1")
    assert alice.page.inner_text("[data-do=skip] span") == "Skip"


def test_dark_by_the_switch_and_kept(serve):
    team = serve(2, roles={"alice": "annotator"})
    alice = team.visit("alice", color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = alice.page.evaluate(paper)
    alice.press(",")
    alice.page.select_option("#colours", "dark")
    dark = alice.page.evaluate(paper)
    assert dark != light
    alice.page.reload()
    assert alice.page.evaluate(paper) == dark


def test_a_phone_has_large_targets_and_no_sideways_scrolling(serve):
    team = serve(3, roles={"alice": "annotator"})
    alice = team.visit("alice", **PHONE)
    alice.says("#text", "Text number 0")
    assert alice.page.evaluate(SMALL) == []
    assert alice.page.evaluate("document.documentElement.scrollWidth") <= 390
    alice.page.tap("[data-label=Waste]")
    alice.says("#saved", "Saved: Waste")
    for panel in ("guidelines", "history", "settings"):
        alice.page.tap(f"nav [data-do={panel}]")
        assert alice.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert alice.page.evaluate(SMALL) == []
        alice.page.tap(f"#{panel} [data-do=close]")


def test_an_owners_phone_reaches_every_page_and_panel(serve):
    team = serve(3, roles={"owner": "owner"}, reveal="before", office=Weak())
    owner = team.visit("owner", **PHONE)
    owner.says("#text", "Text number 0")
    places = owner.page.evaluate(
        "[...document.querySelectorAll('nav a, nav button')].map((one) => {"
        "const box = one.getBoundingClientRect(); return [box.left, box.right, box.top]; })"
    )
    assert len(places) == 5
    assert all(left >= 0 and right <= 390 and top >= 0 for left, right, top in places)


def test_the_weak_label_before_on_request_only(serve):
    team = serve(4, reveal="before", office=Weak(), roles={"alice": "annotator"})
    alice = team.visit("alice")
    alice.says("#text", "Text number 0")
    assert not alice.page.is_visible("#model-said")
    alice.press("q")
    alice.says("#model-said", "The LLM expects Waste (75 %)")
    alice.press("1")
    alice.says("#text", "Text number 1")
    assert not alice.page.is_visible("#model-said")
    alice.press("2")
    alice.says("#saved", "Saved: Waste")
    assert [one.revealed for one in team.log.events] == ["before", ""]
    assert len(team.people.shown) == 1
    alice.press("1 q")
    alice.says("#model-said", "The LLM says nothing of this text.")


def test_the_weak_label_after_the_answer(serve):
    team = serve(4, reveal="after", office=Weak(), roles={"alice": "annotator"})
    alice = team.visit("alice")
    alice.says("#text", "Text number 0")
    assert alice.page.locator("[data-do=model]").count() == 0
    alice.press("1")
    alice.says("#model-said", "you said Roads, the LLM had expected Waste (75 %).")
    alice.press("2")
    alice.says("#model-said", "the LLM had expected Waste, too (75 %).")
    assert [(one.example_id, one.moment) for one in team.people.shown] == [
        ("t0", "after"),
        ("t1", "after"),
    ]
    alice.press("u")
    alice.page.wait_for_selector("#model-said", state="hidden")


def test_a_name_is_never_code(serve):
    name = "<img src=x onerror=window.pwned=1>"
    team = serve(1, roles={name: "owner"})
    visit = team.visit(name)
    visit.says("#text", "Text number 0")
    assert visit.page.evaluate("window.pwned") is None
