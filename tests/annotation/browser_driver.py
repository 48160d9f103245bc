"""Drives the annotation page in a real headless Chromium."""

from __future__ import annotations

import threading
import time
from queue import Queue
from typing import Any

from annotation_logs import MemoryLog
from annotation_samples import make_queue, make_task

from activellm.annotation import BrowserOracle


def intercept_early(page: Any) -> None:
    """Make a page ready for `page.route` before it is loaded.

    When interception begins in a loaded page, the browser lets a request or two slip by.
    """
    page.route("**/nothing-asks-for-this", lambda route: route.abort())


class Labelling:
    """An oracle at work in a thread, and its page open in the browser."""

    def __init__(
        self,
        chromium: Any,
        queue=None,
        log=None,
        task=None,
        grace=60.0,
        intercepted: bool = False,
        **context,
    ) -> None:
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
        if intercepted:
            intercept_early(self.page)
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
        except BaseException as error:  # noqa: BLE001  # checked in `close`
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

    def texts(self, selector: str) -> list[str]:
        """The texts of all elements, exactly as the page holds them."""
        found = "all => all.map((one) => one.textContent)"
        return self.page.eval_on_selector_all(selector, found)

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
            stop = "fetch('api/v1/closing', {method: 'POST', body: '{\"wish\": \"finish\"}',"
            stop += " headers: {'Content-Type': 'application/json'}}).catch(() => 0)"
            self.page.evaluate(stop)
        self.context.close()
        self.thread.join(10)
        assert not self.thread.is_alive()
        assert self.failed == []
