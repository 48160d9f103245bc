"""Models that are asked, as on a server: recall, refusals, failures, and what is sent."""

from __future__ import annotations

import pytest

from activellm.contamination import check_contamination
from activellm.contamination.passages import cut
from activellm.errors import QueryModelError, UsageError
from activellm.llm import Completion, Messages, ScriptedModel

NOUNS = ["lamp", "road", "bench", "tree", "bus", "drain", "wall", "gate", "pond", "sign"]
TEXTS = [
    f"The {noun} at number {number} is what I write about. {noun}s{number} a{number} b{number} "
    f"c{number} d{number} e{number} f{number} g{number}."
    for number, noun in enumerate(NOUNS * 4)
]
RESTS = {cut(text).shown: cut(text).rest for text in TEXTS}


def remember(messages: Messages) -> str:
    """What somebody says who knows all texts."""
    return RESTS[messages[-1].content.rpartition("\n\n")[2]]


def test_a_model_that_recalls_is_found_out_by_words_alone() -> None:
    report = check_contamination(TEXTS, ScriptedModel(respond=remember, parallel=4), sample=30)
    assert report.verdict == "evidence that it has seen the texts"
    (completion,) = report.findings
    assert (completion.texts, completion.exact, completion.near) == (30, 30, 0)
    assert [one.method for one in report.untested] == ["order", "min-k"]
    assert "at most" in report.sentence


def test_repeating_the_first_half_before_the_second_is_understood() -> None:
    def echo(messages: Messages) -> str:
        shown = messages[-1].content.rpartition("\n\n")[2]
        return f"“{shown}{RESTS[shown]}”"

    (completion,) = check_contamination(TEXTS, ScriptedModel(respond=echo), sample=30).findings
    assert completion.exact == 30


def test_a_model_that_repeats_what_it_is_shown_knows_nothing() -> None:
    def parrot(messages: Messages) -> str:
        return messages[-1].content.rpartition("\n\n")[2] * 2

    report = check_contamination(TEXTS, ScriptedModel(respond=parrot), sample=30)
    assert report.verdict == "no evidence"


def test_the_end_that_all_texts_share_is_no_recall() -> None:
    texts = [
        f"Dear office number {number}, the {noun} is broken since day {number} and we all wait. "
        "With kind regards from your faithful citizen, please answer soon by letter"
        for number, noun in enumerate(NOUNS * 4)
    ]
    end = "With kind regards from your faithful citizen, please answer soon by letter"
    report = check_contamination(texts, ScriptedModel(respond=lambda _: end), sample=30)
    assert report.verdict == "no evidence"
    assert report.findings[0].observed > 0.5


def test_the_data_set_s_name_is_told_only_where_it_is_given() -> None:
    def knows_by_name(messages: Messages) -> str:
        told = "the data set Parish Letters (test)" in messages[-1].content
        return remember(messages) if told else "nothing comes to my mind about this one"

    model = ScriptedModel(respond=knows_by_name)
    report = check_contamination(TEXTS, model, sample=30, data_name="Parish Letters", split="test")
    p = {one.method: one.corrected_p for one in report.findings}
    assert p["guided completion"] < 0.01
    assert p["completion"] > 0.5
    assert report.verdict == "evidence that it has seen the texts"
    unnamed = ScriptedModel(respond=knows_by_name)
    check_contamination(TEXTS, unnamed, sample=30)
    assert not any("data set" in turns[-1].content for turns in unnamed.asked)


def test_only_first_halves_are_sent() -> None:
    model = ScriptedModel(respond=lambda _: "some words")
    check_contamination(TEXTS, model, sample=25)
    assert len(model.asked) == 25
    assert {turns[-1].content.rpartition("\n\n")[2] for turns in model.asked} <= set(RESTS)


def test_of_a_model_that_refuses_nothing_can_be_told() -> None:
    model = ScriptedModel(respond=lambda _: Completion("I cannot", finish="refusal"))
    report = check_contamination(TEXTS, model, sample=30)
    assert report.verdict == "cannot tell"
    assert "only 0 of 30" in report.sentence


def test_a_failure_now_and_then_is_counted() -> None:
    answers = [
        QueryModelError("The model answered nothing.") if place % 6 == 1 else "some other words"
        for place in range(30)
    ]
    report = check_contamination(TEXTS, ScriptedModel(answers), sample=30)
    assert (report.findings[0].texts, report.findings[0].unusable) == (25, 5)


def test_a_model_that_is_not_there_is_an_error_after_a_few_questions() -> None:
    model = ScriptedModel(respond=lambda _: QueryModelError("Connection refused."))
    with pytest.raises(QueryModelError, match="Connection refused"):
        check_contamination(TEXTS, model, sample=30)
    assert len(model.asked) == 5


def test_too_few_texts_are_not_judged() -> None:
    model = ScriptedModel(respond=remember)
    report = check_contamination(TEXTS[:19], model)
    assert report.verdict == "cannot tell"
    assert "20 are needed" in report.sentence
    assert not model.asked


def test_wrong_wishes_are_refused() -> None:
    model = ScriptedModel(respond=remember)
    with pytest.raises(UsageError, match="At least 1"):
        check_contamination(TEXTS, model, sample=0)
    with pytest.raises(UsageError, match="Which data set"):
        check_contamination(TEXTS, model, split="train")


def test_pairs_are_completed_by_their_second_text() -> None:
    pairs = [
        (f"The {noun} {number} stands in the park", f"a{number} b{number} c{number} d{number}")
        for number, noun in enumerate(NOUNS * 3)
    ]
    known = dict(pairs)

    def recall(messages: Messages) -> str:
        return known[messages[-1].content.rpartition("\n\n")[2]]

    report = check_contamination(pairs, ScriptedModel(respond=recall), sample=30)
    assert report.findings[0].exact == 30
