"""The sample data set keeps the shape that its README promises."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter, defaultdict
from functools import cache
from itertools import combinations

import pytest

from activellm.data import civic_messages, civic_task
from activellm.task import Task

Row = dict[str, str]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with civic_messages().open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def words(text: str) -> list[str]:
    return re.findall(r"[\w'’-]+", unicodedata.normalize("NFKC", text).lower())


@cache
def vocabulary(text: str) -> frozenset[str]:
    return frozenset(words(text))


@cache
def folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def alike(first: str, second: str) -> float:
    """The share of words that two texts have in common (Jaccard)."""
    a, b = vocabulary(first), vocabulary(second)
    return len(a & b) / len(a | b)


def test_has_the_columns_and_no_empty_cell(rows: list[Row]) -> None:
    assert list(rows[0]) == ["text", "label", "channel", "district"]
    assert all(value is not None and value.strip() for row in rows for value in row.values())
    assert {row["channel"] for row in rows} == {"app", "e-mail", "letter", "phone note", "counter"}
    assert len({row["district"] for row in rows}) == 6
    assert not any("\n" in row["text"] for row in rows)


def test_is_large_enough_and_of_unequal_classes(rows: list[Row]) -> None:
    counts = Counter(row["label"] for row in rows)
    assert len(rows) >= 440
    assert [label for label, _ in counts.most_common()] == [
        "waste", "roads", "permits", "parks", "noise",
    ]  # fmt: skip
    assert len(set(counts.values())) == 5
    assert counts["noise"] / len(rows) < 0.12
    assert counts["waste"] / len(rows) < 0.35


def test_task_loads_and_knows_every_label(rows: list[Row]) -> None:
    task = Task.load(civic_task())
    assert set(task.label_names) == {row["label"] for row in rows}
    assert all(label.definition for label in task.labels)
    assert "act first" in task.guidelines
    assert task.language == "en"
    assert not task.multi


def test_exact_duplicates_are_the_intended_four_and_differ_in_form_only(rows: list[Row]) -> None:
    groups = defaultdict(list)
    for row in rows:
        groups[folded(row["text"])].append(row)
    twice = [group for group in groups.values() if len(group) > 1]
    assert len(twice) == 4
    for first, second in twice:  # also: none of them three times
        assert first["text"] != second["text"]
        assert first["label"] == second["label"]


def test_near_duplicates_are_few_and_share_their_label(rows: list[Row]) -> None:
    near = [
        (first, second)
        for first, second in combinations(rows, 2)
        if folded(first["text"]) != folded(second["text"])
        and alike(first["text"], second["text"]) > 0.33
    ]
    assert 10 <= len(near) <= 15
    assert all(first["label"] == second["label"] for first, second in near)


def test_no_two_messages_open_alike_except_near_duplicates(rows: list[Row]) -> None:
    openings = defaultdict(list)
    for row in rows:
        openings[tuple(words(row["text"])[:4])].append(row["text"])
    for texts in openings.values():
        for first, second in combinations(texts, 2):
            assert alike(first, second) > 0.33, (first, second)


def test_no_phrase_is_worn_out(rows: list[Row]) -> None:
    phrases: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        text = words(row["text"])
        phrases.update({tuple(text[at : at + 5]) for at in range(len(text) - 4)})
    assert phrases.most_common(1)[0][1] <= 3


def test_names_nobody_who_could_be_reached(rows: list[Row]) -> None:
    for row in rows:
        assert "@" not in row["text"]
        assert "http" not in row["text"].lower()
        assert not re.search(r"\+\d|\d{5,}", row["text"]), row["text"]
