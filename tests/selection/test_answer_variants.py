"""Answers built by a grammar, other digits and marks, JSON in all states, and hostile noise."""

from __future__ import annotations

import json
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activellm.selection.answer import Reading, explanations, read_answer

SHOWN = range(501)
DIGITS = {"ASCII": "0", "Arabic": "٠", "Persian": "۰", "full width": "０", "Devanagari": "०"}
COMMAS = (", ", ",", "; ", "، ", "、", "，", " , ", ",\n", "\n", "\r\n", "\n\n")


def in_digits(number: int, zero: str) -> str:
    return "".join(chr(ord(zero) + int(digit)) for digit in str(number))


def assert_the_four_nevers(reading: Reading, shown, wanted, taken) -> None:
    numbers = reading.numbers
    assert set(numbers) <= set(shown), "never a number that was not shown"
    assert not set(numbers) & set(taken), "never a taken one"
    assert len(set(numbers)) == len(numbers), "never twice"
    assert len(numbers) <= wanted, "never more than wanted"
    assert reading.missing == wanted - len(numbers)


PIECES = st.sampled_from(
    ("1", ", 2", "\n3", "٤", "５", "12, ", "40", ". ", "\n", "- ", "and ", "Text ", "(#", ")", "**",
     "[", "]", "{", "}", ": ", '"n": ', '"7"', "```json\n", "|", " 8 ", "replace 1 with 2", "1-9",
     "remove 3", "add 4 and 5", "\nuser\n", "\nassistant\n", "one more please\n", "ID: 6",
     "not selected: ", "\\", "true")
)  # fmt: skip


@settings(max_examples=300)
@given(
    st.one_of(st.text(), st.lists(PIECES, max_size=60).map("".join)),
    st.sets(st.integers(0, 60)),
    st.integers(1, 40),
    st.sets(st.integers(0, 60)),
)
def test_the_four_nevers_hold_for_any_text(answer, shown, wanted, taken):
    reading = read_answer(answer, shown, wanted, taken=taken)
    assert_the_four_nevers(reading, shown, wanted, taken)
    assert set(explanations(answer, shown)) <= shown


def in_a_row(picks, draw) -> str:
    zero, comma = draw(st.sampled_from(list(DIGITS.values()))), draw(st.sampled_from(COMMAS))
    bold = draw(st.sampled_from(["", "**", "`"]))
    return bold + comma.join(in_digits(pick, zero) for pick in picks) + bold


def with_and(picks, draw) -> str:
    last = draw(st.sampled_from([" and ", ", and ", " & "]))
    return ", ".join(map(str, picks[:-1])) + f"{last}{picks[-1]}."


def enumerated(picks, draw) -> str:
    mark, name = draw(st.sampled_from([".", ")"])), draw(st.sampled_from(["", "Text ", "#", "**"]))
    end = "**" if name == "**" else ""
    return "\n".join(f"{at}{mark} {name}{pick}{end}" for at, pick in enumerate(picks, 1))


def bulleted(picks, draw) -> str:
    start = draw(st.sampled_from(["- ", "* ", "• ", "- **", "Instance ", "> "]))
    end = "**" if start.endswith("**") else ""
    return "\n".join(f"{start}{pick}{end}: it says something rare" for pick in picks)


def beside_ids(picks, draw) -> str:
    return "\n".join(f"{pick}. Somebody went home. [ID: {9000 + pick}]" for pick in picks)


def in_a_table(picks, draw) -> str:
    ranked = draw(st.booleans())
    rows = [f"| {at} | {pick} | odd |" if ranked else f"| {pick} | odd | b |"
            for at, pick in enumerate(picks, 1)]  # fmt: skip
    head = "| Rank | Text | Why |" if ranked else "| Text | Why | Kind |"
    return "\n".join([head, "|---|---|---|", *rows])


def in_groups(picks, draw) -> str:
    half = len(picks) // 2
    parts = [", ".join(map(str, part)) for part in (picks[:half], picks[half:])]
    between = draw(st.sampled_from([": ", ":\n", ":** "]))
    bold = "**" if between == ":** " else ""
    return "\n\n".join(
        f"{bold}{head}{between}{part}" for head, part in zip(("Short", "Long"), parts, strict=True)
    )


def as_json(picks, draw) -> str:
    key, form = draw(st.sampled_from(["picks", "n", "x", "auswahl"])), draw(st.integers(0, 3))
    value = (
        list(picks),
        {key: [str(pick) for pick in picks]},
        {key: [{"number": pick, "why": "2 of 3 say so"} for pick in picks]},
        {"thoughts": "either 1, 2 or 3", key: list(picks)},
    )[form]
    text = json.dumps(value, indent=draw(st.sampled_from([None, 2])))
    return f"```json\n{text}\n```" if draw(st.booleans()) else text


