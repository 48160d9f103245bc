"""Labels correct a judge: what is learned, what is kept, and what it does to the picks."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from selection_helpers import MULTI, TASK, context, embed, knowing, model, texts, topic_of
from sklearn.linear_model import LogisticRegression

from activellm.selection import Labelled, open_strategy
from activellm.selection.correction import JUDGE_SPREAD, C, corrected, to_judge
from activellm.selection.judgements import Judgements

TEXT = {example.id: example.text for example in texts(200)}
TRUE = {"cats": 0, "dogs": 1, "cars": 2}


def labelled(rows, answers=None):
    examples = [texts(200)[row] for row in rows]
    given_ = answers or [(topic_of(one.text),) for one in examples]
    return tuple(Labelled(one, answer) for one, answer in zip(examples, given_, strict=True))


def judgements(given_, p):
    ids = tuple(one.id for one in to_judge(given_))
    return Judgements(ids, TASK.label_names, p, p, np.ones(len(p), dtype=bool), "score")


def opinions(count, seed=0):
    return np.random.default_rng(seed).dirichlet([1, 1, 1], size=count)


def turned(given_):
    """A judge that is sure and always wrong in the same way: it says the next label."""
    truth = [TRUE[topic_of(one.text)] for one in to_judge(given_)]
    return np.full((len(truth), 3), 0.05) + 0.85 * np.roll(np.eye(3), 1, axis=1)[truth]


def test_without_labels_nothing_changes():
    given_ = context(12)
    p = opinions(12)
    np.testing.assert_array_equal(corrected(given_, judgements(given_, p)), p)


def test_a_judge_that_mixes_up_the_labels_is_turned_round():
    given_ = context(60, labelled=labelled(range(100, 132)))
    truth = [TRUE[topic_of(one.text)] for one in given_.candidates]
    p = turned(given_)
    assert np.mean(p[:60].argmax(axis=1) == truth) == 0
    found = corrected(given_, judgements(given_, p))
    assert np.mean(found.argmax(axis=1) == truth) == 1


def test_it_is_logistic_regression_on_embeddings_and_standardised_log_odds():
    given_ = context(30, labelled=labelled(range(100, 116)))
    p = opinions(46)
    odds = np.log(p) - np.log(p).mean(axis=1, keepdims=True)
    odds -= odds.mean(axis=0)
    beside = JUDGE_SPREAD * odds / odds.std()
    x = np.hstack([embed([one.text for one in to_judge(given_)]), beside])
    y = [TRUE[one.answer[0]] for one in given_.labelled]
    expected = LogisticRegression(C=C, max_iter=1000).fit(x[30:], y).predict_proba(x[:30])
    found = corrected(given_, judgements(given_, p))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_labels_that_nobody_gave_keep_the_judges_probability():
    rows = [row for row in range(100, 160) if topic_of(TEXT[f"id-{row}"]) != "cars"]
    given_ = context(20, labelled=labelled(rows))
    p = opinions(20 + len(rows))
    found = corrected(given_, judgements(given_, p))
    np.testing.assert_allclose(found[:, 2], p[:20, 2])


def test_one_label_alone_teaches_which_label_is_known_and_no_more():
    given_ = context(20, labelled=labelled([100, 102], [("cats",), ("cats",)]))
    p = opinions(22)
    np.testing.assert_allclose(corrected(given_, judgements(given_, p)), p[:20])


def test_examples_with_several_labels_do_not_teach():
    both = labelled([100, 101], [("cats", "dogs"), ()])
    given_ = context(20, task=MULTI, labelled=both)
    p = opinions(22)
    np.testing.assert_array_equal(corrected(given_, judgements(given_, p)), p[:20])


@given(st.integers(0, 2**20), st.integers(0, 12), st.integers(1, 3))
def test_rows_are_probabilities(seed, count, kinds):
    rng = np.random.default_rng(seed)
    answers = [(TASK.label_names[rng.integers(kinds)],) for _ in range(count)]
    given_ = context(9, labelled=labelled(range(100, 100 + count), answers))
    p = rng.dirichlet([0.05, 0.05, 0.05], size=9 + count)
    found = corrected(given_, judgements(given_, p))
    assert found.shape == (9, 3)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)


def mixed_up(prompt, label):
    """A judge that takes cats for dogs, dogs for cars, cars for cats."""
    names = TASK.label_names
    return knowing(prompt, names[names.index(label) - 1])


def test_coverage_finds_the_rare_label_with_a_judge_that_mixes_labels_up():
    done = labelled(range(100, 124))
    before = Counter(one.answer[0] for one in done)
    assert before == {"cats": 12, "dogs": 6, "cars": 6}
    given_ = context(80, labelled=done, open_model=lambda: model(score=mixed_up))
    chosen = open_strategy("coverage").select(given_, 12)
    assert Counter(topic_of(TEXT[id]) for id in chosen.ids) == {"dogs": 6, "cars": 6}
    assert "corrected by 24 labels" in chosen.explanation


@pytest.mark.parametrize("name", ["coverage", "hybrid"])
def test_the_selection_keeps_the_models_own_opinion_of_the_candidates(name):
    done = labelled(range(100, 124))
    given_ = context(40, labelled=done, open_model=lambda: model(score=mixed_up))
    chosen = open_strategy(name).select(given_, 8)
    assert [one.id for one in chosen.judgements] == [one.id for one in given_.candidates]
    said = np.array([one.probabilities for one in chosen.judgements]).argmax(axis=1)
    truth = np.array([TRUE[topic_of(one.text)] for one in given_.candidates])
    assert (said == (truth + 1) % 3).all()
    assert chosen.usage.calls == 64


@pytest.mark.parametrize("name", ["coverage", "hybrid", "auto"])
def test_the_plan_counts_the_labelled_texts(name):
    done = labelled(range(100, 124))
    given_ = context(40, labelled=done)
    asked = len(open_strategy(name).plan(given_, 8).questions)
    assert asked == open_strategy(name).select(given_, 8).usage.calls == 64
