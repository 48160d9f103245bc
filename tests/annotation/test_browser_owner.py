"""The owner's page in a real Chromium."""

from __future__ import annotations

import copy

import pytest
from office_browser import EVIL
from office_samples import (
    busy_overview,
    empty_overview,
    job,
    person,
)

pytestmark = pytest.mark.browser


def test_what_an_owner_sees(visit):
    at_ = visit()
    assert at_.page.title() == "complaints · Overview · ActiveLLM"
    assert at_.text("#progress-title") == "Round 4 of 5"
    numbers = dict(zip(at_.texts("#numbers dt"), at_.texts("#numbers dd"), strict=True))
    assert numbers["texts answered"] == "103"
    assert numbers["answers of 256"] == "214"
    assert numbers["to decide"] == "9"
    # alice is the only annotator here: (256 - 214) / 480 an hour
    assert at_.text("#state") == "About 5 min of labelling left, at the present speed."
    assert at_.page.get_attribute("#track", "aria-valuenow") == "214"
    rows = at_.texts("#people-table tbody tr")
    assert rows[1].split("\t")[1:-1] == [
        "96", "3", "7", "6.2 s · 480/h", "92 % of 24", "90 % of 10", "now"
    ]  # fmt: skip
    assert at_.texts("tr[data-key=alice] th span") == ["", "alice", "annotator"]
    assert at_.text("#forecast .figure") == "+3.1 points of macro-F1"
    assert at_.texts("#advice summary") == ["go on\nkappa", "go on\nlearning-curve"]
    assert at_.texts("#classes-chart li")[0].split("\n") == ["Roads", "58 · 56 %"]
    at_.until("#agreement-main", "α 0.71")
    assert "tentative" in at_.text("#agreement-main")
    assert at_.texts("#agreement-pairs .what")[:3] == [
        "alice and carla", "alice and bob", "bob and carla"
    ]  # fmt: skip
    assert "+12.0 points more often" in at_.text("#care")
    assert at_.text("#to-decide") == "9"


def test_charts_have_words_and_tables_behind_them(visit):
    at_ = visit()
    label = at_.page.get_attribute("#curve-chart svg", "aria-label").replace("\xa0", " ")
    assert (
        label
        == "Accuracy after each round: 61 % at 32 labels, 72 % at 64 labels, 78 % at 96 labels."
    )
    at_.page.click("#curve-table summary")
    cells = at_.texts("#curve-table tbody tr")
    assert cells[2].split("\t") == ["3", "96", "78 %", "69 % – 85 %", "0.73"]
    at_.page.click("#classes-table summary")
    assert at_.texts("#classes-table tbody tr")[1].split("\t") == ["Waste", "31", "32", "25", "14"]
    at_.page.click("#agreement-table summary")
    assert at_.texts("#agreement-table tbody tr")[2].split("\t") == [
        "bob and carla", "undefined", "–", "1"
    ]  # fmt: skip
    # every table has a caption, every chart a name, every button words
    assert at_.page.evaluate("[...document.querySelectorAll('table')].every((one) => one.caption)")
    assert at_.page.evaluate(
        "[...document.querySelectorAll('button, a, input, select')].every((one) =>"
        " one.textContent.trim() || one.getAttribute('aria-label') || one.labels?.length)"
    )


def test_an_empty_project_says_what_to_do(visit):
    at_ = visit(overview=empty_overview())
    assert at_.text("#progress-title") == "No round yet"
    assert "“Next round” chooses the first texts" in at_.text("#state")
    assert "begins when a round was trained" in at_.text("#curve-note")
    assert at_.page.locator("#curve-table").is_hidden()
    assert "One person labels each text" in at_.text("#agreement-main")
    assert "No text waits" in at_.text("#care")
    assert at_.page.locator("#to-decide").is_hidden()
    at_.page.click("[data-job=next-round]")  # nothing is open: no question is asked
    at_.until("#job-state", "is running")
    assert at_.office.sent == [("jobs", {"job": "next-round"})]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"open": 0}, "Go on with the next round"),
        ({"open": 0, "number": 5}, "All planned rounds are done"),
    ],
)
def test_a_round_that_is_over(visit, change, words):
    overview = busy_overview()
    at_ = visit(overview=overview | {"round": overview["round"] | change})
    assert words in at_.text("#state")


