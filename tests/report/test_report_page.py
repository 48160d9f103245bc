"""The page in a real browser: filter, map, keyboard, phone."""

from __future__ import annotations

import ballot_samples as ballots
import pytest
import report_samples as samples

from activellm.report.render import render

pytestmark = pytest.mark.browser

FACTS = [samples.full(), ballots.single(), ballots.committee(), ballots.heats(orders=2)]
NAMES = ["full", "single", "committee", "heats"]


@pytest.fixture
def open_report(chromium, tmp_path):
    path = tmp_path / "report.html"
    pages = []

    def opened(facts=None, **options):
        path.write_text(render(facts or samples.full()), encoding="utf-8")
        page = chromium.new_page(**options)
        pages.append(page)
        page.goto(path.as_uri())
        return page

    yield opened
    for page in pages:
        page.close()


def shown(page):
    rows = page.locator("#pick-table tbody tr").all()
    return [i + 1 for i, row in enumerate(rows) if row.is_visible()]


def test_the_table_can_be_filtered(open_report):
    page = open_report()
    assert shown(page) == [1, 2]
    page.locator("#pick-words").fill("BENCH")
    assert shown(page) == [2]
    assert page.locator("#pick-count").text_content() == "1 of 2"
    page.locator("#pick-words").fill("")
    page.locator("#pick-label").select_option(label="complaint")
    assert shown(page) == [1]
    page.locator("#pick-disagree").check()
    assert shown(page) == []
    page.locator("#pick-label").select_option(label="all")
    assert shown(page) == [2]


def test_the_map_shows_texts_by_mouse_and_by_keyboard(open_report):
    page = open_report(viewport={"width": 1280, "height": 900})
    tip = page.locator("#map-tip")
    assert tip.is_hidden()
    dot = page.locator("#map .point.candidate").first
    dot.scroll_into_view_if_needed()
    box = dot.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert "Where is the form?" in tip.text_content()
    page.locator("#map-frame").focus()
    page.keyboard.press("ArrowRight")
    assert "The lamp is broken." in tip.text_content()
    page.keyboard.press("ArrowRight")
    assert "picked: praise" in tip.text_content()
    page.keyboard.press("Escape")
    assert tip.is_hidden()
    page.locator("#map-words").fill("mow")
    page.locator("#map-list button").focus()
    assert "hold-out: request" in tip.text_content()


@pytest.mark.parametrize("width", [390, 820, 1280])
@pytest.mark.parametrize("facts", FACTS, ids=NAMES)
def test_nothing_is_wider_than_the_window(open_report, width, facts):
    page = open_report(facts, viewport={"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_is_whole_without_script(open_report):
    page = open_report(java_script_enabled=False)
    assert page.locator("#pick-filter").is_hidden()
    assert page.locator("#map-search").is_hidden()
    assert page.locator("#pick-table tbody tr").count() == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("facts", FACTS, ids=NAMES)
def test_letters_are_readable(open_report, scheme, facts):
    """WCAG AA: text stands out from its ground by a ratio of at least 4.5."""
    page = open_report(facts, color_scheme=scheme, viewport={"width": 1280, "height": 900})
    faint = page.evaluate(
        """() => {
          const light = (c) => { const v = c.map((x) => { x /= 255;
            return x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4; });
            return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
          const read = (s) => s.match(/[\\d.]+/g).map(Number);
          const ground = (e) => { for (; e; e = e.parentElement) {
            const c = read(getComputedStyle(e).backgroundColor);
            if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
          const found = [];
          for (const e of document.querySelectorAll("main *, header *")) {
            const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
            if (!own || !e.getClientRects().length || e.closest("title, desc")) continue;
            const style = getComputedStyle(e);
            const ink = read(e.closest("svg") ? style.fill : style.color).slice(0, 3);
            const [a, b] = [light(ink), light(ground(e))];
            const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
            if (ratio < 4.5) found.push([e.outerHTML.slice(0, 90), ratio]);
          }
          return found;
        }"""
    )
    assert faint == []


def test_every_column_of_a_wide_table_of_votes_can_be_reached(open_report):
    facts = ballots.committee(tuple(f"provider/model-{at}" for at in range(20)), 1)
    page = open_report(facts, viewport={"width": 400, "height": 844})
    frame = page.locator(".votes-frame")
    assert frame.evaluate("e => e.scrollWidth > e.clientWidth")
    assert frame.evaluate("e => { e.scrollLeft = 1e6; return e.scrollLeft; }") > 0
    last = page.locator(".votes tbody tr").first.locator("td").last
    assert last.bounding_box()["x"] + last.bounding_box()["width"] <= 400


def test_the_table_of_votes_has_headings_for_those_who_cannot_see_it(open_report):
    page = open_report(ballots.committee())
    names = page.locator(".votes thead th").all_text_contents()
    assert names[3].replace("\N{NO-BREAK SPACE}", " ") == "1. openai/gpt-4o, order 1"
    row = page.get_by_role("region", name="Table of votes").get_by_role("row").nth(1)
    marks = row.get_by_role("img").evaluate_all("all => all.map((one) => one.ariaLabel)")
    assert len(marks) == 4
    assert any(mark.startswith("named as number ") for mark in marks)
    assert all(mark == "not named" or ", at place " in mark for mark in marks)


def test_on_paper_the_whole_table_of_votes_is_there(open_report):
    page = open_report(ballots.committee())
    page.emulate_media(media="print")
    assert page.locator(".votes-frame").evaluate("e => e.scrollHeight <= e.clientHeight + 1")
