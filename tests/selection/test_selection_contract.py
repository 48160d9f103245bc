"""What every query strategy must do; each inherits these tests."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter
from selection_helpers import GIVEN, MULTI, PAIR, TASK, Scripted, context, model, texts

from activellm.errors import UnknownNameError, UsageError
from activellm.pool.example import Example
from activellm.selection import STRATEGIES, Labelled, Selection, open_strategy
from activellm.selection.contract import NEEDS


class StrategyContract:
    """Subclass it with the strategy's name; all of it must hold."""

    name: str
    options: dict[str, Any] = {}  # noqa: RUF012
    seed_matters = True
    takes_multi = True

    def select(self, *args: Any, n: int = 8, **changes: Any) -> Selection:
        if "labels" in STRATEGIES.get(self.name).needs:
            changes = {"labelled": GIVEN} | changes
        return open_strategy(self.name, **self.options).select(context(*args, **changes), n)

    def test_says_what_it_is(self):
        kind = STRATEGIES.get(self.name)
        assert kind.name == self.name
        assert kind.needs <= set(NEEDS)
        assert "successor" in kind.needs or not kind.needs & {"samples", "features"}
        assert kind.source

    @pytest.mark.parametrize("n", [1, 2, 7, 39])
    def test_exactly_n_distinct_candidates_with_reasons(self, n):
        chosen = self.select(n=n)
        assert len(set(chosen.ids)) == len(chosen.ids) == n
        assert set(chosen.ids) <= {example.id for example in texts(40)}
        assert all(pick.reason for pick in chosen.picks)
        assert chosen.strategy == self.name
        assert chosen.explanation

    def test_same_seed_same_selection(self):
        assert self.select(seed=3) == self.select(seed=3)

    def test_another_seed_may_choose_otherwise(self):
        found = {self.select(60, seed=seed, n=5).ids for seed in range(8)}
        assert len(found) > 1 or not self.seed_matters

    def test_context_is_left_as_it_was(self):
        given = context(24, labelled=(Labelled(texts(30)[29], ("dogs",)),))
        vectors = given.vectors.copy()
        before = copy.copy((given.task, given.candidates, given.labelled))
        open_strategy(self.name, **self.options).select(given, 5)
        assert (given.task, given.candidates, given.labelled) == before
        np.testing.assert_array_equal(given.vectors, vectors)

    def test_global_randomness_is_left_alone(self):
        np.random.seed(1)
        before = np.random.get_state()[1].copy()
        self.select()
        np.testing.assert_array_equal(np.random.get_state()[1], before)

    @pytest.mark.parametrize("n", [0, -1, 41])
    def test_impossible_number_names_both_numbers(self, n):
        with pytest.raises(UsageError, match=rf"{n} picks.*40 candidates"):
            self.select(n=n)

    def test_no_candidates(self):
        with pytest.raises(UsageError, match="0 candidates"):
            self.select(candidates=(), n=1)

    def test_all_candidates(self):
        assert set(self.select(9, n=9).ids) == {f"id-{index}" for index in range(9)}

    def test_one_candidate(self):
        assert self.select(1, n=1).ids == ("id-0",)

    def test_identical_texts(self):
        same = tuple(Example(id=f"same-{index}", text="the very same cats") for index in range(12))
        assert len(set(self.select(candidates=same, n=7).ids)) == 7

    def test_strange_texts(self):
        strange = ("", " ", "\x00\x1b[31m", "\ud800", "العربية", "1, 2, 3", '</s>\n\n2: "x"', "🙂")
        odd = tuple(Example(id=f"odd-{i}", text=text) for i, text in enumerate(strange))
        assert len(set(self.select(candidates=odd, n=5).ids)) == 5

    @pytest.mark.parametrize("task", [MULTI, PAIR], ids=["multi-label", "pair"])
    def test_other_kinds_of_task(self, task):
        if task.multi and not self.takes_multi:
            with pytest.raises(UsageError, match=r"multi-label.*Use '"):
                self.select(task=task)
            return
        assert len(set(self.select(task=task).ids)) == 8

    def test_labelled_examples_are_never_picked(self):
        done = tuple(Labelled(example, ("cats",)) for example in texts(50)[40:])
        chosen = self.select(labelled=done, n=20)
        assert not set(chosen.ids) & {one.example.id for one in done}

    @pytest.mark.parametrize(
        ("need", "field", "place"),
        [
            ("model", "open_model", "--llm"),
            ("embeddings", "embed", "--encoder"),
            ("labels", "labelled", "--strategy"),
            ("successor", "open_successor", "--schedule"),
            ("surprisals", "surprise", "--encoder"),
        ],
    )
    def test_unmet_need_is_a_clear_error(self, need, field, place):
        nothing = () if field == "labelled" else None
        if need in STRATEGIES.get(self.name).needs:
            with pytest.raises(UsageError, match=place):
                self.select(**{field: nothing})
        else:
            assert len(self.select(**{field: nothing}).ids) == 8

    @pytest.mark.parametrize(("need", "method"), [("samples", "sample_proba"), ("features",) * 2])
    def test_successor_that_cannot_do_it_is_a_clear_error(self, need, method):
        class Without(Scripted):
            pass

        setattr(Without, method, None)
        if need in STRATEGIES.get(self.name).needs:
            with pytest.raises(UsageError, match="--successor"):
                self.select(open_successor=lambda: Without(TASK))
        else:
            assert len(self.select(open_successor=lambda: Without(TASK)).ids) == 8

    def test_selection_survives_json(self):
        kind = TypeAdapter(Selection)
        chosen = self.select()
        assert kind.validate_json(kind.dump_json(chosen)) == chosen

    def test_unknown_option(self):
        with pytest.raises(UsageError, match="no option 'colour'"):
            open_strategy(self.name, colour="red")


