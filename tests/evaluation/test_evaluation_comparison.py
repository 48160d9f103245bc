"""The comparison with random picking: right on average, silent under the null, resumable."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import stats

from activellm.errors import UsageError
from activellm.evaluation import Comparison, LabelledTexts, compare_with_random
from activellm.evaluation.comparison import differences
from activellm.task import Label, Task

TASK = Task(description="d", labels=tuple(Label(name=n) for n in "abc"))


@pytest.fixture
def world(texts_of):
    rng = np.random.default_rng(0)
    targets = rng.choice(3, 100, p=[0.7, 0.2, 0.1])
    tested = rng.choice(3, 150, p=[0.7, 0.2, 0.1])
    candidates = LabelledTexts(texts_of(targets, rng, clear=0.15), targets)
    return candidates, LabelledTexts(texts_of(tested, rng, clear=0.15), tested)


def test_covering_all_labels_beats_random_and_one_label_loses(letters, world):
    candidates, test = world
    by_label = [np.flatnonzero(candidates.targets == label) for label in range(3)]
    even = np.concatenate([rows[:5] for rows in by_label]).tolist()
    alone = by_label[2][:8].tolist()

    def compare(picks):
        return compare_with_random(
            lambda seed: letters(TASK, seed), TASK, candidates, picks, test, draws=25, seed=1
        )

    good, bad = compare(even), compare(alone)
    assert good.macro_f1.beaten > 12.5
    assert bad.macro_f1.verdict == "worse"
    assert bad.sentence == "Worse than random picking."
    assert bad.macro_f1.difference == pytest.approx(bad.macro_f1.picks - bad.macro_f1.random)
    assert bad.macro_f1.random == pytest.approx(np.mean(bad.macro_f1.draws))
    assert (good.n, good.candidates, good.draws, good.test_texts) == (15, 100, 25, 150)


def test_under_the_null_a_difference_is_seldom_claimed(letters, texts_of):
    """The picks are one more random draw; the interval should leave out 0 in some 5 of 100."""
    rng = np.random.default_rng(7)
    claims = {"accuracy": 0, "macro-F1": 0}
    worlds = 80
    for _ in range(worlds):
        targets, tested = rng.integers(0, 3, 60), rng.integers(0, 3, 100)
        contents, test = texts_of(targets, rng), texts_of(tested, rng)
        predictions = []
        for _ in range(21):
            rows = rng.permutation(60)[:12]
            model = letters(TASK).fit([contents[i] for i in rows], targets[rows])
            predictions.append([model.predict(test)])
        for found in differences(TASK, tested, predictions, rng):
            claims[found.metric] += found.verdict != "no evidence"
    for claimed in claims.values():
        # Within what a binomial of 5 % gives, generously.
        assert claimed <= stats.binom.ppf(0.999, worlds, 0.05)
    assert sum(claims.values()) > 0


def test_the_interval_is_the_t_prediction_interval_when_draws_vary_more_than_texts():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 4000)
    rates = rng.uniform(0.5, 0.9, 22)
    predictions = [[np.where(rng.random(4000) < rate, truth, (truth + 1) % 3)] for rate in rates]
    accuracy, _ = differences(TASK, truth, predictions, rng)
    values = [np.mean(one[0] == truth) for one in predictions]
    draws = np.array(values[1:])
    half = stats.t.ppf(0.975, 20) * draws.std(ddof=1) * np.sqrt(1 + 1 / 21)
    assert accuracy.difference == pytest.approx(values[0] - draws.mean())
    assert accuracy.high - accuracy.low == pytest.approx(2 * half)


def test_equal_draws_do_not_make_a_sure_difference_of_few_texts():
    """All draws agree, so their spread is 0; only the test texts can say how sure we are."""
    truth = np.zeros(20, dtype=np.int64)
    one_wrong = truth.copy()
    one_wrong[0] = 1
    predictions = [[truth]] + [[one_wrong]] * 20
    accuracy, _ = differences(TASK, truth, predictions, np.random.default_rng(0))
    assert accuracy.difference == pytest.approx(0.05)
    assert accuracy.verdict == "no evidence"


def test_equal_results_show_no_difference():
    truth = np.array([0, 1, 2] * 5)
    predictions = [[truth]] * 21
    accuracy, macro_f1 = differences(TASK, truth, predictions, np.random.default_rng(0))
    assert accuracy.verdict == macro_f1.verdict == "no evidence"
    assert accuracy.beaten == 10.0


def test_draws_are_many_distinct_and_all_seeds_are_used(letters, world):
    candidates, test = world
    trained = []

    class Watched(letters):
        def fit(self, contents, targets, *, progress=None):
            trained.append((self.seed, tuple(contents)))
            return super().fit(contents, targets)

    found = compare_with_random(
        lambda seed: Watched(TASK, seed, 0.05), TASK, candidates, [3, 1, 2], test, seeds=2, seed=5
    )
    assert found.seeds == 2
    sets = {contents for _, contents in trained}
    assert len(sets) == 21
    assert {len(set(contents)) for contents in sets} == {3}
    seeds = {seed for seed, _ in trained}
    assert len(seeds) == 2
    assert sorted(trained) == sorted((seed, contents) for seed in seeds for contents in sets)


def test_a_killed_comparison_goes_on(letters, world):
    candidates, test = world
    made = []

    def make(seed):
        made.append(letters(TASK, seed, 0.05))
        return made[-1]

    whole = compare_with_random(make, TASK, candidates, range(8), test, seed=5)
    kept: dict[str, list] = {}

    class KilledError(Exception):
        pass

    def stop(what, done, total):
        if done == 9:
            raise KilledError

    with pytest.raises(KilledError):
        compare_with_random(
            make, TASK, candidates, range(8), test, seed=5, done=kept, progress=stop
        )
    assert len(kept) == 9
    made.clear()
    kept = json.loads(json.dumps(kept))
    assert compare_with_random(make, TASK, candidates, range(8), test, seed=5, done=kept) == whole
    assert sum(one.fitted for one in made) == 12


@pytest.mark.parametrize(
    ("picks", "options"),
    [([], {}), ([1, 1], {}), ([100], {}), ([-1], {}), ([1], {"draws": 19}), ([1], {"seeds": 0})],
)
def test_what_cannot_be_compared_is_refused(letters, world, picks, options):
    candidates, test = world
    with pytest.raises(UsageError):
        compare_with_random(
            lambda seed: letters(TASK, seed), TASK, candidates, picks, test, seed=0, **options
        )


def test_json_round_trip(letters, world):
    candidates, test = world
    found = compare_with_random(
        lambda seed: letters(TASK, seed), TASK, candidates, range(6), test, seed=0
    )
    adapter = TypeAdapter(Comparison)
    assert adapter.validate_json(adapter.dump_json(found)) == found
