"""Choosing by row, without a pool or a project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from activellm.errors import UnknownNameError, UsageError
from activellm.estimators import InputError, Selector
from activellm.task import Task

TEXTS = [f"{word} number {n}" for n in range(10) for word in ("cat", "dog", "fish", "bird")]


def test_rows_in_order_with_reasons_and_the_same_again(tiny_encoder: Path) -> None:
    selector = Selector("kmeans", encoder=str(tiny_encoder), random_state=4)
    rows = selector.select(TEXTS, 8)
    assert rows.dtype == np.int64
    assert len({*rows.tolist()}) == 8
    assert selector.selection_.ids == tuple(map(str, rows))
    assert all(pick.reason for pick in selector.selection_.picks)
    assert clone(selector).select(np.array(TEXTS), 8).tolist() == rows.tolist()


def test_labelled_rows_their_copies_and_empty_texts_are_left_out() -> None:
    texts = ["a text", "A  second", "a text", "", "b", "A second "]
    chosen = Selector("random", candidates=None)
    for seed in range(5):
        chosen.set_params(random_state=seed)
        assert {*chosen.select(texts, 2, {1: "x"})} == {0, 4}
    assert {*chosen.select(texts, 5, {1: "x"})} == {0, 2, 3, 4, 5}, "copies where few are left"
    with pytest.raises(InputError, match="6 picks were asked for, and 5"):
        chosen.select(texts, 6, {1: "x"})


def test_a_later_round_looks_at_other_candidates() -> None:
    selector = Selector("random", candidates=10)
    first, second = (selector.select(TEXTS, 10, number=number) for number in (1, 2))
    assert len({*first.tolist()} & {*second.tolist()}) < 8


@pytest.mark.parametrize("labels", [("a|b", "A/B"), (1, 0), (["x"], ["x", "y"])], ids=repr)
def test_strategies_that_go_on_from_labels_train_a_classifier(labels: tuple[object, ...]) -> None:
    labelled = {row: labels["cat" not in TEXTS[row]] for row in range(12)}
    selector = Selector("entropy", successor="tfidf", candidates=None)
    assert not {*selector.select(TEXTS, 5, labelled)} & {*labelled}
    with pytest.raises(UsageError, match="nothing is labelled yet"):
        selector.select(TEXTS, 5)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'kmeans'"):
        Selector("kmean").select(TEXTS, 2)
    with pytest.raises(UsageError, match="must be told what is to be decided"):
        Selector("coverage", llm="embedded").select(TEXTS, 2)
    with pytest.raises(InputError, match="no row 99"):
        Selector("random").select(TEXTS, 2, {99: "x"})
    task = Task.build(description="?", labels=[{"name": "a"}, {"name": "b"}])
    with pytest.raises(UsageError, match="'c' is not one of the task's labels"):
        Selector("random", task=task).select(TEXTS, 2, {0: "c"})