def test_a_job_from_its_start_to_its_failure(visit):
    at_ = visit()
    at_.page.click("[data-job=next-round]")
    assert "25 texts of this round have no answer yet" in at_.text("#dialog")
    at_.press("Escape")
    assert at_.office.sent == []
    at_.page.click("[data-job=next-round]")
    at_.page.click("#dialog >> text=Start it")
    at_.until("#job-state", "is running")
    assert at_.page.locator("[data-job=train]").is_disabled()
    going = job(name="next-round", message="Cross-validation", fraction=0.4)
    at_.office.data = at_.office.data | {"jobs": [going]}
    at_.until("#job-message", "Cross-validation")
    assert at_.page.get_attribute("#job-track", "aria-valuenow") == "40"
    failed = job("failed", "next-round", message=f"The pool is empty. {EVIL}")
    at_.office.data = at_.office.data | {"jobs": [failed]}
    at_.until("#job-state", "failed")
    assert at_.text("#job-message") == f"The pool is empty. {EVIL}"
    assert "Next round failed" in at_.page.text_content("#job-told")
    assert at_.page.locator("[data-job=train]").is_enabled()


def test_a_job_is_stopped(visit):
    at_ = visit(overview=busy_overview() | {"jobs": [job()]})
    at_.page.click("#job-stop")
    at_.until("#job-state", "was stopped")
    assert at_.office.sent == [("jobs/stop", {"id": "j1"})]


def test_a_refusal_is_told(visit):
    at_ = visit()
    at_.office.refuses["jobs"] = "Another job is running."
    at_.page.click("[data-job=train]")
    at_.page.wait_for_selector("dialog[open]")
    assert "Another job is running." in at_.text("#dialog")


def test_somebody_is_invited_and_let_go(visit):
    at_ = visit()
    at_.page.fill("#invite-name", "  Dora  ")
    at_.page.select_option("#invite-role", "adjudicator")
    assert "Also decides" in at_.text("#role-note")
    at_.press("Tab")
    at_.page.click("#invite button")
    at_.page.wait_for_selector("dialog[open]")
    assert at_.page.input_value(".link-field").endswith("token=secret-of-Dora")
    assert "For Dora alone" in at_.text("#dialog")
    at_.press("Escape")
    at_.page.wait_for_selector("tr[data-key=Dora]")
    assert at_.page.input_value("#invite-name") == ""
    at_.page.click("tr[data-key=Dora] .revoke")
    at_.page.click("#dialog >> text='Revoke'")
    at_.page.wait_for_selector("tr[data-key=Dora].gone")
    assert at_.texts("tr[data-key=Dora] .do button:not([hidden])") == ["Let in again"]
    at_.page.click("tr[data-key=alice] .link")
    assert "opens nothing any more" in at_.text("#dialog")
    at_.page.click("text=Make a new link")
    at_.page.wait_for_selector(".link-field")
    assert [path for path, _ in at_.office.sent] == ["people", "people/revoke", "people/link"]
    assert at_.office.sent[0][1] == {"name": "Dora", "role": "adjudicator"}


def test_everything_is_reached_by_the_keyboard(visit):
    at_ = visit()
    at_.page.focus("body")
    at_.press("Tab")
    assert at_.page.evaluate("document.activeElement.className") == "skip"
    seen = []
    for _ in range(60):
        at_.press("Tab")
        seen.append(
            at_.page.evaluate(
                "document.activeElement.id || document.activeElement.getAttribute('aria-label')"
                " || document.activeElement.textContent"
            )
        )
    for wanted in ("export", "Next round", "New link for bob", "invite-name", "invite-role"):
        assert wanted in seen
    at_.page.focus("#export")
    at_.press("Enter")
    at_.page.wait_for_selector("dialog[open]")
    links = at_.page.eval_on_selector_all("dialog a", "all => all.map((one) => one.href)")
    assert [link.rpartition("/")[2] for link in links] == [
        "export?format=csv&what=labels",
        "export?format=jsonl&what=labels",
        "export?format=csv&what=events",
        "export?format=jsonl&what=events",
    ]
    with at_.page.expect_download() as download:
        at_.page.click("dialog a >> nth=0")
    assert download.value.suggested_filename == "labels.csv"


def test_news_come_by_themselves_and_leave_the_rest_alone(visit):
    at_ = visit()
    at_.page.evaluate("document.querySelector('#curve-chart svg').dataset.old = 'yes'")
    at_.page.focus("tr[data-key=bob] .link")
    data = copy.deepcopy(at_.office.data)
    data["people"][2] |= {"labelled": 82, "online": True}
    data["people"].append(person("eve"))
    at_.office.data = data
    at_.until("tr[data-key=bob] .labelled", "82")
    at_.page.wait_for_selector("tr[data-key=eve]")
    assert at_.page.evaluate("document.activeElement.closest('tr').dataset.key") == "bob"
    assert at_.page.get_attribute("#curve-chart svg", "data-old") == "yes"


