"""The annotation page in a real headless Chromium."""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from queue import Queue
from typing import Any

import pytest
from annotation_logs import MemoryLog
from annotation_samples import make_queue, make_task

from activellm.annotation import Annotation, BrowserOracle, QueueItem
from activellm.annotation.visible import visible
from activellm.annotation.web.server import run
from activellm.errors import StoreError
from activellm.pool.example import Example
from activellm.task import Label

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (PATH, or CHROMIUM=...)"),
]

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Labelling:
    """An oracle at work in a thread, and its page open in the browser."""

    def __init__(self, chromium: Any, queue=None, log=None, task=None, grace=60.0, **context) -> None:
        self.log = MemoryLog() if log is None else log
        self.urls: Queue[str] = Queue()
        self.failed: list[BaseException] = []
        self.trouble: list[str] = []
        self.oracle = BrowserOracle(
            open_browser=False, announce=self.urls.put, annotator="alice", grace=grace
        )
        queue = make_queue(5) if queue is None else queue
        arguments = (queue, task or make_task(), self.log)
        self.thread = threading.Thread(target=self._serve, args=arguments)
        self.thread.start()
        self.context = chromium.new_context(**context)
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.add_init_script(
            "window.violations = [];"
            "document.addEventListener('securitypolicyviolation',"
            " (event) => window.violations.push(event.violatedDirective + event.blockedURI));"
        )
        self.url = self.urls.get(timeout=10)
        self.page.goto(self.url)
        self.page.wait_for_selector("#card:not([hidden]), #end:not([hidden])")

    def _serve(self, *arguments: Any) -> None:
        try:
            self.oracle.answer(*arguments)
        except BaseException as error:
            self.failed.append(error)

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.trouble.append(f"{message.type}: {message.text}")

    def _dialog(self, dialog: Any) -> None:
        self.trouble.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def press(self, keys: str) -> None:
        for key in keys.split():
            self.page.keyboard.press(key)

    def text(self) -> str:
        return self.page.text_content("#text")

    def saved(self, words: str) -> None:
        self.page.wait_for_function(
            "words => document.querySelector('#saved').textContent === words", arg=words
        )

    def wait_for_events(self, count: int) -> None:
        deadline = time.monotonic() + 10
        while len(self.log.events) < count and time.monotonic() < deadline:
            self.page.wait_for_timeout(20)
        assert len(self.log.events) == count

    def answers(self) -> dict[str, tuple[str, ...]]:
        return {id_: one.labels for id_, one in self.log.current().items()}

    def healthy(self) -> None:
        assert self.trouble == []
        assert self.page.evaluate("window.violations") == []

    def close(self) -> None:
        if self.thread.is_alive():
            stop = "fetch('api/closing', {method: 'POST', body: '{\"wish\": \"finish\"}',"
            stop += " headers: {'Content-Type': 'application/json'}}).catch(() => 0)"
            self.page.evaluate(stop)
        self.context.close()
        self.thread.join(10)
        assert not self.thread.is_alive()
        assert self.failed == []


@pytest.fixture
def labelling(chromium: Any) -> Iterator[Callable[..., Labelling]]:
    started: list[Labelling] = []

    def start(*args: Any, **more: Any) -> Labelling:
        started.append(Labelling(chromium, *args, **more))
        return started[-1]

    yield start
    for one in started:
        one.close()


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
    assert "You can close this tab" in at.page.text_content("#end-next")
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
    at.page.wait_for_function("document.body.classList.contains('finished')")
    at.healthy()


def test_fifty_fast_keys_give_fifty_answers_in_order(labelling) -> None:
    at = labelling(make_queue(60))
    for number in range(50):
        at.page.keyboard.press("123"[number % 3])
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
    rows = at.page.query_selector_all("#answers .answer")
    assert [row.query_selector(".begin").text_content() for row in rows] == [
        "Text number 2",
        "Text number 1",
        "Text number 0",
    ]
    rows[2].click()
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
    assert words.startswith("1 answer is not saved yet.")
    assert "could not be written to the disk" in words
    at.press("2")
    assert at.text() == "Text number 2"
    log.failing = False
    at.page.click("#retry")
    at.saved("Saved: Waste")
    assert at.page.is_hidden("#alert")
    assert [one.labels[0] for one in log.events] == ["Roads", "Waste"]


def test_answers_survive_a_stopped_server_and_a_lost_reply(labelling) -> None:
    at = labelling(make_queue(8))
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
    at.page.route("**/api/answers", lambda route: (route.fetch(), route.abort()), times=1)
    at.press("3")
    at.saved("Not saved")
    at.saved("Saved: Parks")
    assert [one.action for one in at.log.events] == ["label", "label", "label", "undo", "label", "label"]
    assert at.answers() == {
        "t0": ("Roads",),
        "t1": ("Waste",),
        "t2": ("Roads",),
        "t3": ("Parks",),
    }


