"""A team's server in a thread, and its people in real browsers."""

from __future__ import annotations

import threading
from typing import Any

from browser_driver import intercept_early
from team_samples import Team

from activellm.annotation.web.server import bind, hosts_of, run


class Visit:
    """Somebody's tab, and what went wrong in it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.trouble: list[str] = []
        self.warned = 0  # how often the page asked whether to leave it
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("dialog", self._asked)

    def _asked(self, dialog: Any) -> None:
        if dialog.type == "beforeunload":
            self.warned += 1
            dialog.accept()
        else:
            self.trouble.append(dialog.message)
            dialog.dismiss()

    def press(self, keys: str) -> None:
        for key in keys.split():
            self.page.keyboard.press(key)

    def text(self) -> str:
        self.page.wait_for_selector("#card:not([hidden])")
        return str(self.page.inner_text("#text"))

    def shows(self, selector: str) -> None:
        self.page.wait_for_selector(selector, state="visible")

    def says(self, selector: str, words: str) -> None:
        self.page.wait_for_function(
            "([selector, words]) => document.querySelector(selector)?.innerText.includes(words)",
            arg=[selector, words],
        )


class ServedTeam(Team):
    """The same team, on a real socket."""

    def __init__(self, chromium: Any, *args: Any, **more: Any) -> None:
        self.listener = bind("127.0.0.1", None)
        self.base = f"http://{hosts_of(self.listener)[0]}"
        super().__init__(*args, hosts=hosts_of(self.listener), **more)
        self.chromium = chromium
        self.contexts: list[Any] = []
        self.visits: list[Visit] = []
        self.over = threading.Event()
        self.thread = threading.Thread(
            target=run, args=(self.app, self.listener, self.over.is_set), daemon=True
        )
        self.thread.start()

    def context(self, **more: Any) -> Any:
        self.contexts.append(self.chromium.new_context(**more))
        return self.contexts[-1]

    def visit(
        self,
        name: str,
        path: str = "",
        context: Any = None,
        intercepted: bool = False,
        **more: Any,
    ) -> Visit:
        """Open somebody's link in a tab, then a page."""
        context = context or self.context(**more)
        visit = Visit(context.new_page())
        self.visits.append(visit)
        if intercepted:
            intercept_early(visit.page)
        visit.page.goto(f"{self.base}/start?token=secret of {name}")
        visit.page.wait_for_url(f"{self.base}/")
        if path:
            visit.page.goto(f"{self.base}/{path}")
        return visit

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        self.over.set()
        self.thread.join(10)
        self.listener.close()
        assert not self.thread.is_alive()
        assert [one.trouble for one in self.visits] == [[] for _ in self.visits]
