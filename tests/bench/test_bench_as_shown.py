"""Recorded sessions read by LLM: what is averaged, and what is not."""

from __future__ import annotations

from typing import Any

from activellm.bench.as_shown import AS_SHOWN, by_llm, pooled
from activellm.bench.summary import Way, compare


def row(llm: str, f1: float, **more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        **{"data": "news", "schedule": "listwise" if llm != "none" else "random", "llm": llm},
        **{"prompt": "", "candidates": 100, "select": 10, "draw": 0, "repeat": 0, "round": 1},
        **{"labels": 10, "successor": "linear", "macro_f1": f1},
    }
    return fields | more


LARGE = {"candidates": 200, "select": 32, "labels": 32, "draw": 1}


def test_sets_of_all_sizes_are_averaged_and_modes_are_further_runs() -> None:
    rows = [
        row("none", 0.50),
        row("recorded/gpt", 0.56, prompt="a"),
        row("recorded/gpt", 0.58, prompt="b"),
        row("none", 0.70, **LARGE),
        row("recorded/gpt", 0.72, prompt="a", **LARGE),
        row("recorded/other", 0.60, **LARGE),
    ]
    found = {one.way: one.difference for one in compare(pooled(rows))}
    assert {way.prompt for way in found} == {""}
    gpt = found[Way("listwise", "recorded/gpt")]
    assert (round(gpt.mean, 6), gpt.draws, gpt.most_draws) == (4.5, 2, 2)  # of 7 and 2
    other = found[Way("listwise", "recorded/other")]
    assert (round(other.mean, 6), other.draws) == (-10.0, 1)


def test_the_same_set_with_another_number_of_picks_is_another_draw() -> None:
    more = {"select": 20, "labels": 20}
    rows = [row("none", 0.5), row("none", 0.9, **more), row("recorded/gpt", 0.9, **more)]
    (only,) = compare(pooled(rows))
    assert (only.difference.mean, only.difference.draws) == (0.0, 1)


def test_later_rounds_and_other_data_sets_are_left_as_they_are() -> None:
    drawn = row("none", 0.5, data="other", round=2)
    later = row("recorded/gpt", 0.5, round=2, labels=20)
    rows = pooled([row("none", 0.4), row("recorded/gpt", 0.5), later, drawn])
    assert drawn in rows
    assert [one["labels"] for one in rows if one["data"] == "news"] == [AS_SHOWN, AS_SHOWN]
    assert [one["repeat"] for one in by_llm([row("recorded/gpt", 0.5, prompt="b")])] == [("b", 0)]


def test_data_sets_are_taken_in_order_so_that_intervals_repeat() -> None:
    names = [f"set {number}" for number in range(9)]
    rows = [row(llm, f1, data=name) for name in names for llm, f1 in (("none", 0.4), ("m", 0.5))]
    (only,) = compare(rows)
    assert [*only.difference.by_data_set] == names
