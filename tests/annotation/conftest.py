"""Fixtures of the annotation tests: a browser, and pages open in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browser_driver import ARGUMENTS, CHROMIUM, Labelling
from office_browser import Visit
from office_samples import Office, busy_overview, some_cases
from team_browser import ServedTeam


@pytest.fixture(scope="module")  # longer, its event loop would reach into other tests
def chromium() -> Iterator[Any]:
    """A headless Chromium; skips where none is installed."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (looked for it in PATH and in CHROMIUM)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def labelling(chromium: Any) -> Iterator[Callable[..., Labelling]]:
    started: list[Labelling] = []

    def start(*args: Any, **more: Any) -> Labelling:
        started.append(Labelling(chromium, *args, **more))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def serve(chromium: Any) -> Iterator[Callable[..., ServedTeam]]:
    """Starts a team's server; its `visit` opens somebody's page."""
    started: list[ServedTeam] = []

    def start(*args: Any, **more: Any) -> ServedTeam:
        started.append(ServedTeam(chromium, *args, **more))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def visit(chromium):
    opened = []

    def start(page="owner", overview=None, cases=None, **more):
        office = Office(overview or busy_overview(), some_cases() if cases is None else cases)
        opened.append(Visit(chromium, page, office, **more))
        return opened[-1]

    yield start
    for one in opened:
        one.close()
