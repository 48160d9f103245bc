"""Fixtures of the annotation tests: pages open in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browser_driver import Labelling
from office_browser import Visit
from office_samples import Office, busy_overview, some_cases
from team_browser import ServedTeam


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
