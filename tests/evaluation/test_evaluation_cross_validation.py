"""Cross-validation: folds, tiny data, resuming."""

from __future__ import annotations

import json

import numpy as np
import pytest

from activellm.errors import UsageError
from activellm.evaluation import cross_validate
from activellm.evaluation.cross_validation import deal
from activellm.task import Label, Task

TASK = Task(description="d", labels=tuple(Label(name=n) for n in "abc"))
MULTI = TASK.model_copy(update={"kind": "multi"})


def data(texts_of, sizes=(14, 9, 7), seed=0):
    rng = np.random.default_rng(seed)
    targets = np.repeat(np.arange(len(sizes)), sizes)
    return texts_of(targets, rng), targets


def test_answers_and_texts_are_spread_evenly_over_the_folds():
    rng = np.random.default_rng(0)
    targets = rng.permutation(np.repeat([0, 1, 2], [23, 11, 3]))
    fold_of = deal(targets, 5, rng)
    sizes = np.bincount(fold_of, minlength=5)
    assert sizes.max() - sizes.min() <= 1
    for label in range(3):
        share = np.bincount(fold_of[targets == label], minlength=5)
        assert share.max() - share.min() <= 1


def test_each_text_is_predicted_by_a_classifier_that_did_not_see_it(letters, texts_of):
    contents, targets = data(texts_of)
    seen: list[set[str]] = []
    predicted: list[set[str]] = []

    class Watched(letters):
        def fit(self, contents, targets, *, progress=None):
            seen.append(set(contents))
            return super().fit(contents, targets)

        def predict_proba(self, contents, *, progress=None):
            predicted.append(set(contents))
            return super().predict_proba(contents)

    cross_validate(lambda seed: Watched(TASK, seed), TASK, contents, targets, repeats=2, seed=1)
    assert len(seen) == 10
    assert all(not train & test for train, test in zip(seen, predicted, strict=True))
    assert all(train | test == set(contents) for train, test in zip(seen, predicted, strict=True))
    assert set().union(*predicted[:5]) == set(contents)


def test_it_estimates_what_fresh_texts_show(letters, texts_of):
    contents, targets = data(texts_of, (60, 60, 60))
    found = cross_validate(
        lambda seed: letters(TASK, seed), TASK, contents, targets, repeats=3, seed=1
    )
    fresh, right = data(texts_of, (500, 500, 500), seed=9)
    true = np.mean(letters(TASK).fit(contents, targets).predict(fresh) == right)
    assert 0.4 < true < 0.97  # neither chance nor ceiling
    assert found.accuracy.low - 0.03 < true < found.accuracy.high + 0.03
    assert "no random sample" in found.meaning
    assert found.method == "5-fold cross-validation, 3 times"


def test_fewer_texts_than_folds_are_left_out_one_by_one(letters, texts_of):
    contents, targets = data(texts_of, (2, 1, 0))
    found = cross_validate(lambda seed: letters(TASK, seed), TASK, contents, targets, seed=0)
    assert found.method == "leave-one-out"
    assert "fewer than the 5 folds" in found.warnings[0]
    assert "Only one text is labelled b" in found.warnings[1]
    assert found.size == 3


def test_one_label_only(letters, texts_of):
    contents, targets = data(texts_of, (6, 0, 0))
    found = cross_validate(lambda seed: letters(TASK, seed), TASK, contents, targets, seed=0)
    assert found.accuracy.value == 1.0
    assert found.accuracy.low < 0.7


def test_multi_label(letter_sets):
    contents = ["aab", "aaa", "bbb", "abab", "ccc", "cca"] * 3
    targets = np.array([[c in text for c in "abc"] for text in contents], dtype=np.int64)
    found = cross_validate(
        lambda seed: letter_sets(MULTI, seed), MULTI, contents, targets, folds=3, seed=0
    )
    assert found.confusion is None
    assert found.accuracy.value == 1.0


def test_too_little_is_refused(letters):
    for contents, targets, options in [
        (["a"], [0], {}),
        ([], [], {}),
        (["a", "b"], [0, 1], {"folds": 1}),
    ]:
        with pytest.raises(UsageError, match="at least"):
            cross_validate(
                lambda seed: letters(TASK, seed),
                TASK,
                contents,
                np.array(targets),
                seed=0,
                **options,
            )


class KilledError(Exception):
    pass


def test_a_killed_run_goes_on_where_it_stopped(letters, texts_of):
    contents, targets = data(texts_of)
    made = []

    def make(seed):
        made.append(letters(TASK, seed, noise=0.02))
        return made[-1]

    whole = cross_validate(make, TASK, contents, targets, repeats=2, seed=4)
    kept: dict[str, list] = {}

    def stop(what, done, total):
        if done == 7:
            raise KilledError

    with pytest.raises(KilledError):
        cross_validate(make, TASK, contents, targets, repeats=2, seed=4, progress=stop, done=kept)
    assert len(kept) == 7
    kept = json.loads(json.dumps(kept))
    made.clear()
    again = cross_validate(make, TASK, contents, targets, repeats=2, seed=4, done=kept)
    assert sum(one.fitted for one in made) == 3
    assert again == whole


def test_other_settings_or_labels_are_not_taken_for_done(letters, texts_of):
    contents, targets = data(texts_of)
    kept: dict[str, list] = {}
    cross_validate(lambda s: letters(TASK, s), TASK, contents, targets, seed=4, done=kept)
    cross_validate(lambda s: letters(TASK, s, 0.1), TASK, contents, targets, seed=4, done=kept)
    assert len(kept) == 10
    targets = targets.copy()
    targets[0] = 2
    cross_validate(lambda s: letters(TASK, s), TASK, contents, targets, seed=4, done=kept)
    assert len(kept) == 15


def test_progress_is_told(letters, texts_of):
    contents, targets = data(texts_of)
    told = []
    cross_validate(
        lambda seed: letters(TASK, seed),
        TASK,
        contents,
        targets,
        seed=4,
        progress=lambda *step: told.append(step),
    )
    assert told == [("Cross-validation", done, 5) for done in range(6)]
