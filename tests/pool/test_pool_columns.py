"""Which column is the text."""

from __future__ import annotations

import pytest

from activellm.errors import DataError, UsageError
from activellm.pool import find_columns
from activellm.pool.sources.memory import MemorySource

LONG = "The street light in front of our house has been dark for two weeks."


def source(**columns):
    return MemorySource({name.replace("__", " "): cells for name, cells in columns.items()})


def test_named_columns_and_the_rest():
    columns = find_columns(
        source(nr=["1"], a=["x"], gold=["y"], where=["z"]), text="a", id="nr", label="gold"
    )
    assert (columns.text, columns.id, columns.label, columns.pair) == ("a", "nr", "gold", None)
    assert (columns.meta, columns.how) == (("where",), "as named")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["id", "Text", "label"], "Text"),
        (["title", "body"], "body"),
        (["Title", "note"], "Title"),
        (["review", "sentence"], "sentence"),
    ],
)
def test_known_names(names, found):
    columns = find_columns(MemorySource({name: ["some words"] for name in names}))
    assert (columns.text, columns.how) == (found, "by its name")


def test_the_only_column_with_words():
    cells = source(nr=["7", "8"], day=["2026-01-02", ""], on=["true", "false"], x=["short", "cut"])
    columns = find_columns(cells)
    assert (columns.text, columns.how) == ("x", "as the only column with words")


def test_the_longest_texts():
    columns = find_columns(source(kind=["lamp", "road"], feedback=[LONG, "Thanks a lot!"]))
    assert (columns.text, columns.how) == ("feedback", "as the column with the longest texts")


def test_a_column_with_another_use_is_not_the_text():
    assert find_columns(source(text=["a"], other=["words"]), label="text").text == "other"


def test_unclear():
    with pytest.raises(DataError) as caught:
        find_columns(source(first=[LONG], second=[LONG + " Yes."], n=["3"]))
    assert "--text" in caught.value.remedy
    assert all(f"'{name}'" in caught.value.remedy for name in ("first", "second", "n"))
    with pytest.raises(DataError, match="not clear which column"):
        find_columns(source(n=["3"], m=["4"]))


def test_wrong_name():
    with pytest.raises(DataError) as caught:
        find_columns(source(text=["a"], label=["b"]), label="lable")
    assert caught.value.where == "the given texts, --label-column"
    assert "Did you mean 'label'?" in str(caught.value)


def test_one_column_twice():
    with pytest.raises(UsageError, match="one use only"):
        find_columns(source(text=["a"]), text="text", id="text")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["premise", "hypothesis", "label"], ("premise", "hypothesis")),
        (["Sentence2", "Sentence1"], ("Sentence1", "Sentence2")),
        (["question", "sentence", "idx"], ("question", "sentence")),
    ],
)
def test_pairs_by_name(names, found):
    columns = find_columns(MemorySource({name: ["words"] for name in names}), pair=True)
    assert (columns.text, columns.pair) == found


def test_pairs_named():
    cells = source(a=["x"], b=["y"], c=["z"])
    columns = find_columns(cells, text="b", text_b="a")
    assert (columns.text, columns.pair, columns.meta) == ("b", "a", ("c",))
    assert columns.content({"a": "x", "b": "y"}) == ("y", "x")


def test_pairs_unclear():
    with pytest.raises(DataError, match="--text-b"):
        find_columns(source(text=["a"], other=["b"]), pair=True)


def test_pair_half_named():
    cells = source(premise=["a"], hypothesis=["b"], x=["c"])
    assert find_columns(cells, text="premise", pair=True).pair == "hypothesis"
    with pytest.raises(DataError, match="--text-b"):
        find_columns(cells, text="x", pair=True)