FORMS = (
    in_a_row, with_and, enumerated, bulleted, beside_ids, in_a_table, in_groups, as_json
)  # fmt: skip
BEFORE = ("", "I looked at all 501 texts and choose these:\n\n", "Already labelled: 6, 7, 8, 9\n\n")
AFTER = ("", "\n\nThey cover 3 topics.", "\n\nNot selected: 496, 497, 498, 499")


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=60)
@given(data=st.data())
def test_picks_that_are_known_are_read_exactly(form, data):
    picks = data.draw(st.lists(st.integers(10, 490), min_size=4, max_size=32, unique=True))
    text = form(picks, data.draw)
    answer = data.draw(st.sampled_from(BEFORE)) + text + data.draw(st.sampled_from(AFTER))
    reading = read_answer(answer, SHOWN, len(picks), taken=[6, 7, 8, 9])
    assert (list(reading.numbers), reading.missing) == (picks, 0), answer


@settings(max_examples=60)
@given(st.lists(st.integers(10, 490), min_size=4, max_size=20, unique=True), st.integers(1, 5))
def test_json_that_is_cut_off_gives_the_whole_picks_before_the_cut(picks, lost):
    items = [json.dumps({"number": pick, "why": "odd"}) for pick in picks]
    answer = '{"picks": [' + ", ".join([*items, '{"number": 4'])
    reading = read_answer(answer, SHOWN, len(picks) + lost)
    assert (list(reading.numbers), reading.missing) == (picks, lost)


@pytest.mark.parametrize(
    ("answer", "wanted", "numbers"),
    [
        ("3, 17, 42-45", 6, [3, 17, 42, 43, 44, 45]),
        ("3, 17, 42, 5, 60", 4, [3, 17, 42, 5]),
        (", ".join(map(str, range(100, 276))), 32, list(range(100, 132))),
        ("Rejected: 9, 10, 11, 12\nSelected: 3, 17, 42, 5", 4, [3, 17, 42, 5]),
        ("我选择3、17、42和5。", 4, [3, 17, 42, 5]),
        ("3 (short), 17 (long), 42 (odd), 5 (rare)", 4, [3, 17, 42, 5]),
        ("**3**, **17**, **42**, **5**", 4, [3, 17, 42, 5]),
        ("3, 17\n\nUser\nTwo more please\n\nAssistant\n42, 5", 4, [3, 17, 42, 5]),
        ("3, 17, 42, 9\n\nplease replace 9\n\nI replace 9 with 5.", 4, [3, 17, 42, 5]),
        ("1, 2, 3, 4? No, better:\n3, 17, 42, 5", 4, [3, 17, 42, 5]),
    ],
)
def test_what_else_answers_do(answer, wanted, numbers):
    assert list(read_answer(answer, SHOWN, wanted).numbers) == numbers


MIX = random.Random(0).choices("0123456789,[]{}()|\n \"*#-:.'\\", k=1000)
HOSTILE = (
    "1", ",", "1,", "[", "{", "[]", "\n", "1\n", " ", "*", "(" + " " * 200, "1-400, ", "|",
    "| 1 |\n", "\\", '"', '["a",', "remove 1 and ", " and 2", "add ", "id: 5 ",
    "replace 1 with 2 ", "could you ", "could you 1\n", "1. 2 ", "٣،", "text 1: not selected\n",
    "user\nassistant\n", "1 (", "Music: 42\n", "continue\n1, 2\n", '{"n": 1}, ', '[{"a":',
    "".join(MIX),
)  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_grows_with_the_length_only(unit):
    """A quadratic rule takes minutes for 100,000 characters; the usual is a tenth of a second."""
    text = unit * (100_000 // len(unit))
    began = time.perf_counter()
    reading = read_answer(text, range(1, 500), 32)
    explanations(text, range(1, 500))
    assert time.perf_counter() - began < 10
    assert_the_four_nevers(reading, range(1, 500), 32, ())


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["1", "1,", "[", "1\n", "1-400, ", "".join(MIX)])
def test_a_million_characters_are_read_in_bounded_time(unit):
    text = unit * (1_000_000 // len(unit))
    began = time.perf_counter()
    assert_the_four_nevers(read_answer(text, range(1, 500), 32), range(1, 500), 32, ())
    assert time.perf_counter() - began < 45
