"""The report: one file, whole, closed to the network, with the facts in it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import report_samples as samples
from pydantic import TypeAdapter

from activellm.evaluation import evaluate
from activellm.report.facts import PickFacts, ReportFacts, RoundFacts
from activellm.report.render import render
from activellm.selection.contract import Pick, Selection
from activellm.task import Label, Task

NBSP = "\N{NO-BREAK SPACE}"
VOID = {"meta", "input", "br", "link", "img", "hr"}


class Page(HTMLParser):
    """What a page holds: elements, text by section, inline scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.text: dict[str, str] = {}
        self.open: list[tuple[str, str]] = []
        self.feed(html)
        assert self.open == [], "an element is not closed"

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.elements.append((tag, given))
        if tag not in VOID:
            section = given.get("id", "") if tag in ("section", "nav", "header") else ""
            self.open.append((tag, section or (self.open[-1][1] if self.open else "")))

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open[-1][0] == tag, f"{tag} closes {self.open[-1][0]}"
        self.open.pop()

    def handle_data(self, data):
        tag, section = self.open[-1] if self.open else ("", "")
        if tag in self.raw:
            self.raw[tag].append(data)
        else:
            self.text[section] = re.sub(r"[ \n]+", " ", self.text.get(section, "") + data)

    @property
    def sections(self):
        return {given["id"] for tag, given in self.elements if tag == "section"}


ALL = {
    "answer",
    "question",
    "picks",
    "map",
    "choice",
    "results",
    "rounds",
    "random",
    "health",
    "cost",
    "repeat",
}


def test_all_sections_are_there_with_all_facts():
    assert Page(render(samples.full())).sections == ALL


def test_what_is_missing_is_left_out():
    page = Page(render(samples.bare()))
    assert page.sections == {"answer", "question", "repeat"}
    assert "has not been measured yet" in page.text["answer"]
    links = {given["href"][1:] for tag, given in page.elements if tag == "a"}
    assert links <= page.sections


@pytest.mark.parametrize(
    ("field", "section"),
    [
        ("rounds", "picks"),
        ("map", "map"),
        ("evaluations", "results"),
        ("curve", "rounds"),
        ("comparison", "random"),
        ("costs", "cost"),
    ],
)
def test_each_part_can_be_missing_alone(field, section):
    empty = () if isinstance(getattr(samples.full(), field), tuple) else None
    page = Page(render(replace(samples.full(), **{field: empty})))
    gone = {section, "health", "choice"} if field == "rounds" else {section}
    assert page.sections == ALL - gone
    links = {given["href"][1:] for tag, given in page.elements if tag == "a"}
    assert links <= page.sections


def test_the_rounds_show_a_curve_a_table_and_what_the_criteria_advise():
    html = render(samples.full())
    said = Page(html).text["rounds"]
    for words in ("texts with known labels (200 texts)", "bald", "75", "70.0", "60 to 80"):
        assert words in said.replace(NBSP, " ")
    assert "1 of 2 criteria says stop: kappa; 1 cannot say." in said
    assert "nothing stops by itself" in said
    assert "The last two classifiers agree." in said
    assert len(re.findall(r'class="dot successor"', html.partition('class="figure curve"')[2])) >= 3


def test_one_round_is_no_curve():
    facts = replace(samples.full(), curve=samples.curve()[:1])
    assert "rounds" not in Page(render(facts)).sections


def test_rounds_measured_on_unlike_texts_are_called_so():
    curve = samples.curve()
    mixed = (replace(curve[0], texts="labelled"), *curve[1:])
    said = Page(render(replace(samples.full(), curve=mixed))).text["rounds"]
    assert "Not all rounds were measured on the same kind of texts" in said


