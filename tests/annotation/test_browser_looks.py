"""How the page looks and reads in a real Chromium: phones, directions, contrast, screen readers."""

from __future__ import annotations

import re

import pytest
from annotation_samples import make_task

from activellm.annotation import QueueItem
from activellm.pool.example import Example
from activellm.task import Label

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
ARABIC = "المصباح في الشارع مطفأ (رقم 4711)."


def test_each_text_reads_in_its_own_direction(labelling) -> None:
    queue = [QueueItem(Example(id=text, text=text)) for text in (ARABIC, "The lamp is off.")]
    at = labelling(queue, task=make_task(language="ar"))
    direction = "getComputedStyle(document.querySelector('#text')).direction"
    assert at.page.evaluate(direction) == "rtl"
    assert at.page.get_attribute("#text", "lang") == "ar"
    assert at.text() == ARABIC
    at.press("1")
    assert at.page.evaluate(direction) == "ltr"


LONG = "Residents spoke for more than two hours about the harbour. " * 340


@pytest.mark.parametrize("kind", ["single", "multi", "pair", "many", "searched"])
def test_a_phone_scrolls_nothing_but_the_text(labelling, kind: str) -> None:
    names = {"many": 12, "searched": 40}.get(kind, 3)
    task = make_task(
        *[f"Labelname{number}" for number in range(names)],
        kind="multi" if kind == "multi" else "single",
        pair=kind == "pair",
        guidelines="| a | b |\n|---|---|\n| " + "x" * 300 + " | y |\n\n" + "w" * 300,
    )
    pair = "w" * 500 if kind == "pair" else None
    queue = [QueueItem(Example(id=str(n), text=LONG + "W" * 400, pair=pair)) for n in range(2)]
    at = labelling(queue, task=task, **PHONE)
    wide = "[document.documentElement.scrollWidth, document.body.scrollWidth]"
    assert at.page.evaluate(wide) == [360, 360]
    assert at.page.evaluate("document.documentElement.scrollHeight") == 740
    first = at.page.query_selector(".label").bounding_box()
    assert first["y"] + first["height"] <= 740
    assert first["height"] >= 44
    box = at.page.query_selector("#text")
    assert box.evaluate("box => box.scrollHeight > box.clientHeight && box.clientHeight > 80")
    for tool in ("undo", "skip", "unsure", "note", "why"):
        place = at.page.query_selector(f".tools [data-do={tool}]").bounding_box()
        assert place["height"] >= 44
        assert place["x"] + place["width"] <= 360
    at.page.tap("nav [data-do=guidelines]")
    assert at.page.evaluate(wide) == [360, 360]
    at.page.tap("#guidelines [data-do=close]")
    at.page.tap(".label")
    if kind == "multi":
        at.page.tap("[data-do=save]")
    at.saved("Saved: Labelname0")
    at.healthy()


def test_labels_stay_in_view_beside_a_long_text(labelling) -> None:
    queue = [QueueItem(Example(id="long", text=LONG))]
    at = labelling(queue, viewport={"width": 1280, "height": 800})
    for label in at.page.query_selector_all(".label"):
        place = label.bounding_box()
        assert place["y"] + place["height"] <= 800
    at.press("PageDown ArrowDown Space")
    assert at.page.evaluate("document.querySelector('#text').scrollTop") == 860
    assert at.log.events == []


def test_a_click_leaves_no_focus_that_space_would_press(labelling) -> None:
    at = labelling()
    at.page.click("[data-label=Waste]")
    at.saved("Saved: Waste")
    at.press("Space Enter")
    at.page.wait_for_timeout(150)
    assert len(at.log.events) == 1


def contrast(one: str, other: str) -> float:
    """WCAG 2: the ratio of two colours' relative luminances."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_readable(labelling, scheme: str) -> None:
    at = labelling(color_scheme=scheme)
    colours = at.page.evaluate(
        """() => {
          const probe = document.body.appendChild(document.createElement("i"));
          const value = (name) => {
            probe.style.color = `var(--${name})`;
            return getComputedStyle(probe).color;
          };
          const names = ["paper", "card", "tint", "ink", "soft", "accent", "on-accent", "bad"];
          names.push("bad-tint");
          return Object.fromEntries(names.map((name) => [name, value(name)]));
        }"""
    )
    for front, back in [
        ("ink", "paper"),
        ("ink", "card"),
        ("ink", "tint"),
        ("soft", "paper"),
        ("soft", "card"),
        ("accent", "card"),
        ("accent", "tint"),
        ("on-accent", "accent"),
        ("bad", "bad-tint"),
        ("paper", "ink"),
    ]:
        assert contrast(colours[front], colours[back]) >= 4.5, (front, back)


def test_what_a_screen_reader_is_told(labelling) -> None:
    task = make_task(labels=(Label(name="Roads", definition="Streets."), Label(name="Waste")))
    at = labelling(task=task)
    assert at.page.get_attribute("#card", "aria-live") == "polite"
    assert at.page.get_attribute("#saved", "role") == "status"
    assert at.page.get_attribute("#alert", "role") == "alert"
    at.press("1")
    at.saved("Saved: Roads")
    assert at.page.get_attribute("#track", "aria-valuenow") == "1"
    button = at.page.get_by_role("button", name="Roads")
    assert button.count() == 1
    assert at.page.text_content(f"#{button.get_attribute('aria-describedby')}") == "Streets."


def test_reduced_motion_is_respected(labelling) -> None:
    at = labelling(reduced_motion="reduce")
    at.press("1")
    animation = "getComputedStyle(document.querySelector('#card')).animationName"
    assert at.page.evaluate(animation) == "none"


def test_hold_out_texts_look_exactly_like_picks(labelling) -> None:
    queue = [
        QueueItem(Example(id="pick", text="Same text"), "pick", "Because"),
        QueueItem(Example(id="held", text="Same text"), "holdout", "Because"),
    ]
    at = labelling(queue)
    page = "document.querySelector('main').outerHTML + document.querySelector('#desk').outerHTML"
    at.press("1")
    at.saved("Saved: Roads")
    held = at.page.evaluate(page)
    at.press("u")
    at.saved("Taken back")
    at.press("1")  # and the same again for the first text, to compare like with like
    at.saved("Saved: Roads")
    assert at.page.evaluate(page) == held
    at.press("w")
    at.page.wait_for_selector("#why:not([hidden])")
    assert at.page.inner_text("#why") == "Drawn at random to measure the classifier."
