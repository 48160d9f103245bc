"""The criteria that look at predictions: by hand, and beside small-text and scikit-learn."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score
from stopping_helpers import BINARY, MULTI, THREE, history, sure, wandering

from activellm.stopping import open_criterion
from activellm.stopping.kappa import kappa
from activellm.stopping.predictions import successive

SEEDS = range(12)


def verdicts(criterion, tables, task):
    """What it says after each round."""
    return [
        criterion.judge(history(tables[: number + 1], task=task)) for number in range(len(tables))
    ]


def stops(criterion, tables, task):
    return [verdict.says == "stop" for verdict in verdicts(criterion, tables, task)]


def small_text_stops(criterion, tables, **also):
    """What small-text's criterion says after each round; it keeps the rounds itself."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it divides by zero where nobody is "yes"
        for table in tables:
            given = {name: make(table) for name, make in also.items()}
            found.append(bool(criterion.stop(predictions=table.argmax(axis=1), **given)))
    return found


def both_kinds(found: list[list[bool]]) -> bool:
    """Whether the sequences tried hold both verdicts, so that agreeing means something."""
    flat = [one for each in found for one in each]
    return any(flat) and not all(flat)


class TestBesideSmallText:
    @pytest.mark.parametrize(("threshold", "window"), [(0.99, 3), (0.9, 1), (0.8, 2)])
    def test_kappa(self, threshold: float, window: int) -> None:
        from small_text.stopping_criteria import KappaAverage

        found = []
        for seed in SEEDS:
            tables = wandering(seed, 12)
            theirs = KappaAverage(3, window_size=window, kappa=threshold)
            ours = open_criterion("kappa", threshold=threshold, window=window)
            found.append(stops(ours, tables, THREE))
            assert found[-1] == small_text_stops(theirs, tables), seed
        assert both_kinds(found)

    @pytest.mark.parametrize("threshold", [0.05, 0.2, 0.5])
    def test_overall_uncertainty(self, threshold: float) -> None:
        from small_text.stopping_criteria import OverallUncertainty

        found = []
        for seed in SEEDS:
            tables = wandering(seed, 12)
            theirs = small_text_stops(
                OverallUncertainty(3, threshold=threshold),
                tables,
                proba=lambda table: table,
                indices_stopping=lambda table: np.arange(len(table)),
            )
            found.append(
                stops(open_criterion("overall-uncertainty", threshold=threshold), tables, THREE)
            )
            assert found[-1] == theirs, seed
        assert both_kinds(found)

    @pytest.mark.parametrize("threshold", [0.0, 0.033, 0.11])
    def test_classification_change(self, threshold: float) -> None:
        from small_text.stopping_criteria import ClassificationChange

        found = []
        for seed in SEEDS:
            tables = wandering(seed, 12)
            theirs = ClassificationChange(3, threshold=threshold)
            ours = open_criterion("classification-change", threshold=threshold)
            found.append(stops(ours, tables, THREE))
            assert found[-1] == small_text_stops(theirs, tables), seed
        assert both_kinds(found)

    @pytest.mark.parametrize(("threshold", "window"), [(0.05, 3), (0.1, 1), (0.2, 2)])
    def test_delta_f(self, threshold: float, window: int) -> None:
        from small_text.stopping_criteria import DeltaFScore

        found = []
        for seed in SEEDS:
            tables = wandering(seed, 12, labels=2)
            theirs = DeltaFScore(2, window_size=window, threshold=threshold)
            ours = open_criterion("delta-f", threshold=threshold, window=window, positive="yes")
            found.append(stops(ours, tables, BINARY))
            assert found[-1] == small_text_stops(theirs, tables), seed
        assert both_kinds(found)

    def test_rounds(self) -> None:
        from small_text.stopping_criteria.utility import MaxIterations

        theirs, ours = MaxIterations(4), open_criterion("rounds", most=4)
        tables = wandering(0, 7)
        assert stops(ours, tables, THREE) == small_text_stops(theirs, tables)

    def test_one_answer_to_all_is_where_we_differ(self) -> None:
        from small_text.stopping_criteria import KappaAverage

        tables = [sure([1] * 20)] * 4
        assert small_text_stops(KappaAverage(3), tables)[-1]
        assert verdicts(open_criterion("kappa"), tables, THREE)[-1].says == "cannot say"


ANSWERS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=30)


