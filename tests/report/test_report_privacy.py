"""Where the texts went: audit lines summed up, and what the report says of them."""

from __future__ import annotations

from dataclasses import asdict, replace

import ballot_samples as ballots
import pytest
import report_samples as samples
from test_report_render import Page

from activellm.llm.audit_log import AuditLine, AuditLog
from activellm.report.facts import ModelCalls, PrivacyFacts
from activellm.report.privacy import privacy_facts, sentences
from activellm.report.render import render


def line(model="openai/gpt-4o", here=False, outcome="answered", **more):
    return {
        "time": "2026-11-22T19:04:49+00:00",
        "model": model,
        "server": "api.openai.com",
        "runs_here": here,
        "kind": "complete",
        "texts": 200,
        "sha256": "0" * 64,
        "prompt_tokens": 8000,
        "completion_tokens": 100,
        "cost": 0.02,
        "outcome": outcome,
        **more,
    }


def test_lines_are_summed_by_model_and_place_those_elsewhere_first():
    failed = line(outcome="TimeoutError", prompt_tokens=None, completion_tokens=None, cost=None)
    found = privacy_facts([line("embedded", here=True), line(), failed, line(texts=50, cost=0.01)])
    assert found.models == (
        ModelCalls(
            "openai/gpt-4o", False, "api.openai.com", 3, 1, 450, 16_000, 200, pytest.approx(0.03)
        ),
        ModelCalls("embedded", True, "", 1, 0, 200, 8000, 100, 0.0),
    )
    assert found.elsewhere == found.models[:1]


def test_the_lines_of_a_real_log_are_read(tmp_path):
    log = AuditLog(tmp_path / "calls.jsonl")
    for outcome in ("answered", "failed: QueryModelError"):
        log.add(AuditLine(**{**line(outcome=outcome), "prompts": 1}))
    (found,) = privacy_facts(map(asdict, log.lines())).models
    assert (found.calls, found.failed, found.texts, found.cost) == (2, 1, 400, 0.02)


def test_what_one_line_does_not_say_is_unknown_and_not_less():
    (found,) = privacy_facts([line(), line(cost=None, texts=None)]).models
    assert (found.texts, found.cost) == (None, None)
    assert found.prompt_tokens == 16_000


def test_a_line_that_says_nothing_is_taken_to_have_left():
    (found,) = privacy_facts([{}]).models
    assert found == ModelCalls("", False, "", 1, 1, None, 0, 0, 0)


def test_one_model_at_two_servers_has_two_lines():
    found = privacy_facts([line(server="b"), line(server="a"), line(server="a")])
    assert [(one.server, one.calls) for one in found.models] == [("a", 2), ("b", 1)]


def test_the_rules_in_sentences():
    away = privacy_facts([line()])
    assert sentences(away) == (
        "Texts were sent to 1 query model that runs elsewhere.",
        "Personal data in the texts was not replaced.",
    )
    here = privacy_facts([line("embedded", True)], local_only=True, max_cost=2.5)
    assert sentences(here) == (
        "The query model ran on this machine, and no text was sent elsewhere.",
        "The project refuses query models that run elsewhere.",
        "The project may spend at most $2.50 on query models.",
    )
    both = sentences(privacy_facts([line(), line("k")], redact=True, max_cost=1, max_tokens=5000))
    assert both[0] == "Texts were sent to 2 query models that run elsewhere."
    assert "replaced by placeholders" in both[1]
    assert both[2] == "The project may spend at most $1.00 and 5,000 tokens on query models."


def test_the_section_is_there_only_where_something_was_asked():
    page = Page(render(replace(samples.full(), privacy=PrivacyFacts(local_only=True))))
    assert "privacy" not in page.sections
    page = Page(render(replace(samples.full(), privacy=ballots.privacy())))
    assert "privacy" in page.sections
    assert "#privacy" in {given.get("href") for tag, given in page.elements if tag == "a"}
    text = page.text["privacy"]
    for words in ("api.mistral.ai", "unknown", "$0.0431", "16,400", "elsewhere. Personal data"):
        assert words in text


def test_texts_that_were_handed_in_have_left_but_count_once_when_they_are_answered():
    handed_in = line(kind="batch", outcome="handed in", prompt_tokens=0, completion_tokens=0)
    waiting = privacy_facts([handed_in])
    assert (waiting.models[0].calls, waiting.models[0].failed) == (0, 0)
    assert sentences(waiting)[0].startswith("Texts were sent to 1 query model")
    (one,) = privacy_facts([handed_in, line()]).models
    assert (one.calls, one.failed, one.texts) == (1, 0, 200)
