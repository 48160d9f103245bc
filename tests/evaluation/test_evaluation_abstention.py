"""Thresholds for a wanted precision, and what ensembles' disagreement is worth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from activellm.errors import UsageError
from activellm.evaluation.abstention import choose_threshold, lower_bound, sureness
from activellm.evaluation.disagreement import look_at_disagreement
from activellm.task import Label, Task

TASK = Task(description="d", labels=tuple(Label(name=n) for n in "abc"))
MULTI = TASK.model_copy(update={"kind": "multi"})


def drawn(n, seed, easy=6.0):
    """Answers whose probability of being right grows with how sure they are."""
    rng = np.random.default_rng(seed)
    sure = rng.beta(easy, 1, n)
    return sure, rng.random(n) < sure


def test_the_bound_is_the_exact_one():
    for right, answers in [(0, 5), (3, 5), (19, 20), (20, 20)]:
        exact = binomtest(right, answers, alternative="greater").proportion_ci(0.95, "exact")
        assert lower_bound(right, answers, 0.05) == pytest.approx(exact.low, abs=1e-9)


def test_it_answers_as_many_as_the_order_allows():
    sure = np.linspace(0.3, 0.99, 100)
    right = np.arange(100) >= 25
    found = choose_threshold(sure, right, 0.9)
    # The surest 80 hold 5 errors (bound 0.872), the surest 70 none (0.958).
    assert found.shown
    assert found.threshold == pytest.approx(sure[30])
    assert found.coverage.value == pytest.approx(0.7)
    assert found.precision.value == 1.0
    assert found.bound == pytest.approx(lower_bound(70, 70, 0.05))
    assert found.size == 100
    everything = choose_threshold(sure, right, 0.65)
    assert (everything.threshold, everything.coverage.value) == (0.0, 1.0)


def test_the_first_failure_ends_it():
    """Errors between the surest 50 and 60 %: what lies behind them is not looked at."""
    right = np.ones(100, dtype=bool)
    right[41:50] = False
    found = choose_threshold(np.linspace(0.3, 0.99, 100), right, 0.9)
    assert found.coverage.value == pytest.approx(0.5)
    assert lower_bound(91, 100, 0.05) < 0.9
    assert choose_threshold(np.linspace(0.3, 0.99, 100), right, 0.85).coverage.value == 0.5


def test_what_few_texts_cannot_show_is_not_shown():
    sure, right = np.linspace(0.4, 0.99, 32), np.ones(32, dtype=bool)
    found = choose_threshold(sure, right, 0.9)
    assert not found.shown
    assert found.bound == pytest.approx(0.05 ** (1 / 16))
    assert choose_threshold(sure, right, 0.82).shown
    assert choose_threshold(sure, ~right, 0.5).bound == 0.0


def test_equal_probabilities_are_answered_together_or_not_at_all():
    found = choose_threshold(np.full(60, 0.8), np.arange(60) >= 2, 0.85)
    assert found.coverage.value == 1.0
    assert found.precision.value == pytest.approx(58 / 60)


def test_the_promise_is_kept_as_often_as_it_says():
    """Thresholds chosen on 100 texts, looked at on very many: broken in 5 % of the runs at most."""
    many = drawn(100_000, 0)
    promised = broken = 0
    for seed in range(400):
        found = choose_threshold(*drawn(100, 1 + seed), 0.85)
        if found.shown:
            promised += 1
            given = many[0] >= found.threshold
            broken += many[1][given].mean() < 0.85
    assert promised > 150
    assert broken / promised <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / promised)


@pytest.mark.parametrize("wanted", [0.0, 1.0, 90.0, -0.5, float("nan")])
def test_an_impossible_precision(wanted):
    with pytest.raises(UsageError, match="between 0 and 1"):
        choose_threshold(np.ones(3), np.ones(3, dtype=bool), wanted)


def test_without_texts_nothing_is_chosen():
    with pytest.raises(UsageError, match="no texts"):
        choose_threshold(np.ones(0), np.ones(0, dtype=bool), 0.9)


def test_how_sure_a_whole_answer_is():
    said = np.array([[0.7, 0.2, 0.1], [0.1, 0.5, 0.4]])
    np.testing.assert_allclose(sureness(TASK, said), [0.7, 0.5])
    np.testing.assert_allclose(sureness(MULTI, said), [0.7 * 0.8 * 0.9, 0.9 * 0.5 * 0.6])


def test_where_members_agree_and_where_not():
    differing = np.array([0.0, 0.0, 0.0, 0.2, 0.4, 1 / 3])
    right = np.array([True, True, False, True, False, False])
    found = look_at_disagreement(differing, right, "hold-out")
    assert found.differ.value == 0.5
    assert found.agreed is not None
    assert found.differed is not None
    assert (found.agreed.value, found.differed.value) == (
        pytest.approx(2 / 3),
        pytest.approx(1 / 3),
    )
    assert found.spread == (3, 0, 1, 1, 1, 0, 0, 0, 0, 0)
    alike = look_at_disagreement(np.zeros(4), right[:4], "labelled")
    assert (alike.differ.value, alike.differed) == (0.0, None)
