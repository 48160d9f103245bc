"""What every stopping criterion must do; each inherits these tests."""

from __future__ import annotations

import copy
import inspect
import json
import re
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from stopping_helpers import BINARY, MULTI, THREE, estimate, history, sure, wandering

from activellm.errors import UsageError
from activellm.stopping import CRITERIA, History, Verdict, open_criterion
from activellm.stopping.contract import NEEDS

CURVE = [0.5, 0.58, 0.62, 0.65, 0.66, 0.67, 0.68, 0.685]


def full(rounds: int = 8, **changes: Any) -> History:
    return history(wandering(1, rounds), CURVE[:rounds], **changes)


class CriterionContract:
    """Subclass it with the criterion's name; all of it must hold."""

    name: str
    options: dict[str, Any] = {}  # noqa: RUF012
    variants: dict[str, Any] = {}  # noqa: RUF012
    """Another value of each option, which must change the criterion."""
    wrong: tuple[dict[str, Any], ...] = ()

    def judge(self, given: History, **options: Any) -> Verdict:
        return open_criterion(self.name, **{**self.options, **options}).judge(given)

    def check(self, verdict: Verdict) -> None:
        assert verdict.criterion == self.name
        assert verdict.says in ("stop", "go on", "cannot say")
        assert re.fullmatch(r"[A-Z0-9].*\.", verdict.text), verdict.text
        assert "nan" not in verdict.text
        assert json.loads(json.dumps(asdict(verdict), allow_nan=False)) == asdict(verdict)
        for number in (verdict.value, verdict.threshold):
            assert number is None or type(number) is float
        assert verdict.says == "cannot say" or verdict.value is not None

    def test_says_what_it_is(self) -> None:
        kind = CRITERIA.get(self.name)
        assert kind.name == self.name
        assert kind.needs <= set(NEEDS)
        assert kind.source

    @pytest.mark.parametrize("rounds", range(9))
    def test_a_verdict_in_words_after_any_round(self, rounds: int) -> None:
        self.check(self.judge(full(rounds)))

    def test_no_round_is_no_reason_to_stop(self) -> None:
        assert self.judge(history()).says != "stop"

    def test_nothing_but_counts(self) -> None:
        verdict = self.judge(history(size=5))
        self.check(verdict)
        assert verdict.says == "cannot say" or not CRITERIA.get(self.name).needs - {"cost"}

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_what_is_no_number(self, bad: float) -> None:
        given = full()
        last = given.rounds[-1]
        table = last.probabilities.copy()
        table[3, 1] = bad
        spoilt = replace(
            last,
            probabilities=table,
            macro_f1=estimate(bad),
            accuracy=estimate(bad),
            seconds=np.nan,
            cost=np.nan,
        )
        self.check(self.judge(replace(given, rounds=(*given.rounds[:-1], spoilt))))
        everywhere = tuple(
            replace(one, probabilities=table * bad, macro_f1=estimate(bad), accuracy=estimate(bad))
            for one in given.rounds
        )
        verdict = self.judge(replace(given, rounds=everywhere))
        self.check(verdict)
        assert verdict.says == "cannot say" or not CRITERIA.get(self.name).needs - {"cost"}

    def test_identical_rounds(self) -> None:
        one = full(1).rounds[0]
        self.check(self.judge(replace(full(), rounds=(one,) * 6)))

    def test_the_history_is_left_as_it_was(self) -> None:
        given = full()
        before = copy.deepcopy(given)
        for one in given.rounds:
            one.probabilities.setflags(write=False)
        self.judge(given)
        assert given == before
        for one, other in zip(given.rounds, before.rounds, strict=True):
            np.testing.assert_array_equal(one.probabilities, other.probabilities)

    def test_same_history_same_verdict(self) -> None:
        criterion = open_criterion(self.name, **self.options)
        first = criterion.judge(full(5))
        criterion.judge(full(8, task=THREE))
        criterion.judge(history())
        assert criterion.judge(full(5)) == first

    def test_global_randomness_is_left_alone(self) -> None:
        np.random.seed(1)
        before = np.random.get_state()[1].copy()
        self.judge(full())
        np.testing.assert_array_equal(np.random.get_state()[1], before)

    @pytest.mark.parametrize("task", [BINARY, MULTI], ids=["binary", "multi-label"])
    def test_other_kinds_of_task(self, task: Any) -> None:
        tables = wandering(2, 8, labels=len(task.label_names))
        self.check(self.judge(history(tables, CURVE, task=task)))

    def test_a_classifier_that_answers_all_alike_is_not_settled(self) -> None:
        verdict = self.judge(history([sure([1] * 30)] * 6, size=6))
        self.check(verdict)
        if "predictions" in CRITERIA.get(self.name).needs:
            assert verdict.says == "cannot say"
            assert "same answer" in verdict.text

    def test_empty_and_alien_probabilities(self) -> None:
        for table in (np.zeros((0, 3)), np.zeros((5, 2)), np.zeros(3)):
            self.check(self.judge(history([table] * 5)))

    def test_the_stop_set_may_change(self) -> None:
        tables = [*wandering(1, 4), *wandering(1, 1, texts=30)]
        self.check(self.judge(history(tables)))

    def test_every_option_is_tested(self) -> None:
        options = set(inspect.signature(CRITERIA.get(self.name)).parameters)
        assert set(self.variants) == options
        plain = vars(open_criterion(self.name, **self.options))
        for option, value in self.variants.items():
            changed = open_criterion(self.name, **{**self.options, option: value})
            assert vars(changed) != plain, option

    def test_wrong_options_are_refused(self) -> None:
        assert self.wrong
        for options in self.wrong:
            with pytest.raises(UsageError, match=f"--stopping.*{self.name}"):
                open_criterion(self.name, **{**self.options, **options})
        with pytest.raises(UsageError, match="no option 'colour'"):
            open_criterion(self.name, colour="red")


