"""Hybrid: what its weights mean, and when auto uses it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from selection_helpers import clueless, context, embed, knowing, model, texts, topic_of

from activellm.errors import UsageError
from activellm.selection import Labelled, open_strategy
from activellm.selection.breaking_ties import margins
from activellm.selection.kmeans import representatives

TEXT = {example.id: example.text for example in texts(200)}


def timid(prompt, label):
    """A judge that is right and hardly decided."""
    return 0.25 * knowing(prompt, label)


def test_without_judgements_it_is_kmeans():
    chosen = open_strategy("hybrid", judgement=0).select(context(60), 9)
    assert chosen.ids == open_strategy("kmeans").select(context(60), 9).ids


def test_judgements_alone_make_one_group_a_label():
    chosen = open_strategy("hybrid", diversity=0).select(context(60), 3)
    assert {topic_of(TEXT[id]) for id in chosen.ids} == {"cats", "dogs", "cars"}


def test_judgements_stand_beside_the_embeddings_with_their_weight():
    given = context(60)
    chosen = open_strategy("hybrid", judgement=0.4, diversity=2.0).select(given, 9)
    p = np.array([one.probabilities for one in chosen.judgements])
    beside = np.hstack([2 * embed(given.contents), 0.4 * p]).astype(np.float32)
    expected = representatives(beside, 9, np.random.default_rng(0))
    assert chosen.ids == tuple(given.candidates[one.index].id for one in expected)


def test_the_surest_are_passed_over_once_a_classifier_is_trained():
    strategy = open_strategy("hybrid", uncertainty=0.5)
    given = context(60)
    chosen = strategy.select(given, 20)
    leads = margins(given.probabilities, multi=False)
    by_id = {one.id: lead for one, lead in zip(given.candidates, leads, strict=True)}
    assert max(by_id[id] for id in chosen.ids) <= np.sort(leads)[29]
    assert "The 30 of which the classifier is surest were passed over" in chosen.explanation
    untrained = context(60, open_successor=None)
    all_of_them = open_strategy("hybrid").select(context(60), 20)
    assert strategy.select(untrained, 20).ids == all_of_them.ids


def test_enough_are_left_for_all_picks():
    assert len(open_strategy("hybrid", uncertainty=0.99).select(context(40), 30).ids) == 30


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"judgement": -0.1}, "must be weights"),
        ({"judgement": float("nan")}, "must be weights"),
        ({"diversity": float("inf")}, "must be weights"),
        ({"judgement": 0, "diversity": 0}, "must be weights"),
        ({"uncertainty": 1.0}, "below 1"),
        ({"uncertainty": -0.5}, "below 1"),
    ],
)
def test_impossible_weights(options, message):
    with pytest.raises(UsageError, match=message):
        open_strategy("hybrid", **options)


def test_reasons_name_the_expected_label():
    chosen = open_strategy("hybrid").select(context(40), 6)
    for pick in chosen.picks:
        assert f"expected label {topic_of(TEXT[pick.id])} (probability" in pick.reason
        assert "like" in pick.reason


def test_auto_hears_a_timid_judge_beside_the_embeddings():
    given = context(200, open_model=lambda: model(score=timid))
    chosen = open_strategy("auto").select(given, 9)
    alone = open_strategy("hybrid").select(context(200, open_model=lambda: model(score=timid)), 9)
    assert (chosen.strategy, chosen.used) == ("auto", "hybrid")
    assert chosen.ids == alone.ids
    assert "may know a little of the task" in chosen.explanation
    assert chosen.usage.calls == len(chosen.judgements) == 200


@pytest.mark.parametrize("score", [knowing, timid])
def test_auto_judges_the_labelled_texts_too_and_each_text_once(score):
    done = tuple(Labelled(one, (topic_of(one.text),)) for one in texts(200)[100:124])
    asked = model(score=score)
    given = context(100, labelled=done, open_model=lambda: asked)
    chosen = open_strategy("auto").select(given, 9)
    alone = open_strategy(chosen.used).select(
        context(100, labelled=done, open_model=lambda: asked), 9
    )
    assert chosen.ids == alone.ids
    assert chosen.usage.calls == 124
    assert len(chosen.judgements) == 100


def test_auto_judges_no_labelled_text_for_a_hopeless_judge():
    done = tuple(Labelled(one, (topic_of(one.text),)) for one in texts(200)[100:124])
    given = context(100, labelled=done, open_model=lambda: model(score=clueless))
    chosen = open_strategy("auto").select(given, 9)
    assert (chosen.used, chosen.usage.calls) == ("kmeans", 32)
    assert Counter(chosen.ids) == Counter(
        open_strategy("kmeans").select(context(100, labelled=done), 9).ids
    )