def test_an_answer_that_the_server_refuses_waits_for_a_decision(labelling) -> None:
    at = labelling()

    def spoil(route: Any) -> None:
        route.continue_(post_data=route.request.post_data.replace('"Roads"', '"Sewers"'))

    at.page.route("**/api/answers", spoil, times=1)
    at.press("1 2")
    at.page.wait_for_selector("#leave-out:not([hidden])")
    assert "2 answers are not saved yet" in at.page.inner_text("#alert-words")
    at.page.click("#leave-out")
    at.saved("Saved: Waste")
    assert at.answers() == {"t1": ("Waste",)}


def test_a_stopped_server_is_told_and_found_again(chromium) -> None:
    """The same page, server gone and back on the same port."""
    from activellm.annotation.web.access import Access
    from activellm.annotation.web.app import create_app
    from activellm.annotation.web.closing import Closing
    from activellm.annotation.web.server import bind, hosts_of

    log, tokens, stop = MemoryLog(), [], threading.Event()
    listener = bind("127.0.0.1", None)
    port = listener.getsockname()[1]
    access = Access(tokens.append, "alice")
    access.invite()
    app = create_app(
        make_queue(4), make_task(), log, access=access, closing=Closing(60), hosts=hosts_of(listener)
    )

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
    page.wait_for_function("document.querySelector('#saved').textContent === 'Not saved'")
    assert "still running in the terminal" in page.inner_text("#alert-words")
    assert log.events == []
    thread = serve(bind("127.0.0.1", port))
    page.wait_for_function("document.querySelector('#saved').textContent === 'Saved: Waste'")
    assert page.is_hidden("#alert")
    assert [one.labels[0] for one in log.events] == ["Roads", "Waste"]
    context.close()
    stop.set()
    thread.join(10)


# ---- nothing is executed --------------------------------------------------------------------

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
WRAPS = ("{}", '"{}', "'>{}", "</title></style>{}", "\x00{}\x1b[2J", "\u202e{}\u202c", "`{}`", "\\\"+{}+'")
CALL = "window.pwned=1"
XSS = [wrap.replace("{}", core.format(*[CALL] * core.count("{}"))) for core in CORES for wrap in WRAPS]


def test_there_are_200_attacks() -> None:
    assert len(set(XSS)) == 200


def printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable()).replace("|", "")


def test_200_attacks_as_texts_reasons_and_notes(labelling) -> None:
    queue = [
        QueueItem(Example(id=attack, text=attack, pair=attack[::-1]), reason=attack) for attack in XSS
    ]
    task = make_task(
        pair=True, description=XSS[8], pair_names=(XSS[0], XSS[1]), guidelines="\n\n".join(XSS)
    )
    at = labelling(queue, task=task)
    for number, attack in enumerate(XSS):
        assert at.text() == visible(attack)
        assert at.page.text_content("#pair") == visible(attack[::-1])
        if number % 10 == 0:
            at.press("w")
            at.page.wait_for_selector("#why:not([hidden])")
            assert at.page.text_content("#why") == visible(attack)
        at.press("n")
        at.page.fill("#note", attack.replace("\x00", ""))
        at.press("Escape 1")
    at.page.wait_for_selector("#end:not([hidden])")
    at.press("h")
    at.page.wait_for_selector("#answers .answer")
    assert len(at.page.query_selector_all("#answers .answer")) == 200
    at.press("g")
    assert [one.example_id for one in at.log.events] == XSS
    assert [one.note for one in at.log.events] == [attack.replace("\x00", "").strip() for attack in XSS]
    assert at.page.evaluate("window.pwned") is None
    assert {frame.url for frame in at.page.frames} == {at.page.url}
    at.healthy()
    at.page.reload()  # notes and texts come back from the server
    at.page.wait_for_selector("#end:not([hidden])")
    at.press("h")
    shown = [row.text_content() for row in at.page.query_selector_all("#answers .mark-note")]
    assert shown == [one.note for one in reversed(at.log.events)]
    assert at.page.evaluate("window.pwned") is None
    at.healthy()


def test_200_attacks_as_labels_and_definitions(labelling) -> None:
    names = list(dict.fromkeys(f"{number} {printable(attack)}" for number, attack in enumerate(XSS)))
    labels = tuple(
        Label(name=name, definition=attack) for name, attack in zip(names, XSS, strict=True)
    )
    task = make_task(labels=labels)
    at = labelling(make_queue(1), task=task)
    shown = [one.text_content() for one in at.page.query_selector_all(".label .name")]
    assert shown == [label.name for label in labels]
    tips = [one.text_content() for one in at.page.query_selector_all(".tip")]
    assert tips == [visible(label.definition) for label in labels]
    at.page.click(".label >> nth=199")
    at.page.wait_for_selector("#end:not([hidden])")
    assert at.answers() == {"t0": (labels[199].name,)}
    at.saved(f"Saved: {labels[199].name}")
    assert at.page.evaluate("window.pwned") is None
    at.healthy()


# ---- how it looks ---------------------------------------------------------------------------

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
          const names = ["paper", "card", "tint", "ink", "soft", "accent", "on-accent", "bad", "bad-tint"];
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