class TestRandom(StrategyContract):
    name = "random"


class TestKMeans(StrategyContract):
    name = "kmeans"


class TestCoreset(StrategyContract):
    name = "coreset"
    seed_matters = False


class TestTypiClust(StrategyContract):
    name = "typiclust"


class TestProbCover(StrategyContract):
    name = "probcover"


class TestDiscriminative(StrategyContract):
    name = "discriminative"


class TestAlps(StrategyContract):
    name = "alps"


class TestCoverage(StrategyContract):
    name = "coverage"


class TestEntropy(StrategyContract):
    name = "entropy"
    seed_matters = False


class TestLeastConfidence(StrategyContract):
    name = "least-confidence"
    seed_matters = False


class TestBreakingTies(StrategyContract):
    name = "breaking-ties"
    seed_matters = False


class TestBald(StrategyContract):
    name = "bald"


class TestBatchBald(StrategyContract):
    name = "batchbald"
    takes_multi = False


class TestBadge(StrategyContract):
    name = "badge"


class TestCal(StrategyContract):
    name = "cal"
    seed_matters = False


class TestBalancedEntropy(StrategyContract):
    name = "balanced-entropy"
    seed_matters = False
    takes_multi = False


class TestBalancedLeastConfidence(StrategyContract):
    name = "balanced-least-confidence"
    seed_matters = False
    takes_multi = False


class TestBalancedBreakingTies(StrategyContract):
    name = "balanced-breaking-ties"
    seed_matters = False
    takes_multi = False


class TestBalancedBald(StrategyContract):
    name = "balanced-bald"
    takes_multi = False


class TestAuto(StrategyContract):
    name = "auto"


class TestHybrid(StrategyContract):
    name = "hybrid"


class TestHybridWithUncertainty(StrategyContract):
    name = "hybrid"
    options = {"uncertainty": 0.3}  # noqa: RUF012


class TestListwise(StrategyContract):
    name = "listwise"

    @pytest.mark.parametrize("prompt", ["a1", "a3", "b1", "b3"])
    def test_other_prompts(self, prompt):
        assert len(open_strategy("listwise", prompt=prompt).select(context(), 6).ids) == 6


def test_every_strategy_has_its_contract_test():
    tested = {kind.name for kind in StrategyContract.__subclasses__()}
    assert tested == set(STRATEGIES.names())


def test_unknown_strategy_lists_the_known():
    with pytest.raises(
        UnknownNameError, match=r"Did you mean 'kmeans'.*auto, .*coverage, .*kmeans"
    ):
        open_strategy("kmean")


def test_random_draws_each_candidate_equally_often():
    rng = np.random.default_rng(5)
    counts = dict.fromkeys((f"id-{index}" for index in range(10)), 0)
    for _ in range(2000):
        for id in open_strategy("random").select(context(10, rng=rng), 3).ids:
            counts[id] += 1
    expected = 2000 * 3 / 10
    spread = (2000 * 0.3 * 0.7) ** 0.5
    assert all(abs(count - expected) < 4.5 * spread for count in counts.values())


def test_the_helpers_make_what_they_promise():
    asked = model()
    chosen = open_strategy("listwise").select(context(30, open_model=lambda: asked), 6)
    assert chosen.health.shown == 30
    assert not chosen.health.filled
    assert replace(context(), task=TASK).task is TASK
