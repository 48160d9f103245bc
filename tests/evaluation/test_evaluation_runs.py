"""Trainings of one evaluation: side by side where a GPU is, and never twice."""

from collections import UserDict

import numpy as np
import pytest
import tiny_encoder

from activellm.evaluation import LabelledTexts, compare_with_random, cross_validate
from activellm.evaluation.runs import AT_ONCE, Run, predict_each, say_each
from activellm.successors import make_successor, together
from activellm.task import Label, Task

TASK = Task(description="Which?", labels=(Label(name="good"), Label(name="bad")))
TEXTS = [f"number {n} is {'good' if n % 2 else 'bad and sad'}" for n in range(60)]
TARGETS = np.arange(60) % 2


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """Learners without dropout, whose masks differ side by side."""
    folder = tiny_encoder.build(tmp_path_factory.mktemp("calm"), dropout=0.0)
    options = {"epochs": 3, "learning_rate": 1e-3, "precision": "float32"}

    def learner(seed):
        return make_successor(
            "finetune", TASK, seed=seed, encoder=str(folder), device="cpu", **options
        )

    return learner


@pytest.fixture
def stacks(monkeypatch):
    """Do as on a GPU; gives the sizes of what is trained at once."""
    sizes = []
    learn = together.learn_together

    def counted(lessons, progress):
        sizes.append(len(lessons))
        return learn(lessons, progress)

    monkeypatch.setattr(together, "on_gpu", lambda learner: hasattr(learner, "lesson"))
    monkeypatch.setattr(together, "_at_once", lambda model: 99)
    monkeypatch.setattr(together, "learn_together", counted)
    return sizes


def runs_of(count):
    orders = [np.random.default_rng(n).permutation(60) for n in range(count)]
    labelled = LabelledTexts(TEXTS, TARGETS)
    return [
        Run(n, labelled.take(order[:12]), labelled.take(order[50:]).contents)
        for n, order in enumerate(orders)
    ]


def test_side_by_side_as_one_by_one(make, stacks, monkeypatch):
    runs, told = runs_of(AT_ONCE + 2), []
    at_once = say_each(make, TASK, runs, {}, told.append)
    assert (stacks, told) == ([AT_ONCE, 2], [0, AT_ONCE, AT_ONCE + 2])
    monkeypatch.setattr(together, "on_gpu", lambda learner: False)
    told.clear()
    alone = say_each(make, TASK, runs, {}, told.append)
    assert told == [*range(AT_ONCE + 3)]
    assert stacks == [AT_ONCE, 2]
    for one, other in zip(at_once, alone, strict=True):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-4)


class Breaking(UserDict):
    """Keeps so much, and then the program is stopped."""

    room = AT_ONCE + 1

    def __setitem__(self, key, value):
        if len(self) == self.room:
            raise KeyboardInterrupt
        super().__setitem__(key, value)


def test_what_a_stopped_call_kept_is_gone_on_with(make, stacks):
    runs, whole, kept = runs_of(AT_ONCE + 3), {}, Breaking()
    expected = predict_each(make, runs, whole)
    stacks.clear()
    with pytest.raises(KeyboardInterrupt):
        predict_each(make, runs, kept)
    assert len(kept) == AT_ONCE + 1
    stacks.clear()
    kept.room = 99
    found = predict_each(make, runs, kept)
    assert stacks == [3]  # those that were trained at once before
    assert kept == whole
    assert np.array_equal(found, expected)


def test_folds_and_draws_share_the_gpu(make, stacks):
    cross_validate(make, TASK, TEXTS[:20], TARGETS[:20], seed=1, repeats=2)
    assert stacks == [10]
    stacks.clear()
    labelled = LabelledTexts(TEXTS, TARGETS)
    candidates, test = labelled.take(np.arange(40)), labelled.take(np.arange(40, 60))
    compare_with_random(make, TASK, candidates, [*range(8)], test, seed=1)
    assert stacks == [10, 10]  # the picks and 20 draws; the last one is alone
