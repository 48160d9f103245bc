"""The page of an experiment: whole, harmless, and with the numbers of the statistics."""

from __future__ import annotations

import base64
import csv
import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import bench_results as samples
import pytest

from activellm.bench.reporting.collect import BenchFacts, collect
from activellm.bench.reporting.figures.drawing import short
from activellm.bench.reporting.formats import Sheet, csv_text, latex, markdown
from activellm.bench.reporting.maps import CandidateMap
from activellm.bench.reporting.page import page
from activellm.bench.reporting.sections import main_settings
from activellm.bench.reporting.tables import Cell, Table, all_tables
from activellm.bench.summary import Way

LINK = re.compile(r'<a download="([^"]+)" href="data:[^,"]+;base64,([^"]+)"')
ATTACK = "<script>alert(1)</script>"
HOSTILE = (
    ("random", "none", ""),
    (ATTACK, "none", ""),
    ("=cmd|' /C calc'!A0", "none", ""),
    ('"><img src=x onerror=alert(2)>', "a & b", "</style>"),
)


class Elements(HTMLParser):
    """What a browser would see: names of elements, and addresses in their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        known = ("src", "href", "action", "data", "poster", "srcset", "xlink:href")
        self.addresses += [value or "" for name, value in attrs if name in known]
        assert not [name for name, _ in attrs if name.startswith("on")]


def links(html: str) -> dict[str, str]:
    """What can be taken from a page: file name -> content."""
    found = [(name, base64.b64decode(text).decode()) for name, text in LINK.findall(html)]
    assert len({name for name, _ in found}) == len(found)
    return dict(found)


def sheet(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def a_map(data: str, ways: list[Way], label: str = "good") -> CandidateMap:
    points = {f"t{at}": (at / 10, at % 3 / 3) for at in range(11)}
    labels = {id_: label if at % 2 else "bad" for at, id_ in enumerate(points)}
    return CandidateMap(data, 0, points, labels, dict.fromkeys(ways, ("t1", "t4")), "By hand.")


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> BenchFacts:
    found = collect(samples.write(tmp_path_factory.mktemp("page") / "study.bench"))
    return replace(found, maps=(a_map("mail", [Way("random"), Way("kmeans")]),))


@pytest.fixture(scope="module")
def html(facts: BenchFacts) -> str:
    return page(facts)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page") / "evil.bench"
    names = (ATTACK, "'><b>", "=1+1", "d", "e")
    found = collect(samples.write(folder, ways=HOSTILE, data=names))
    ways = [Way(*way) for way in HOSTILE]
    drawn = a_map(ATTACK, ways, label=f"</title>{ATTACK}")
    return page(replace(found, title=f"</title>{ATTACK}", maps=(drawn,), missing=(ATTACK,)))


def test_it_has_every_part(html: str) -> None:
    parts = re.findall(r'<section id="([\w-]+)"', html)
    assert parts == [
        *("run", "random", "curves", "ranks", "places", "agreement", "maps", "cost", "reading")
    ]
    for part in parts:
        assert part == "run" or f'href="#{part}"' in html


def test_it_asks_nothing_of_the_network_and_runs_nothing(html: str, hostile: str) -> None:
    for text in (html, hostile):
        assert "<script" not in text
        elements = Elements(text)
        assert "script" not in elements.names
        assert all(place.startswith(("#", "data:")) for place in elements.addresses)
        assert "url(" not in text
        assert "@import" not in text
        assert "default-src &#39;none&#39;" in text
    for name, content in links(html).items():
        rest = content.replace('"http://www.w3.org/2000/svg"', "")
        assert "http" not in rest, name


def test_hostile_names_are_shown_as_written(hostile: str) -> None:
    assert "<img" not in hostile
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in hostile
    assert hostile.count("</title>") == hostile.count("<title")
    for name, content in links(hostile).items():
        if name.endswith(".svg"):
            tree = ET.fromstring(content)
            tags = {element.tag.partition("}")[2] for element in tree.iter()}
            assert not tags & {"script", "img", "b", "foreignObject"}, name
        if name.endswith(".csv"):
            for row in csv.reader(io.StringIO(content)):
                assert not [value for value in row if value.startswith(("=", "@", "+"))], name
        if name.endswith(".md"):
            assert not re.search(r"(?<!\\)<", content)


def test_every_figure_can_be_taken_along(html: str) -> None:
    taken = links(html)
    figures = html.count('<figure class="drawing">')
    for kind in (".svg", ".csv"):
        assert sum(name.endswith(kind) for name in taken) == figures
    for name, content in taken.items():
        if name.endswith(".svg"):
            tree = ET.fromstring(content)
            assert tree.get("width", "").replace(".", "").isdigit()
            assert "var(" not in content  # not every program for drawings knows variables
            assert ".tick {fill: #5b646b;}" in content or name.startswith("map"), name
            assert not re.search(r'="-?[\d.]+%"', content)


def test_a_figure_as_a_file_has_the_rules_of_its_kind(html: str) -> None:
    curves, ranks = links(html)["learning-1.svg"], links(html)["ranks-1.svg"]
    assert ".learning .whisker {" in curves
    assert ".joint.way0" in curves
    assert ".way0" not in ranks


def test_numbers_of_the_comparisons(facts: BenchFacts, html: str) -> None:
    setting = main_settings(facts.findings.comparisons)[0]
    assert setting.labels == 16  # the nearest to 32 of those that say as much
    own = {str(c.way): c for c in facts.findings.comparisons if c.setting == setting}
    rows = sheet(links(html)["against-random-3.csv"])
    assert {row["way"] for row in rows} == set(own)
    for row in rows:
        one = own[row["way"]]
        expected = (one.value, one.difference.mean, one.difference.low, one.difference.high)
        names = ("mean", "difference", "low", "high")
        assert tuple(float(row[name]) for name in names) == expected
        assert (float(row["p_holm"]), int(row["draws"])) == (one.p_adjusted, 3)


def test_numbers_of_curves_ranks_and_places(facts: BenchFacts, html: str) -> None:
    taken = links(html)
    overall = facts.findings.curves[0]
    expected = [
        (str(one.way), at.labels, at.value, at.difference.low)
        for one in overall.curves
        for at in one.points
    ]
    rows = sheet(taken["learning-1.csv"])
    assert [
        (row["way"], int(row["labels"]), float(row["value"]), float(row["low"])) for row in rows
    ] == expected
    ranking = facts.findings.rankings[0].ranking
    rows = sheet(taken["ranks-1.csv"])
    assert {row["way"]: float(row["mean_rank"]) for row in rows} == dict(ranking.ranks)
    assert float(rows[0]["critical_difference"]) == ranking.critical
    (row,) = sheet(taken["places.csv"])
    assert [int(row[f"quarter_{at}"]) for at in range(1, 5)] == [*facts.places[0].quarters]


def test_numbers_of_agreement_cost_and_map(facts: BenchFacts, html: str) -> None:
    taken = links(html)
    rows = sheet(taken["agreement.csv"])
    assert [float(row["agreement_beyond_chance"]) for row in rows] == [
        one.agreement for one in facts.overlaps
    ]
    (row,) = sheet(taken["cost-dollars-1.csv"])  # the others cost nothing
    assert row["way"] == "listwise (openai/gpt-4, 10)"
    assert float(row["cost"]) == pytest.approx(0.03)
    assert len(sheet(taken["cost-seconds-1.csv"])) == 2  # what a file answers has no cost
    rows = sheet(taken["map-1.csv"])
    picked = [(row["id"], row["way"], row["place_in_order"]) for row in rows if row["way"]]
    assert picked == [
        *(
            ("t1", "random", "1"),
            ("t1", "kmeans", "1"),
            ("t4", "random", "2"),
            ("t4", "kmeans", "2"),
        )
    ]
    assert len(rows) == 11 + 4


def test_a_page_of_little(tmp_path: Path) -> None:
    """One data set, one draw, one size: what cannot be said is left out, and why is said."""
    ways = (("random", "none", ""), ("kmeans", "none", ""))
    folder = samples.write(tmp_path / "little", ways=ways, data=("mail",), sizes=(8,), draws=1)
    html = page(collect(folder))
    assert re.findall(r'<section id="([\w-]+)"', html) == [
        *("run", "random", "agreement", "cost", "reading")
    ]
    assert "Not complete" in html
    assert 'class="dot before"' in html  # hollow: one draw
    assert "1 (one draw)" in html


def test_nothing_to_compare_is_a_page_too(tmp_path: Path) -> None:
    folder = samples.write(tmp_path / "alone", ways=(("kmeans", "none", ""),), data=("mail",))
    html = page(collect(folder))
    assert "Measured without random picking on the same candidates: kmeans." in html
    assert "There is nothing to compare yet" in html


# ---- formats ------------------------------------------------------------------------------------


def test_latex_is_escaped() -> None:
    text = r"50 % of a_b & #1 {x} $y ~ ^ \cmd <b> |"
    written = latex(
        [Table("t", text, ("way", "d"), ((Cell(text), Cell("+1", strong=True)),), text)]
    )
    assert (
        r"50 \% of a\_b \& \#1 \{x\} \$y \textasciitilde{} \textasciicircum{} "
        r"\textbackslash{}cmd \textless{}b\textgreater{} \textbar{} & \textbf{+1} \\"
    ) in written
    assert written.count(r"\begin") == written.count(r"\end") == 2
    assert r"\begin{tabular}{lr}" in written


def test_markdown_is_escaped() -> None:
    rows = ((Cell("coverage*2, *bald* | <b>"), Cell("+1", strong=True)),)
    written = markdown([Table("t", "a [link](x)", ("way", "d"), rows, "`code`")])
    assert r"| coverage\*2, \*bald\* \| \<b> | **+1** |" in written
    assert r"### a \[link](x)" in written
    assert markdown([]) == "Nothing to compare.\n"


def test_the_same_notes_are_said_once(facts: BenchFacts) -> None:
    written = markdown(all_tables(facts.findings)[:3])
    assert written.count("### ") == 3
    assert written.count("bold where the spread") == 1


def test_csv_is_safe_to_open_in_a_spreadsheet() -> None:
    rows = (("=1+1", -1.5, None), ("+x", "@y", 'a "quoted", text\nin two lines'))
    written = csv_text(Sheet(("way", "b", "-c"), rows))
    assert list(csv.reader(io.StringIO(written))) == [
        ["way", "b", "'-c"],
        ["'=1+1", "-1.5", ""],
        ["'+x", "'@y", 'a "quoted", text\nin two lines'],
    ]


def test_long_names_are_cut_in_the_middle() -> None:
    assert short("listwise (openai/gpt-4)") == "listwise (openai/gpt-4)"
    cut = short("listwise (recorded/a-model-of-a-very-long-name-indeed, c2)", 30)
    assert (len(cut), cut[:10], cut[-6:]) == (29, "listwise (", "d, c2)")
