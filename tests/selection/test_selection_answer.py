"""Reading an LLM's answer: hand-made shapes, real recorded ones, and noise."""

from __future__ import annotations

import gzip
import json
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activellm.selection.answer import explanations, read_answer

SHOWN = range(1, 201)


@pytest.mark.parametrize(
    ("answer", "rule", "numbers"),
    [
        ("3, 17, 42, 5", "list", [3, 17, 42, 5]),
        ("I think of 1, 2 and 3 first.\n\n**3, 17, 42 and 5**.", "list", [3, 17, 42, 5]),
        ("[3,17,42,5]", "json", [3, 17, 42, 5]),
        ('{"picks": [3, 17, 42, 5]}', "json", [3, 17, 42, 5]),
        ("3; 17; 42; 5", "list", [3, 17, 42, 5]),
        ("٣، ١٧، ٤٢، ٥", "list", [3, 17, 42, 5]),
        ("First try: 9, 8, 7, 6\nBetter:\n3, 17,\n42, 5", "list", [3, 17, 42, 5]),
        ("The list:\n3\n17\n42\n5\nGood luck!", "list", [3, 17, 42, 5]),
        ("3, 17, 42, 5, 60, 61", "list", [3, 17, 42, 5]),
        ("1. 3\n2. 17\n3. 42\n4. 5", "items", [3, 17, 42, 5]),
        ("1. **Text 3** (short)\n2. **Text 17**\n3. #42: odd\n4. Text 5", "items", [3, 17, 42, 5]),
        ("- 3: rare\n- 17: typical\n- 42: odd\n- 5: long", "items", [3, 17, 42, 5]),
        ("Text 3: yes\nText 9: not selected\nText 17: yes\n42: x\n5: y", "items", [3, 17, 42, 5]),
        ("- A: 3, 17\n- B: 42, 5", "groups", [3, 17, 42, 5]),
        ("1. **Diversity**: many.\n2. **Rarity**: few.\n\n3, 17, 42", "short list", [3, 17, 42]),
        ('"What is it?" (#3)\n"Who?" (# 17)', "mentions", [3, 17]),
        ("1. **Diversity**: all kinds\n2. **Rarity**: rare ones", "nothing", []),
        ("3, 17, 42 and then also number 5.", "numbers", [3, 17, 42, 5]),
        ("I cannot choose 4 of them without knowing more.", "nothing", []),
        ("It costs 3.5, 4.25 and more.", "nothing", []),
        ("", "nothing", []),
    ],
)
def test_shapes_of_answers(answer, rule, numbers):
    reading = read_answer(answer, SHOWN, 4)
    assert (reading.rule, list(reading.numbers)) == (rule, numbers)


def test_one_number_in_a_sentence_is_enough_where_one_is_wanted():
    assert read_answer("I would add number 8.", SHOWN, 1).numbers == (8,)


def test_ordinals_that_look_like_a_perfect_list_are_not_the_list():
    answer = "\n".join(f"{place}. {number}" for place, number in enumerate(range(110, 142), 1))
    assert read_answer(answer, SHOWN, 32).numbers == tuple(range(110, 142))


def test_what_is_dropped_is_named_with_the_reason():
    reading = read_answer("3, 999, 3, 7, 17, 42, 5", SHOWN, 3, taken=[7])
    assert reading.numbers == (3, 17, 42)
    assert [(one.value, one.why) for one in reading.dropped] == [
        ("999", "was not shown"),
        ("3", "was named twice"),
        ("7", "is chosen already"),
        ("5", "is one more than the 3 wanted"),
    ]


def test_own_words_on_a_pick_are_kept():
    answer = "12: a rare case\n- **7** - *typical* for sports\nnothing\n\n12, 7, 9"
    assert explanations(answer, {7, 9, 12}) == {12: "a rare case", 7: "typical* for sports"}


def test_own_words_are_not_endless():
    assert len(explanations("12: " + "word " * 1000, {12})[12]) <= 300


PIECES = st.sampled_from(
    ["1", "2", " 3", "12, ", "40", ". ", "\n", "- ", "and ", "Text ", "(#", ")", "**", "7, 8, 9\n"]
)


@given(
    st.one_of(st.text(), st.lists(PIECES, max_size=60).map("".join)),
    st.sets(st.integers(0, 60)),
    st.integers(1, 40),
    st.sets(st.integers(0, 60)),
)
def test_never_a_number_that_was_not_shown_and_never_twice(answer, shown, wanted, taken):
    numbers = read_answer(answer, shown, wanted, taken=taken).numbers
    assert set(numbers) <= shown - taken
    assert len(set(numbers)) == len(numbers) <= wanted
    assert set(explanations(answer, shown)) <= shown


@given(st.permutations(range(1, 41)), st.integers(4, 40), st.sampled_from([", ", ",", "\n", " , "]))
def test_a_clean_list_is_read_back(order, wanted, between):
    listed = between.join(str(number) for number in order[:wanted])
    answer = f"I thought about it.\n\n{listed}"
    assert read_answer(answer, range(1, 41), wanted).numbers == tuple(order[:wanted])


@pytest.mark.parametrize("noise", ["1" * 9000, "1" + "*" * 40000, "(" + " " * 40000, "1 " * 20000])
def test_hostile_answers_are_read_in_no_time(noise):
    start = time.perf_counter()
    read_answer(noise, SHOWN, 32)
    explanations(noise, SHOWN)
    assert time.perf_counter() - start < 5


def test_recorded_answers_are_read_as_their_authors_read_them(shared):
    """Each kind of answer from which a list can be taken; one holds numbers that were not shown."""
    total: Counter[str] = Counter()
    exact: Counter[str] = Counter()
    with gzip.open(shared / "recorded" / "recorded.jsonl.gz", "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            shown = {instance["number"] for instance in row["instances"]}
            reading = read_answer(row["answer"], shown, row["n_to_select"])
            assert set(reading.numbers) <= shown
            kind = row["authors_list_relation"]
            kind += ", clean" * (kind == "exact_comma_list" and row["clean_single_list"])
            total[kind] += 1
            exact[kind] += list(reading.numbers) == row["authors_list_used"]
    assert exact["exact_comma_list, clean"] == total["exact_comma_list, clean"] == 104
    assert exact["exact_comma_list"] >= total["exact_comma_list"] - 1
    for kind in (
        "exact_vertical_list",
        "first_n_of_longer_list",
        "enumerated_items",
        "concatenated_groups",
    ):
        assert exact[kind] == total[kind] > 0
