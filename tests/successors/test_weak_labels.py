"""Weak labels teach where people's labels show that the query model is right, and only there."""

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from successor_contract import SENTIMENT, TARGETS, TEXTS, UNSEEN, SuccessorContract, task_of

from activellm.encoders import open_encoder
from activellm.errors import UsageError
from activellm.evaluation import cross_validate
from activellm.successors import load_successor, make_successor
from activellm.successors.linear import Linear
from activellm.successors.trust import deal, fit_blend, gain_of_judge
from activellm.successors.weak import TOTAL, WeakLabels, WeaklyTaught
from activellm.task import Task

OTHERS = [f"{word} {thing}" for word in ("water", "road", "light", "bus") for thing in "abcdefgh"]
"""Texts that people did not label; the first half is positive, says a judge that knows."""


class Heard(Linear):
    """Keeps what it was taught."""

    lessons: ClassVar[list[tuple[list[Any], np.ndarray, np.ndarray | None]]] = []

    def fit(self, contents: Any, targets: Any, *, weights: Any = None, **more: Any) -> Any:
        self.lessons.append((list(contents), targets.copy(), weights))
        return super().fit(contents, targets, weights=weights, **more)


def said(right: float, labels: int = 2, seed: int = 0) -> WeakLabels:
    """What a judge says that is right so often about people's texts, and sure of the others."""
    rng = np.random.default_rng(seed)
    gold = [*TARGETS.tolist(), *(int(row >= len(OTHERS) // 2) for row in range(len(OTHERS)))]
    rows = []
    for row, (text, label) in enumerate(zip([*TEXTS, *OTHERS], gold, strict=True)):
        told = label if rng.random() < right else 1 - label
        chances = np.full(labels, 0.1 / max(labels - 1, 1))
        chances[told] = 0.9
        rows.append((text, chances.tolist(), row >= len(TEXTS)))
    return WeakLabels.of(rows)


@pytest.fixture
def wrap(tiny: Path) -> Any:
    encoder = open_encoder(str(tiny), device="cpu")

    def make(weak: WeakLabels, task: Task = SENTIMENT, **options: Any) -> WeaklyTaught:
        def checker() -> Linear:
            return Linear(task, seed=0, encoder=encoder)

        Heard.lessons.clear()
        inner = Heard(task, seed=0, encoder=encoder)
        return WeaklyTaught(inner, weak, checker=checker, **options)

    return make


class TestWeaklyTaughtIsASuccessor(SuccessorContract):
    """All that holds of the inner one holds with weak labels around it."""

    name = "linear"
    quick = {"C": 1e4}  # noqa: RUF012
    variants = {"C": 3.0, "class_weights": "balanced", "long_texts": "windows"}  # noqa: RUF012
    wrong = [{"C": 0}]  # noqa: RUF012

    @pytest.fixture
    def make(self, tiny: Path) -> Any:
        encoder = open_encoder(str(tiny), device="cpu")

        def maker(task: Task = SENTIMENT, seed: int = 3, **settings: Any) -> WeaklyTaught:
            options = {**self.quick, "encoder": encoder, **settings}
            inner = make_successor(self.name, task, seed=seed, **options)
            weak = said(1.0, len(task.label_names))
            return WeaklyTaught(inner, weak, checker=lambda: Linear(task, seed=0, encoder=encoder))

        return maker

    def test_saved_and_loaded_it_predicts_the_same(self, make: Any, tmp_path: Path) -> None:
        model = make().fit(TEXTS[:9], TARGETS[:9])
        assert model.trust.used
        model.save(tmp_path)
        loaded = load_successor(tmp_path, device="cpu")
        assert type(loaded) is Linear
        np.testing.assert_array_equal(loaded.predict_proba(UNSEEN), model.predict_proba(UNSEEN))
        assert dict(loaded.settings()) == dict(model.inner.settings())


def test_a_judge_that_is_right_teaches_what_people_did_not_label(wrap: Any) -> None:
    model = wrap(said(1.0)).fit(TEXTS, TARGETS)
    assert model.trust.used
    assert model.trust.judge > 0
    assert model.trust.gain > 0
    assert (model.trust.checked, model.trust.texts) == (len(TEXTS), len(OTHERS))
    assert [(one.said, one.right) for one in model.trust.labels] == [(6, 6), (6, 6)]
    right = np.arange(len(OTHERS)) >= len(OTHERS) // 2
    alone = Linear(SENTIMENT, seed=0, encoder=model.inner.encoder).fit(TEXTS, TARGETS)
    assert (model.predict(OTHERS) == right).mean() > (alone.predict(OTHERS) == right).mean() + 0.2


@pytest.mark.parametrize("right", [0.0, 0.5])
def test_a_judge_that_is_wrong_or_guesses_teaches_nothing(wrap: Any, right: float) -> None:
    model = wrap(said(right)).fit(TEXTS, TARGETS)
    assert not model.trust.used
    assert "add nothing" in model.trust.reason
    assert model.trust.texts == model.trust.weight == 0
    alone = Linear(SENTIMENT, seed=0, encoder=model.inner.encoder).fit(TEXTS, TARGETS)
    np.testing.assert_array_equal(model.predict_proba(OTHERS), alone.predict_proba(OTHERS))
    assert [texts for texts, _, _ in Heard.lessons] == [TEXTS]


def test_without_the_gate_a_judge_that_guesses_has_little_say(wrap: Any) -> None:
    open_gate = wrap(said(0.5), gate=False).fit(TEXTS, TARGETS).trust
    assert open_gate.used
    assert open_gate.judge < wrap(said(1.0)).fit(TEXTS, TARGETS).trust.judge


def test_people_keep_their_labels_and_weigh_what_they_did(wrap: Any) -> None:
    weights = np.linspace(0.5, 2.0, 12)
    wrap(said(1.0)).fit(TEXTS, TARGETS, weights=weights)
    texts, targets, all_weights = Heard.lessons[-1]
    assert texts[:12] == TEXTS
    np.testing.assert_array_equal(targets[:12], TARGETS)
    np.testing.assert_array_equal(all_weights[:12], weights)
    assert set(texts[12:]) == set(OTHERS)
    weak = all_weights[12:].sum()
    assert weak == pytest.approx(min(TOTAL * weights.sum(), len(OTHERS)))


def test_a_text_that_a_person_labelled_has_no_weak_label(wrap: Any) -> None:
    weak = said(1.0)
    all_teach = WeakLabels(weak.contents, weak.judged, np.ones(len(weak.contents), dtype=np.bool_))
    wrap(all_teach).fit([*TEXTS, OTHERS[0]], np.append(TARGETS, 1))
    texts, targets, _ = Heard.lessons[-1]
    assert texts.count(OTHERS[0]) == 1
    assert targets[texts.index(OTHERS[0])] == 1
    assert all(texts.count(text) == 1 for text in TEXTS)


def test_texts_that_are_predicted_in_cross_validation_do_not_teach(wrap: Any) -> None:
    weak, made = said(1.0), []

    def make(seed: int) -> WeaklyTaught:
        made.append(seed)
        return WeaklyTaught(
            Heard(SENTIMENT, seed=seed, encoder=encoder),
            weak,
            checker=lambda: Linear(SENTIMENT, seed=seed, encoder=encoder),
        )

    encoder = wrap(weak).inner.encoder
    found = cross_validate(make, SENTIMENT, TEXTS, TARGETS, folds=3, seed=0)
    assert found.size == len(TEXTS)
    assert len(Heard.lessons) == 3
    for texts, _, _ in Heard.lessons:
        assert len(set(texts) & set(TEXTS)) == 8
        assert set(OTHERS) <= set(texts)


def test_no_weak_label_names_a_label_that_people_never_gave(wrap: Any) -> None:
    task = task_of("pos", "neg", "odd")
    rows = [
        (text, [0.8, 0.1, 0.1] if row % 2 == 0 else [0.1, 0.8, 0.1], False)
        for row, text in enumerate(TEXTS)
    ]
    rows += [(text, [0.1, 0.2, 0.7], True) for text in OTHERS]
    model = wrap(WeakLabels.of(rows), task).fit(TEXTS, TARGETS)
    assert model.trust.used
    assert 2 not in Heard.lessons[-1][1]
    assert (model.predict_proba(OTHERS)[:, 2] == 0).all()
    assert any("No example of 'odd'" in warning for warning in model.warnings)


def test_too_few_of_peoples_labels_tell_nothing(wrap: Any) -> None:
    for texts, targets in ((TEXTS[:4], TARGETS[:4]), (UNSEEN, np.array([0, 1, 0, 1, 0]))):
        trust = wrap(said(1.0)).fit(texts, targets).trust
        assert not trust.used
        assert "too few" in trust.reason
    weak = said(1.0)
    nothing = WeakLabels(weak.contents, weak.judged, np.zeros_like(weak.teaches))
    assert "did not label" in wrap(nothing).fit(TEXTS, TARGETS).trust.reason


def test_what_is_saved_counts_people_and_tells_of_weak_labels(wrap: Any, tmp_path: Path) -> None:
    wrap(said(1.0)).fit(TEXTS, TARGETS).save(tmp_path)
    facts = json.loads((tmp_path / "activellm.json").read_text())
    assert facts["label_counts"] == {"pos": 6, "neg": 6}
    assert facts["texts"] == 12
    assert facts["weak"]["used"]
    assert facts["weak"]["texts"] == len(OTHERS)
    assert facts["weak"]["labels"][0]["right"] == 6
    for text in OTHERS:
        assert text not in (tmp_path / "activellm.json").read_text()


def test_settings_tell_one_judge_from_another(wrap: Any) -> None:
    first, second = wrap(said(1.0)), wrap(said(0.5))
    assert json.dumps(dict(first.settings())) == json.dumps(dict(wrap(said(1.0)).settings()))
    assert dict(first.settings()) != dict(second.settings())
    assert dict(first.settings()) != dict(wrap(said(1.0), gate=False).settings())
    with pytest.raises(UsageError, match="load_successor"):
        WeaklyTaught.load(Path())


def test_of_a_text_said_twice_the_last_counts_and_no_answer_is_left_out() -> None:
    weak = WeakLabels.of(
        [
            ("a", [0.9, 0.1], False),
            ("b", [np.nan, np.nan], True),
            ("c", [0.5, 0.5], True),
            ("a", [0.2, 0.8], True),
        ]
    )
    assert weak.contents == ("a", "c")
    np.testing.assert_array_equal(weak.judged, [[0.2, 0.8], [0.5, 0.5]])
    assert weak.teaches.tolist() == [False, True]


def test_a_blend_learns_whom_to_believe_and_whither_a_judge_leans() -> None:
    rng = np.random.default_rng(0)
    targets = rng.integers(2, size=400)
    knows = np.where(rng.random(400) < 0.9, targets, 1 - targets)
    guesses = rng.integers(2, size=400)
    told = {"knows": knows, "guesses": guesses}
    voice = {name: np.where(np.eye(2)[one] > 0, 0.8, 0.2) for name, one in told.items()}
    ones, fold_of = np.ones(400), deal(targets, range(400), rng)
    good = fit_blend(voice["knows"], voice["guesses"], targets, ones)
    assert good.judge > 1.2
    assert good.own < 0.3
    # Right nine times in ten, it may claim nine to one; it claimed four to one.
    assert good.judge == pytest.approx(np.log(9) / np.log(4), abs=0.25)
    assert gain_of_judge(voice["knows"], voice["guesses"], targets, ones, fold_of) > 0.2
    assert gain_of_judge(voice["guesses"], voice["knows"], targets, ones, fold_of) < 0.01
    rare = (targets == 1) & (rng.random(400) < 0.2)
    part = np.flatnonzero((targets == 0) | rare)
    even = np.full((len(part), 2), 0.5)
    leaning = fit_blend(even, even, targets[part], np.ones(len(part)))
    assert leaning.lean[0] > leaning.lean[1] + 0.8


def test_repeats_of_a_text_are_in_one_fold() -> None:
    targets = np.array([0, 1, 0, 1, 0, 1, 0, 1])
    fold_of = deal(targets, list("aabbccdd"), np.random.default_rng(0))
    assert (fold_of[::2] == fold_of[1::2]).all()
    assert len(set(fold_of.tolist())) == 4
