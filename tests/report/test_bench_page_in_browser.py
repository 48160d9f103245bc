"""An experiment's page in a real browser: light, dark, on a phone, and what it gives away."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bench_results as samples
import pytest

from activellm.bench.reporting.collect import collect
from activellm.bench.reporting.page import page as written

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = samples.write(tmp_path_factory.mktemp("bench") / "study.bench")
    path = folder / "report.html"
    path.write_text(written(collect(folder)), encoding="utf-8")
    return path


@pytest.fixture
def opened(chromium: Any, file: Path) -> Iterator[Callable[..., Any]]:
    pages = []

    def open_page(**options: Any) -> Any:
        pages.append(chromium.new_page(**options))
        pages[-1].goto(file.as_uri())
        return pages[-1]

    yield open_page
    for one in pages:
        one.close()


def test_figures_and_data_can_be_taken_along_without_scripts(opened: Callable[..., Any]) -> None:
    page = opened(java_script_enabled=False, accept_downloads=True)
    taken = {}
    for kind in ("SVG", "CSV"):
        with page.expect_download() as download:
            page.locator("#curves .links a", has_text=kind).first.click()
        name = download.value.suggested_filename
        taken[name] = Path(download.value.path()).read_text(encoding="utf-8")
    assert ET.fromstring(taken["learning-1.svg"]).tag.endswith("svg")
    rows = list(csv.DictReader(io.StringIO(taken["learning-1.csv"])))
    assert {int(row["labels"]) for row in rows} == set(samples.SIZES)


def test_it_follows_the_dark_mode(opened: Callable[..., Any]) -> None:
    page = opened(color_scheme="light")
    looks = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        looks[scheme] = page.evaluate(
            "['body', '.joint.way0', '.tile.t0'].map((one) => {"
            "const style = getComputedStyle(document.querySelector(one));"
            "return one == 'body' ? style.backgroundColor : style.stroke + style.fill; })"
        )
    assert all(a != b for a, b in zip(looks["light"], looks["dark"], strict=True))


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_on_it_is_wider_than_the_window(opened: Callable[..., Any], width: int) -> None:
    page = opened(viewport={"width": width, "height": 844})
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_is_asked_of_the_network(chromium: Any, file: Path) -> None:
    page = chromium.new_page()
    requests: list[str] = []
    troubles: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: troubles.append(message.text))
    page.goto(file.as_uri())
    assert requests == [file.as_uri()]
    assert troubles == []
    page.close()
