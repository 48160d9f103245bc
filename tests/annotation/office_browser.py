"""A page of a served office, open in a real Chromium."""

from __future__ import annotations

from typing import Any

from office_samples import Served

EVIL = "<img src=x onerror=\"document.title='hacked'\"><script>alert(1)</script>{{7*7}}"


class Visit:
    """A page of a served office, open in the browser."""

    def __init__(self, chromium, page, office, task=None, language="en", **context) -> None:
        self.office = office
        self.served = Served(office, task)
        self.trouble: list[str] = []
        self.context = chromium.new_context(locale=language, **context)
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        self.page.on("dialog", self._asked)
        self.page.goto(f"{self.served.url}/{page}")
        self.page.wait_for_selector("#loading", state="hidden")

    def _heard(self, message: Any) -> None:
        expected = ("503", "422")  # the browser's own lines about refused requests
        if message.type in ("error", "warning") and not any(no in message.text for no in expected):
            self.trouble.append(message.text)

    def _asked(self, dialog: Any) -> None:
        if dialog.type != "beforeunload":  # the page may ask not to be left
            self.trouble.append(dialog.message)
        dialog.accept()

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text().replace("\xa0", " ")

    def texts(self, selector: str) -> list[str]:
        """The words of all elements, read in one step: the page may draw them anew at any time."""
        found = self.page.evaluate(
            "where => [...document.querySelectorAll(where)].map((one) => one.innerText)", selector
        )
        return [one.strip().replace("\xa0", " ") for one in found]

    def until(self, selector: str, words: str) -> None:
        """Wait for words; the page is made to look at once, or it would take seconds."""
        self.look()
        self.page.wait_for_function(
            "([where, words]) => document.querySelector(where)?.textContent.includes(words)",
            arg=[selector, words],
        )

    def look(self) -> None:
        self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def press(self, keys: str) -> None:
        for key in keys.split():
            self.page.keyboard.press(key)

    def fits(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def close(self) -> None:
        self.context.close()
        self.served.close()
        assert self.trouble == []