def test_nothing_is_loaded_and_nothing_foreign_can_run():
    html = render(samples.full())
    page = Page(html)
    for tag, given in page.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form-action")
        for name, value in given.items():
            assert name not in ("src", "srcset", "action", "data", "style", "xlink:href", "ping")
            assert not name.startswith("on"), f"{name} runs script"
            assert name != "href" or value.startswith("#")
    assert "@import" not in html
    assert "url(" not in html
    policy = next(
        given["content"]
        for _, given in page.elements
        if given.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    code = page.raw["script"][-1]
    for name, content in (("script-src", code), ("style-src", page.raw["style"][0])):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy
    scripts = [given for tag, given in page.elements if tag == "script"]
    assert [given.get("type") for given in scripts] == ["application/json", None]


def test_the_answer_comes_first_with_its_interval_and_rivals():
    said = Page(render(samples.full())).text["answer"]
    accuracy = samples.evaluations()[0].accuracy  # 72 of 90
    assert f"80{NBSP}%" in said
    assert (round(100 * accuracy.low), round(100 * accuracy.high)) == (71, 87)
    assert f"71 to 87{NBSP}% with 95{NBSP}% confidence" in said
    assert f"most frequent answer would be right on 33{NBSP}%" in said
    assert f"without training, is right on 70{NBSP}%" in said
    assert "No evidence of a difference" in said
    assert (
        "3.0 points above the mean of 20 random draws (interval \N{MINUS SIGN}9.4 to +15.4)" in said
    )
    assert "Label another round." in said
    assert "unbiased estimate" in said


def test_the_picks_say_why_and_what_people_answered():
    said = Page(render(samples.full())).text["picks"]
    for words in (
        "2 texts picked by the strategy auto, which used listwise",
        "The judge knows the task.",
        "Clear for its class.",
        "Nice one",
        "unsure",
        "differs",
        "190",
    ):
        assert words in said
    assert said.count("The lamp is broken.") > 20  # the excerpt and the whole text


def test_the_choice_says_how_even_and_how_well_judged():
    said = Page(render(samples.full())).text["choice"]
    assert "showed 200 texts" in said
    assert "less than once in 1,000 times" in said
    assert "expected label to 1 of 2 picks" in said


def test_results_costs_and_settings_show_their_numbers():
    page = Page(render(samples.full()))
    assert f"80.0{NBSP}%" in page.text["results"]
    assert "Only 6 texts are labelled." in page.text["results"]
    assert "better than 13 of 20 draws" in page.text["random"]
    assert "3 training seeds" in page.text["random"]
    assert "The answer was cut off." in page.text["health"]
    cost = page.text["cost"]
    for words in ("$0.0123", "unknown", "2 min", "612 MB", "5,000"):
        assert words in cost
    repeat = page.text["repeat"]
    for words in ("4711", "all-MiniLM-L6-v2", "b179c9523d", "3.11.9", "--seed 4711", "paper"):
        assert words in repeat
    assert "1,234" in page.text["question"]


def test_pairs_show_both_texts():
    task = samples.TASK.model_copy(update={"pair": True, "pair_names": ("Premise", "Claim")})
    picks = (PickFacts("a", "It rains.", pair="It is wet.", skipped=True),)
    chosen = RoundFacts(1, Selection("random", (Pick("a", "Drawn at random."),)), picks)
    said = Page(render(replace(samples.bare(task), rounds=(chosen,)))).text["picks"]
    assert "Premise It rains. Claim It is wet." in re.sub(r" ?(Premise|Claim) ?", r" \1 ", said)
    assert "skipped" in said


def test_multi_label_has_no_matrix_and_shows_sets():
    task = samples.TASK.model_copy(update={"kind": "multi"})
    truth = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]])
    found = evaluate(task, truth, truth, subject="successor", texts="gold")
    picks = (PickFacts("a", "x", answer=("complaint", "praise")), PickFacts("b", "y", answer=()))
    chosen = RoundFacts(1, replace(samples.selection(), used=""), picks)
    page = Page(render(replace(samples.bare(task), rounds=(chosen,), evaluations=(found,))))
    assert "complaint, praise" in page.text["picks"]
    assert "no label" in page.text["picks"]
    assert "exactly the right labels" in page.text["answer"]
    assert "Predicted" not in page.text["results"]


def test_many_labels_get_a_list_of_confusions():
    task = Task(description="d", labels=tuple(Label(name=f"intent {i}") for i in range(30)))
    truth = np.arange(60) % 30
    predicted = truth.copy()
    predicted[:3] = 29
    found = evaluate(task, truth, predicted, subject="successor", texts="gold")
    said = Page(render(replace(samples.bare(task), evaluations=(found,)))).text["results"]
    assert "Most frequent confusions" in said
    assert "intent 0intent 291" in said.replace(" intent", "intent")


def test_several_rounds():
    one = samples.full().rounds[0]
    said = Page(render(replace(samples.full(), rounds=(one, replace(one, number=2))))).text["picks"]
    assert "Round 1:" in said
    assert "Round 2:" in said


def test_the_same_facts_give_the_same_page():
    assert render(samples.full()) == render(samples.full())


@pytest.mark.parametrize("facts", [samples.full(), samples.bare()])
def test_facts_go_through_json(facts):
    adapter = TypeAdapter(ReportFacts)
    again = adapter.validate_json(adapter.dump_json(facts))
    assert again == facts
    assert render(again) == render(facts)