class TestBudget(CriterionContract):
    name = "budget"
    options = {"labels": 100}  # noqa: RUF012
    variants = {"labels": 50, "cost": 1.0, "tokens": 10}  # noqa: RUF012
    wrong = ({"labels": 0}, {"cost": -1.0}, {"tokens": "many"}, {"labels": None})


class TestRounds(CriterionContract):
    name = "rounds"
    options = {"most": 4}  # noqa: RUF012
    variants = {"most": 5}  # noqa: RUF012
    wrong = ({"most": 0}, {"most": 2.5}, {"most": True}, {"most": "two"})


class TestTime(CriterionContract):
    name = "time"
    options = {"seconds": 300}  # noqa: RUF012
    variants = {"seconds": 400.5}  # noqa: RUF012
    wrong = ({"seconds": -1}, {"seconds": float("nan")}, {"seconds": float("inf")})


class TestKappa(CriterionContract):
    name = "kappa"
    variants = {"threshold": 0.9, "window": 2}  # noqa: RUF012
    wrong = ({"threshold": 1.1}, {"window": 0}, {"window": 1.5}, {"threshold": "high"})


class TestOverallUncertainty(CriterionContract):
    name = "overall-uncertainty"
    variants = {"threshold": 0.2}  # noqa: RUF012
    wrong = ({"threshold": -0.1}, {"threshold": 1.5})


class TestClassificationChange(CriterionContract):
    name = "classification-change"
    variants = {"threshold": 0.1}  # noqa: RUF012
    wrong = ({"threshold": -0.1}, {"threshold": 1.5})


class TestDeltaF(CriterionContract):
    name = "delta-f"
    variants = {"threshold": 0.1, "window": 2, "positive": "dogs"}  # noqa: RUF012
    wrong = ({"threshold": -0.1}, {"window": 0})


class TestLearningCurve(CriterionContract):
    name = "learning-curve"
    variants = {"threshold": 0.02, "level": 0.9, "measure": "accuracy"}  # noqa: RUF012
    wrong = ({"threshold": -0.1}, {"level": 1.0}, {"measure": "auc"})


def test_every_criterion_has_its_contract_test() -> None:
    tested = {kind.name for kind in CriterionContract.__subclasses__()}
    assert tested == set(CRITERIA.names())