class TestKappa:
    @given(ANSWERS)
    def test_beside_scikit_learn(self, pairs: list[tuple[int, int]]) -> None:
        one, two = (np.array(each) for each in zip(*pairs, strict=True))
        if np.array_equal(one, two):
            assert kappa(one, two) == 1.0
        else:
            assert kappa(one, two) == pytest.approx(cohen_kappa_score(one, two))

    def test_by_hand(self) -> None:
        # 8 of 10 agree; 6 and 6 of 10 are yes: by chance .36 + .16 = .52; (.8 - .52) / .48
        one = np.array([1, 1, 1, 1, 1, 1, 0, 0, 0, 0])
        two = np.array([1, 1, 1, 1, 1, 0, 1, 0, 0, 0])
        assert kappa(one, two) == pytest.approx(0.28 / 0.48)

    def test_the_text_gives_agreement_and_average(self) -> None:
        answers = [0, 1, 2] * 10
        other = [1, *answers[1:]]
        tables = [sure(each) for each in (answers, answers, answers, other)]
        verdict = open_criterion("kappa").judge(history(tables))
        # the last kappa: 29 of 30 agree, by chance 1/3
        last = 1 - (1 / 30) / (2 / 3)
        assert verdict.value == pytest.approx((2 + last) / 3)
        assert verdict.says == "go on"
        assert verdict.text.startswith(
            "The last two classifiers agree on 96.7\N{NO-BREAK SPACE}% of the answers to 30 texts "
            "of the pool (kappa 0.95)."
        )

    def test_multi_label_counts_every_cell(self) -> None:
        rng = np.random.default_rng(3)
        tables = [rng.random((20, 3)), rng.random((20, 3))]
        value = open_criterion("kappa", window=1).judge(history(tables, task=MULTI)).value
        cells = [(table >= 0.5).ravel() for table in tables]
        assert value == pytest.approx(cohen_kappa_score(*cells))

    def test_three_rounds_are_too_few_for_three_kappas(self) -> None:
        verdict = open_criterion("kappa").judge(history([sure([0, 1, 2])] * 3))
        assert verdict.says == "cannot say"
        assert verdict.text == (
            "4 classifiers in a row are needed whose predictions for the same texts are known; "
            "there are 3."
        )


class TestOverallUncertainty:
    def test_by_hand(self) -> None:
        table = [[0.5, 0.5], [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]
        verdict = open_criterion("overall-uncertainty").judge(history([table], task=BINARY))
        assert verdict.value == pytest.approx(0.5)
        assert verdict.says == "go on"

    def test_multi_label_is_the_mean_over_cells(self) -> None:
        table = [[0.5, 0.0, 1.0], [0.5, 0.5, 1.0]]
        verdict = open_criterion("overall-uncertainty").judge(history([table], task=MULTI))
        assert verdict.value == pytest.approx(0.5)


class TestClassificationChange:
    def test_by_hand(self) -> None:
        tables = [sure([0, 1, 2, 0]), sure([0, 1, 2, 1])]
        verdict = open_criterion("classification-change", threshold=0.25).judge(history(tables))
        assert (verdict.value, verdict.says) == (0.25, "stop")
        assert "1 of 4 texts" in verdict.text

    def test_multi_label_one_changed_label_changes_the_text(self) -> None:
        tables = [[[0.9, 0.9, 0.1], [0.1, 0.1, 0.1]], [[0.9, 0.2, 0.7], [0.1, 0.1, 0.1]]]
        verdict = open_criterion("classification-change").judge(history(tables, task=MULTI))
        assert verdict.value == 0.5


class TestDeltaF:
    def test_by_hand(self) -> None:
        # both yes: 3, only before: 1, only after: 2; 1 - 6 / 9
        before, after = [1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 0, 1, 1, 0, 0]
        tables = [sure(before, 2), sure(after, 2)]
        criterion = open_criterion("delta-f", window=1, positive="yes")
        assert criterion.judge(history(tables, task=BINARY)).value == pytest.approx(1 / 3)

    @pytest.mark.parametrize("task", [THREE, MULTI], ids=["single", "multi-label"])
    def test_the_mean_is_macro_f1_between_the_predictions(self, task) -> None:
        rng = np.random.default_rng(4)
        tables = [rng.random((30, 3)), rng.random((30, 3))]
        value = open_criterion("delta-f", window=1).judge(history(tables, task=task)).value
        one, two = (
            table >= 0.5 if task.multi else np.eye(3)[table.argmax(axis=1)] for table in tables
        )
        assert value == pytest.approx(1 - f1_score(one, two, average="macro"))

    def test_a_label_that_nobody_gets_is_left_out(self) -> None:
        tables = [sure([0, 1, 0, 1])] * 4
        assert open_criterion("delta-f").judge(history(tables)).value == 0.0
        verdict = open_criterion("delta-f", positive="birds").judge(history(tables))
        assert verdict.says == "cannot say"

    def test_an_unknown_label_is_said(self) -> None:
        verdict = open_criterion("delta-f", positive="fish").judge(history(wandering(0, 5)))
        assert verdict.says == "cannot say"
        assert verdict.text == "The task has no label 'fish'; it has cats, dogs and birds."


class TestSuccessive:
    def test_only_rounds_in_a_row_on_the_same_texts_are_compared(self) -> None:
        tables = wandering(1, 5)
        assert len(successive(history(tables), 2).decided) == 5
        gap = [tables[0], None, *tables[2:]]
        assert len(successive(history(gap), 2).decided) == 3
        other = [*wandering(2, 2, texts=10), *tables[2:]]
        found = successive(history(other), 2)
        assert len(found.decided) == 3
        np.testing.assert_array_equal(found.probabilities[-1], tables[-1])
        np.testing.assert_array_equal(found.decided[0], tables[2].argmax(axis=1))

    def test_a_last_round_without_predictions_is_missing(self) -> None:
        given = history(wandering(1, 5))
        without = replace(given.rounds[-1], probabilities=None)
        found = successive(replace(given, rounds=(*given.rounds[:-1], without)), 1)
        assert "there are 0" in found.lacking
