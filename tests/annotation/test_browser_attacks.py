"""Hostile texts, labels, notes and guidelines in a real Chromium: shown, never executed."""

from __future__ import annotations

import pytest
from annotation_samples import make_queue, make_task
from office_samples import Office, Served, answer, busy_overview, case, person

from activellm.annotation import QueueItem
from activellm.annotation.visible import visible
from activellm.pool.example import Example
from activellm.task import Label

pytestmark = pytest.mark.browser

CORES = (
    "<script>{}</script>",
    "<img src=x onerror={}>",
    "<svg onload={}>",
    "<svg><script>{}</script></svg>",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    "<a href='javascript:{}'>x</a>",
    "javascript:{}",
    "<body onload={}>",
    "<details open ontoggle={}>",
    "<math><mtext></mtext><script>{}</script></math>",
    "<style>@import 'javascript:{}';*{{color:red}}</style>",
    "<link rel=stylesheet href='data:text/css,*{{}}'>{}",
    "<meta http-equiv=refresh content='0;url=javascript:{}'>",
    "<base href='http://evil.example/'>{}",
    "<form action='javascript:{}'><input autofocus onfocus={}></form>",
    "<template><script>{}</script></template>",
    "<object data='javascript:{}'></object>",
    "{{{{constructor.constructor('{}')()}}}}",
    "${{{}}}",
    "<!--<script>{}</script>-->",
    "&lt;script&gt;{}&lt;/script&gt;",
    "<%= {} %>",
    "[click](javascript:{})",
    "![x](javascript:{})",
    "</textarea><script>{}</script>",
)
WRAPS = (
    "{}",
    '"{}',
    "'>{}",
    "</title></style>{}",
    "\x00{}\x1b[2J",
    "\u202e{}\u202c",
    "`{}`",
    "\\\"+{}+'",
)
CALL = "window.pwned=1"
XSS = [
    wrap.replace("{}", core.format(*[CALL] * core.count("{}"))) for core in CORES for wrap in WRAPS
]


def test_there_are_200_attacks() -> None:
    assert len(set(XSS)) == 200


READ_AND_NOTE = """(note) => {
  document.querySelector("#note").value = note;
  document.querySelector("#note").dispatchEvent(new Event("input"));
  return [...document.querySelectorAll(".text")].map((box) => box.textContent);
}"""


def printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable()).replace("|", "")


def test_200_attacks_as_texts_reasons_and_notes(labelling) -> None:
    queue = [
        QueueItem(Example(id=attack, text=attack, pair=attack[::-1]), reason=attack)
        for attack in XSS
    ]
    task = make_task(
        pair=True, description=XSS[8], pair_names=(XSS[0], XSS[1]), guidelines="\n\n".join(XSS)
    )
    at = labelling(queue, task=task)
    for number, attack in enumerate(XSS):
        assert at.page.evaluate(READ_AND_NOTE, attack) == [visible(attack), visible(attack[::-1])]
        if number % 10 == 0:
            at.press("w")
            at.page.wait_for_selector("#why:not([hidden])")
            assert at.page.text_content("#why") == visible(attack)
        at.press("1")
    at.page.wait_for_selector("#end:not([hidden])")
    at.press("h")
    at.page.wait_for_selector("#answers .answer")
    assert len(at.page.query_selector_all("#answers .answer")) == 200
    at.press("g")
    assert [one.example_id for one in at.log.events] == XSS
    assert [one.note for one in at.log.events] == [attack.strip() for attack in XSS]
    assert at.page.evaluate("window.pwned") is None
    assert {frame.url for frame in at.page.frames} == {at.page.url}
    at.healthy()
    at.page.reload()  # notes and texts come back from the server
    at.page.wait_for_selector("#end:not([hidden])")
    at.press("h")
    at.page.locator("#answers .answer").last.scroll_into_view_if_needed()
    at.page.wait_for_selector("#answers li:nth-child(200)", state="attached")
    assert at.texts("#answers .mark-note") == [one.note for one in reversed(at.log.events)]
    assert at.page.evaluate("window.pwned") is None
    at.healthy()


def test_200_attacks_as_labels_and_definitions(labelling) -> None:
    names = list(
        dict.fromkeys(f"{number} {printable(attack)}" for number, attack in enumerate(XSS))
    )
    labels = tuple(
        Label(name=name, definition=attack) for name, attack in zip(names, XSS, strict=True)
    )
    task = make_task(labels=labels)
    at = labelling(make_queue(1), task=task)
    assert at.texts(".label .name") == [label.name for label in labels]
    assert at.texts(".tip") == [visible(label.definition) for label in labels]
    at.page.click(".label >> nth=199")
    at.page.wait_for_selector("#end:not([hidden])")
    assert at.answers() == {"t0": (labels[199].name,)}
    at.saved(f"Saved: {labels[199].name}")
    assert at.page.evaluate("window.pwned") is None
    at.healthy()


def seen(chromium, url: str) -> list[str]:
    """The words of each element of a page; nothing of them may have run."""
    context = chromium.new_context()
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda line: trouble.append(line.text))
    page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
    page.goto(url)
    page.wait_for_selector("#loading", state="hidden")
    page.wait_for_timeout(300)
    found = page.evaluate(
        "[...document.querySelectorAll('body *')].filter((one) => !one.children.length)"
        ".map((one) => one.textContent)"
    )
    assert page.evaluate("window.pwned") is None
    assert {frame.url for frame in page.frames} == {url}
    assert trouble == []
    context.close()
    return found


def test_200_attacks_as_names_on_the_owners_page(chromium) -> None:
    people = [person(attack, labelled=3, median_seconds=2.0) for attack in XSS]
    classes = [{"label": attack, "count": 1, "by": {attack: 1}} for attack in XSS]
    served = Served(Office(busy_overview() | {"people": people, "classes": classes}, []))
    try:
        shown = seen(chromium, f"{served.url}/owner")
        assert set(XSS) <= set(shown)
    finally:
        served.close()


def test_200_attacks_as_names_notes_and_labels_of_one_disagreement(chromium) -> None:
    answers = [answer(attack, attack, note=attack) for attack in XSS]
    served = Served(Office(busy_overview(), [case("t1", *answers)]))
    try:
        shown = seen(chromium, f"{served.url}/disagreements")
        assert [sum(attack in words for words in shown) >= 3 for attack in XSS] == [True] * 200
    finally:
        served.close()


def test_200_attacks_as_the_own_name(chromium) -> None:
    """The annotator's page shows whose it is."""
    from activellm.annotation.people import Person
    from activellm.annotation.web.languages import Look
    from activellm.annotation.web.page import annotation_page

    context = chromium.new_context()
    page = context.new_page()
    for attack in XSS:
        page.set_content(annotation_page(make_task(), Person(attack, "annotator"), look=Look()))
        shown = page.evaluate("document.querySelector('.who').textContent")
        assert shown == visible(attack).replace("\r\n", "\n")
        assert page.evaluate("window.pwned") is None
        assert page.evaluate("document.querySelectorAll('img, script, iframe').length") == 3
    context.close()
