"""The adjudicators' page in a real Chromium."""

from __future__ import annotations

import pytest
from annotation_samples import make_task
from office_browser import EVIL
from office_samples import (
    agreement,
    answer,
    at,
    case,
    some_cases,
)

pytestmark = pytest.mark.browser


def test_deciding_by_keys_alone(visit):
    at_ = visit("disagreements")
    assert at_.text("#text") == "Text t1"
    assert at_.texts(".opinion .said") == ["Roads", "Waste", "skipped"]
    assert "The pothole is the point." in at_.text(".opinion")
    assert at_.texts(".opinion .badge") == ["unsure"]
    assert at_.text("#suggestion") == (
        "Suggestion, people weighted by how reliable they seem: Roads"
    )
    assert at_.office.sent == []  # a suggestion decides nothing
    at_.press("j")
    assert at_.text("#text") == "Text t2"
    assert at_.texts("#why .badge") == ["needs discussion"]
    at_.press("j")
    assert "finds likelier: Waste" in at_.text("#suggestion")
    at_.press("k k 2")
    at_.until("#saved", "Decided: Waste")
    ((path, sent),) = at_.office.sent
    assert path == "resolutions"
    assert len(sent.pop("event")) == 32
    assert sent == {"id": "t1", "action": "resolve", "labels": ["Waste"], "note": ""}
    assert at_.text("#text") == "Text t2"  # the next one is there already
    assert at_.text("#to-decide") == "2"
    at_.press("n")
    at_.page.keyboard.type("It is 1 for the park, j k u")
    at_.press("Escape 3")
    at_.until("#saved", "Decided: Parks")
    assert at_.office.sent[1][1]["note"] == "It is 1 for the park, j k u"
    at_.press("1")
    at_.page.wait_for_selector("#empty:not([hidden])")
    assert at_.page.evaluate("document.activeElement.id") == "empty"
    assert at_.page.locator("#to-decide").is_hidden()
    at_.press("u")
    at_.until("#saved", "Taken back")
    assert at_.text("#text") == "Text t3"
    at_.press("u u")
    at_.page.wait_for_function("() => document.querySelector('#to-decide').textContent === '3'")
    assert [one[1]["action"] for one in at_.office.sent] == ["resolve"] * 3 + ["undo"] * 3
    assert [one[1]["id"] for one in at_.office.sent[3:]] == ["t3", "t2", "t1"]


def test_an_answer_is_taken_by_a_click(visit):
    at_ = visit("disagreements")
    at_.page.click("[aria-label='Decide as bob: Waste']")
    at_.until("#saved", "Decided: Waste")
    assert at_.office.cases[0]["decision"]["labels"] == ["Waste"]
    at_.page.wait_for_selector("#docket .head")
    at_.page.click("#docket li:last-child button")
    assert at_.text("#suggestion") == "Decided by judge: Waste"
    assert at_.text("#place") == "decided"
    at_.press("3")  # another mind
    at_.until("#saved", "Decided: Parks")
    at_.until("#suggestion", "Decided by judge: Parks")


def test_several_labels(visit):
    cases = [case("m1", answer("alice", "Roads", "Waste"), answer("bob"))]
    at_ = visit("disagreements", cases=cases, task=make_task(kind="multi"))
    assert at_.texts(".opinion .said") == ["Roads, Waste", "none of these"]
    assert at_.text("#save-words") == "Decide: none of these"
    at_.press("1 3 1 2")
    assert at_.text("#save-words") == "Decide"
    assert at_.page.locator("[aria-pressed=true]").count() == 2
    at_.press("Enter")
    at_.until("#saved", "Decided: Waste, Parks")
    assert at_.office.sent[0][1]["labels"] == ["Waste", "Parks"]


def test_many_labels_are_searched(visit):
    names = [f"Label {n}" for n in range(40)]
    cases = [case("t1", answer("alice", "Label 1"), answer("bob", "Label 2"))]
    at_ = visit("disagreements", cases=cases, task=make_task(*names))
    at_.press("/ Enter")  # nothing was searched: nothing is decided
    assert at_.text("#text") == "Text t1"
    at_.page.keyboard.type("label 3")  # labels without keys: the search keeps the focus
    at_.press("ArrowDown Enter")
    at_.until("#saved", "Decided: Label 30")
    assert at_.page.input_value("#search") == ""
    assert [sent["labels"] for _, sent in at_.office.sent] == [["Label 30"]]


def test_a_decision_waits_for_a_server_that_is_away(visit):
    at_ = visit("disagreements")
    at_.office.down = True
    at_.press("1")
    at_.until("#alert", "not saved yet")
    at_.press("2")
    at_.page.reload()  # a reload loses nothing
    at_.page.wait_for_selector("#alert:not([hidden])")
    at_.office.down = False
    sent = at_.served.wait_for(2)
    assert [(one["id"], one["labels"]) for _, one in sent] == [("t1", ["Roads"]), ("t2", ["Waste"])]
    at_.until("#text", "Text t3")


def test_a_refused_decision_is_told_and_stands_open_again(visit):
    at_ = visit("disagreements")
    at_.office.refuses["resolutions"] = "This text is not one of those that are asked about."
    at_.press("1")
    at_.until("#alert", "This text is not one of those")
    at_.until("#to-decide", "3")


def test_new_disagreements_come_by_themselves(visit):
    at_ = visit("disagreements", cases=[])
    assert at_.page.locator("#empty").is_visible()
    at_.office.cases += some_cases()
    at_.until("#text", "Text t1")
    # what somebody else decides meanwhile stays before one's eyes, and says so
    at_.office.cases[0]["decision"] = {"labels": ["Parks"], "by": "other", "note": "", "at": at(1)}
    at_.until("#suggestion", "Decided by other: Parks")
    assert at_.text("#text") == "Text t1"


def test_nothing_in_a_case_is_run(visit):
    evil = case("t1", answer(EVIL, "Roads", note=EVIL), answer("bob", "Waste"))
    evil |= {"text": EVIL, "decision": None}
    at_ = visit("disagreements", cases=[evil])
    assert at_.text("#text") == EVIL
    assert EVIL in at_.text("#opinions")
    assert at_.page.locator("img[src=x], main script").count() == 0


@pytest.mark.parametrize("width", [360, 800, 1440])
def test_cases_fit_the_screen(visit, width):
    long = case("t1", *[answer(f"A very long name number {n}", "Roads") for n in range(12)])
    long["text"] = "An exceedingly long letter. " * 300
    at_ = visit(
        "disagreements",
        cases=[long],
        language="de",
        viewport={"width": width, "height": 740},
        task=make_task(*[f"A label with a long name {n}" for n in range(20)]),
    )
    assert at_.fits()
    box = at_.page.locator("#desk").bounding_box()
    assert box["y"] + box["height"] <= 740
    main = at_.page.locator("#main").bounding_box()
    assert main["height"] > 200  # the text has room above the labels


def test_agreement_sample_is_of_the_right_shape():
    """The made-up agreement is what the real one looks like."""
    from activellm.annotation.agreement import agreement as real

    found = real([], make_task()).as_json()
    assert found.keys() == agreement().keys()
    assert found["alpha"].keys() == agreement()["alpha"].keys()