def test_a_server_that_is_away_is_told_and_comes_back(visit):
    at_ = visit()
    at_.office.down = True
    at_.page.wait_for_selector("#alert:not([hidden])")
    assert "Trying again by itself; what you see is from" in at_.text("#alert")
    assert at_.text("#progress-title") == "Round 4 of 5"
    at_.office.down = False
    at_.page.wait_for_selector("#alert", state="hidden")


def evil_overview():
    overview = busy_overview()
    overview["project"] = EVIL
    overview["task"]["description"] = EVIL
    overview["people"][1]["name"] = EVIL
    overview["classes"][0] = {"label": EVIL, "count": 3, "by": {EVIL: 3}}
    overview["advice"][0] |= {"criterion": EVIL, "text": EVIL}
    return overview


def test_nothing_that_people_wrote_is_run(visit):
    at_ = visit(overview=evil_overview())
    at_.office.agreed["pairs"][0]["a"] = EVIL
    at_.office.agreed["classes"][0]["label"] = EVIL
    at_.office.data = evil_overview() | {"agreement": {**busy_overview()["agreement"], "texts": 1}}
    at_.page.wait_for_function("e => document.body.innerText.split(e).length > 6", arg=EVIL)
    assert at_.text("#project") == EVIL
    assert at_.page.locator("img[src=x], .tile script").count() == 0
    at_.page.click("#people-table .revoke:visible >> nth=0")
    assert EVIL in at_.text("#dialog")
    assert at_.page.title().startswith(EVIL)


def twelve_people():
    overview = busy_overview()
    names = [f"Annotator-with-a-rather-long-name Number{n}" for n in range(12)]
    labels = [f"A label with quite a long name, number {n}" for n in range(20)]
    overview["people"] = [person(name, labelled=n, median_seconds=5.0, per_hour=700.0)
                          for n, name in enumerate(names)]  # fmt: skip
    overview["classes"] = [
        {"label": label, "count": n, "by": dict.fromkeys(names, n)}
        for n, label in enumerate(labels)
    ]
    overview["project"] = "a-project-with-a-very-long-name-indeed-so-long-that-it-does-not-fit"
    return overview


@pytest.mark.parametrize("width", [360, 800, 1440])
def test_nothing_sticks_out(visit, width):
    at_ = visit(
        overview=twelve_people(),
        language="de",  # its words are longer
        viewport={"width": width, "height": 800},
        has_touch=width < 500,
    )
    assert at_.fits()
    for details in ("#curve-table", "#classes-table", "#agreement-table"):
        at_.page.click(f"{details} summary")
    assert at_.fits()
    if width < 500:
        small = at_.page.evaluate(
            "[...document.querySelectorAll('button, a.tab, a.button, input, select')].filter("
            "(one) => one.offsetParent && one.getBoundingClientRect().height < 39.5)"
            ".map((one) => one.outerHTML)"
        )
        assert small == []


def test_everybodys_name_is_seen_on_a_phone(visit):
    at_phone = visit(viewport={"width": 390, "height": 844})
    names = at_phone.page.locator("#people-table tbody .who")
    assert names.count() == len(busy_overview()["people"])
    assert all(names.nth(row).is_visible() for row in range(names.count()))


def test_language_and_colours_are_switched_and_remembered(visit):
    at_ = visit(color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = at_.page.evaluate(paper)
    at_.page.click("#menu summary")
    at_.page.select_option("#colours", "dark")
    dark = at_.page.evaluate(paper)
    assert dark != light
    with at_.page.expect_navigation():
        at_.page.select_option("#language", "de")
    at_.until("#progress-title", "Runde 4 von 5")
    assert at_.page.evaluate(paper) == dark
    at_.page.goto(f"{at_.served.url}/disagreements")
    at_.until("#docket", "Text t1")
    assert at_.text("h1") == "Entscheiden"
    at_.page.click("#menu summary")
    at_.press("Escape")
    assert at_.page.locator("#colours").is_hidden()


def test_german(visit):
    at_ = visit(language="de")
    assert at_.text("#progress-title") == "Runde 4 von 5"
    assert at_.text("[data-job=next-round]") == "Nächste Runde"
    assert "12.480" in at_.text("#numbers")
    assert at_.text("#forecast .figure") == "+3,1 Punkte Makro-F1"
    at_.until("#agreement-main", "0,71")


def test_no_word_is_missing(visit):
    """Keys without words would be shown as they are."""
    for page in ("owner", "disagreements"):
        at_ = visit(page)
        at_.page.wait_for_timeout(300)
        shown = at_.page.evaluate(
            "document.documentElement.outerHTML.replace(/<script.*?<.script>/gs, '')"
        )
        assert "office." not in shown.replace("office.css", "")
        assert "decide." not in shown
