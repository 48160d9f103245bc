"""The rule that says what of the paper is found again, and the table that tells it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from activellm.bench.paper.draws import ALL, AREA, Place
from activellm.bench.paper.measured import Measured, measured
from activellm.bench.paper.numbers import Claim
from activellm.bench.paper.rendering import markdown
from activellm.bench.paper.tables import TABLES
from activellm.bench.paper.verdicts import judge, verdict
from activellm.bench.statistics import PairedDifference

GAIN = Claim(17.1, 5.9, 1, 5)
LOSS = Claim(-1.3, None, 1, 1)
NOISE = Claim(0.3, 2.4, 1, 5)


def found(mean: float, low: float | None, high: float | None, **more: Any) -> Measured:
    over = "nothing" if low is None else "draws"
    draws = 1 if low is None else 20
    difference = PairedDifference(
        mean, low, high, None, None, 1, 1, draws, draws, over, {"sst2": mean}
    )
    place = Place("linear", "sst2", "ActiveLLM", "gpt-4, recorded", 32)
    return Measured(place, 60 + mean, 60, difference, 1, ("sst2",), **more)


@pytest.mark.parametrize(
    ("claim", "ours", "kind", "words"),
    [
        (GAIN, (16.0, 12.0, 20.0), "agrees", "in size too"),
        (GAIN, (4.0, 2.0, 6.0), "agrees", "but smaller here"),
        (GAIN, (30.0, 25.0, 35.0), "agrees", "but larger here"),
        (GAIN, (0.4, -2.1, 3.0), "not confirmed", "a mean as large lies outside the interval"),
        (GAIN, (9.0, -1.0, 19.0), "not confirmed", "too few draws to tell"),
        (GAIN, (-3.0, -5.0, -1.0), "contradicted", "contradicted"),
        (LOSS, (-1.0, -2.0, -0.1), "agrees", "in size too"),
        (LOSS, (1.0, 0.1, 2.0), "contradicted", "one draw, one seed"),
        (NOISE, (0.4, -2.1, 3.0), "neither shows one", "within its own noise of ±2.4"),
        (NOISE, (4.0, 2.0, 6.0), "only here", "that the logs do not show"),
        (None, (4.0, 2.0, 6.0), "no number", "no difference to compare with"),
        (GAIN, (4.0, None, None), "one draw", "no evidence either way"),
        (None, (4.0, None, None), "one draw", "no evidence either way"),
    ],
)
def test_the_rule(
    claim: Claim | None, ours: tuple[float, float | None, float | None], kind: str, words: str
) -> None:
    said, sentence = judge(claim, found(*ours))
    assert said == kind
    assert words in sentence
    assert f"{ours[0]:+.1f}" in sentence
    if claim is not None:
        assert f"{claim.difference:+.1f}" in sentence


def test_a_sentence_as_people_read_it() -> None:
    assert judge(GAIN, found(0.4, -2.1, 3.0))[1] == (
        "The logs' +17.1 (one draw, 5 seeds); here +0.4 (-2.1 to +3.0) over 20 draws: not "
        "confirmed, and a mean as large lies outside the interval."
    )


def test_a_void_number_is_compared_with_nothing() -> None:
    kind, sentence = judge(GAIN, found(16.0, 12.0, 20.0), void=True)
    assert kind == "not comparable"
    assert "17.1" not in sentence


def test_a_difference_among_many_rows_may_be_luck() -> None:
    ours = found(16.0, 12.0, 20.0, p_adjusted=0.3)
    assert "may be luck (p 0.30 by Holm)" in judge(GAIN, ours)[1]
    assert "luck" not in judge(GAIN, found(16.0, 12.0, 20.0, p_adjusted=0.01))[1]
    assert "luck" not in judge(GAIN, found(1.0, -2.0, 4.0, p_adjusted=0.3))[1]
    few = replace(ours, difference=replace(ours.difference, draws=4))
    assert "; 4 are too few for a test by signs (p cannot be below 0.12)." in judge(GAIN, few)[1]


@pytest.mark.parametrize("interval", [(None, None), (-1.0, 2.0)])
def test_selections_are_told_their_place_among_random_ones(
    interval: tuple[float | None, float | None],
) -> None:
    _, sentence = judge(GAIN, found(1.2, *interval, beaten=12.5, random=20))
    assert "ahead of 12.5 of 20 random selections from the same texts" in sentence


def test_rows_are_in_the_order_of_their_numbers() -> None:
    scores = [
        row("cti", 0, 0.5 + 0.1 * bool(more), candidates=shown, **more)
        for shown in (400, 50, 100)
        for more in ({}, {"schedule": "listwise(shown=400)", "llm": "x", "prompt": "b2"})
    ]
    text = markdown(TABLES["shown"], measured("shown", scores))
    places = [text.index(f"| cti | {shown} shown (x)") for shown in (50, 100, 400)]
    assert places == sorted(places)


def row(task: str, draw: int, value: float, **more: Any) -> dict[str, Any]:
    fixed = {"schedule": "random", "llm": "none", "prompt": "", "successor": "s", "candidates": 200}
    cell = {"select": 32, "labels": 32, "repeat": 0, "seed": 0, "data": task, "draw": draw}
    return {**fixed, **cell, "accuracy": value, "matthews": value / 2, **more}


ASKED = {"schedule": "listwise", "llm": "recorded/gpt-4", "prompt": "10"}


def test_repeats_and_seeds_are_averaged_and_draws_paired() -> None:
    scores = [
        *(row("sst2", 0, 0.5 + repeat / 10, repeat=repeat) for repeat in range(3)),  # 60
        *(row("sst2", 0, value, seed=seed, **ASKED) for seed, value in enumerate((0.6, 0.7))),
        row("sst2", 1, 0.4),  # no selection on these candidates
        row("cola", 0, 0.8),
        row("cola", 0, 0.6, **ASKED),
    ]
    one, two = measured("main", scores)
    assert (one.place.task, two.place.task) == ("cola", "sst2")
    assert one.difference.mean == pytest.approx(-10)  # Matthews' correlation
    assert (two.value, two.base) == (pytest.approx(65), pytest.approx(60))
    assert (two.seeds, two.beaten, two.random) == (2, 2, 3)
    assert verdict("main", two).kind == "one draw"


def test_data_sets_are_the_sample_of_all_tasks() -> None:
    tasks = ("sst2", "mrpc", "rte")
    scores = [row(task, draw, 0.5) for task in (*tasks, "cola") for draw in range(2)]
    scores += [
        row(task, draw, 0.6 + 0.01 * number, **ASKED)
        for number, task in enumerate((*tasks, "cola"))
        for draw in range(2)
    ]
    *single, together = measured("main", scores)
    assert len(single) == 4
    assert together.place.task == ALL
    assert (together.tasks, together.difference.over) == (tuple(sorted(tasks)), "data sets")
    assert together.difference.mean == pytest.approx(11)
    claim = verdict("main", together).claim
    assert claim is not None
    assert claim.difference == pytest.approx((17.11 + 0.78 + 2.74) / 3, abs=0.006)
    assert not claim.shown
    text = markdown(TABLES["main"], [*single, together])
    assert "- 3 data sets, ActiveLLM (gpt-4, recorded), 32 labels: The logs' +6.9 (3 data" in text
    assert "Selections of LLMs (8): ahead of 100 % of the random ones" in text


def test_a_void_number_makes_no_claim_over_data_sets() -> None:
    tasks = ("sst2", "cti", "rte")
    scores = [
        row(task, 0, 0.5 + 0.1 * bool(more), labels=80, **more)
        for task in tasks
        for more in ({}, ASKED)
    ]
    together = measured("picks", scores)[-1]
    assert (together.place.task, verdict("picks", together).claim) == (ALL, None)
    assert not any(one.place.task == ALL for one in measured("picks", scores[:4]))


def test_setfits_numbers_are_no_other_learners() -> None:
    scores = [
        row("cr", 0, 0.5 + 0.1 * bool(more), successor=learner, **more)
        for learner in ("setfit(epochs=2)", "perfect")
        for more in ({}, ASKED)
    ]
    claims = {
        one.place.successor: verdict("few-shot", one).claim for one in measured("few-shot", scores)
    }
    assert claims["perfect"] is None
    assert claims["setfit(epochs=2)"] is not None
    assert markdown(TABLES["few-shot"], measured("few-shot", scores)).count("(one run)") == 2


def test_a_warm_start_is_compared_with_the_cold_one_and_curves_by_their_area() -> None:
    ways = {
        "random": (0.5, 0.6),
        "random, bald": (0.5, 0.8),
        "listwise(recap=index)*4, bald": (0.7, 0.8),
        "listwise(recap=none)": (0.7, 0.7),
    }
    scores = [
        row("sst2", draw, value, schedule=way, labels=labels, select=25)
        | ({"llm": "embedded", "prompt": "b2"} if "listwise" in way else {})
        for way, values in ways.items()
        for labels, value in zip((25, 50), values, strict=True)
        for draw in range(2)
    ]
    rows = {
        (one.place.way, one.place.base, one.place.labels): one.difference.mean
        for one in measured("iterative", scores)
    }
    assert rows["warm bald", "cold bald", 25] == pytest.approx(20)
    assert rows["warm bald", "cold bald", AREA] == pytest.approx(10)
    assert rows["warm bald", "random", AREA] == pytest.approx(20)
    assert rows["cold bald", "random", AREA] == pytest.approx(10)
    assert rows["LLM, no recap", "random", 50] == pytest.approx(10)
    assert ("random", "random", 25) not in rows
    text = markdown(TABLES["iterative"], measured("iterative", scores))
    assert "| warm bald against cold bald (embedded) | area |" in text
    assert "- sst2, warm bald against cold bald (embedded), area: The logs' +" in text
    assert "| cold bald | 25 |" not in text  # a cold start begins with random picks
    assert "25 labels:" not in text  # a curve has one sentence


def test_the_table_shows_both_and_counts() -> None:
    values = [0.50, 0.52, 0.49, 0.51, 0.53, 0.50]
    scores = [row("sst2", draw, value) for draw, value in enumerate(values)]
    scores += [row("sst2", draw, value + 0.01 * draw, **ASKED) for draw, value in enumerate(values)]
    text = markdown(TABLES["main"], measured("main", scores), ["mnli: not there."])
    assert "| sst2 | ActiveLLM (gpt-4, recorded) | 32 | 53.3 | 50.8 | **+2.5 (" in text
    assert "| 6 x 1 | 56.0 ± 2.1 (one run) | 73.1 ± 5.3 (one run) | +17.1 | agrees |" in text
    assert "Of 1 rows: agrees 1. Of 1 intervals 1 exclude 0, where chance alone makes 0.1;" in text
    assert "- mnli: not there." in text
    assert "it agrees, but smaller here; counting all rows" in text


def test_text_of_others_cannot_break_the_table() -> None:
    scores = [row("sst2", 0, 0.5), row("sst2", 0, 0.6, schedule="listwise", llm="a|b", prompt="b2")]
    text = markdown(TABLES["main"], measured("main", scores))
    assert "ActiveLLM (a\\|b)" in text
