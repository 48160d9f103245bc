from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from successor_contract import (
    BAD,
    GOOD,
    MULTI,
    PAIR,
    SENTIMENT,
    TARGETS,
    TEXTS,
    SuccessorContract,
    task_of,
)

from activellm.errors import DataError, UsageError
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.successors import Judge, Successor, load_successor, make_successor
from activellm.successors.zero_shot import ZeroShot
from activellm.task import Task

_KIND = ("good", "great", "nice", "lovely", "fine")
_UNKIND = ("bad", "awful", "dull", "poor", "sad")


def opinion(label: str, content: Content) -> float:
    """How well a label fits a text: the words of a text decide it, and a liking for "pos"."""
    if not isinstance(content, str):
        return 2.0 if (label == "same") == (content[0] == content[1]) else 0.0
    words = content.split()
    kind = sum(word in _KIND for word in words) - sum(word in _UNKIND for word in words)
    liking = {"pos": 1.0, "film": 2.0 * ("film" in words)}.get(label, 0.0)
    return {"pos": 2.0, "neg": -2.0}.get(label, 0.0) * np.tanh(kind) + liking


def judge_of(task: Task, silent_on: Sequence[Content] = ()) -> Judge:
    """A query model that reads words; it gives no answer to some texts."""

    def ask(contents: Sequence[Content], progress: Progress) -> np.ndarray:
        found = np.zeros((len(contents), len(task.labels)))
        for row, content in enumerate(contents):
            found[row] = [np.exp(opinion(name, content)) for name in task.label_names]
            progress("Judging", row + 1, len(contents))
            if content in silent_on:
                found[row] = np.nan
        return found / found.sum(axis=1, keepdims=True)

    return ask


class TestZeroShot(SuccessorContract):
    name = "zero-shot"
    quick: ClassVar[dict[str, Any]] = {}
    variants: ClassVar[dict[str, Any]] = {}
    wrong: ClassVar[list[dict[str, Any]]] = []

    @pytest.fixture
    def make(self) -> Callable[..., Successor]:
        def maker(task: Task = SENTIMENT, seed: int = 3, **settings: Any) -> Successor:
            return make_successor(self.name, task, seed=seed, judge=judge_of(task), **settings)

        return maker

    @pytest.fixture
    def load(self) -> Callable[[Path], Successor]:
        def loader(folder: Path) -> Successor:
            task = load_successor(folder).task
            return load_successor(folder, device="cpu", judge=judge_of(task))

        return loader

    def check_unseen(self, chances: np.ndarray) -> None:
        assert (chances > 0).all()
        assert (chances < 0.9).all()

    def check_constant(self, never: np.ndarray, always: np.ndarray) -> None:
        assert ((never > 0) & (never < 1)).all()
        assert ((always > 0) & (always < 1)).all()

    @pytest.mark.parametrize("count", [1, 5])
    def test_one_class_gives_a_classifier_and_a_warning(self, make: Any, count: int) -> None:
        model = make().fit(GOOD[:count], TARGETS[0::2][:count])
        np.testing.assert_array_equal(model.predict([GOOD[5], BAD[5]]), [0, 1])
        assert any("'pos'" in warning for warning in model.warnings)
        assert any("'neg'" in warning and "No example" in warning for warning in model.warnings)

    def test_the_heavier_of_two_contradicting_halves_wins(self, make: Any) -> None:
        """It does not unlearn what words mean: the heavier half decides how far it is believed."""
        both = np.concatenate([TARGETS, 1 - TARGETS])
        heavy = np.repeat([9.0, 1.0], 12)
        right, wrong = (
            make().fit(TEXTS * 2, both, weights=weights).predict_proba(GOOD)[:, 0]
            for weights in (heavy, heavy[::-1].copy())
        )
        assert (right > 0.85).all()
        assert (wrong < 0.7).all()


def test_a_liking_for_one_label_is_taken_out_without_any_label() -> None:
    texts = ["a film", "a book", *TEXTS]
    raw = judge_of(SENTIMENT)(texts, silent)
    assert raw[:2, 0].min() > 0.7
    model = ZeroShot(SENTIMENT, seed=0, judge=judge_of(SENTIMENT)).calibrate(texts)
    found = model.predict_proba(texts)
    np.testing.assert_allclose(found[:2], 0.5, atol=1e-3)
    odds = [np.log(table[:, 0]) - np.log(table[:, 1]) for table in (raw, found)]
    np.testing.assert_allclose(odds[1], odds[0] - odds[0].mean(), atol=1e-9)
    assert model.warnings == ()


def test_a_liking_is_taken_out_by_labels_too() -> None:
    model = ZeroShot(SENTIMENT, seed=0, judge=judge_of(SENTIMENT)).fit(
        TEXTS * 5, np.tile(TARGETS, 5)
    )
    np.testing.assert_allclose(model.predict_proba(["a film"]), 0.5, atol=0.1)


def test_a_few_labels_move_it_little() -> None:
    judge = judge_of(SENTIMENT)
    before = ZeroShot(SENTIMENT, seed=0, judge=judge).calibrate(TEXTS).predict_proba(TEXTS)
    wrong = ZeroShot(SENTIMENT, seed=0, judge=judge).fit(TEXTS[:2], 1 - TARGETS[:2])
    np.testing.assert_array_equal(wrong.predict(TEXTS), before.argmax(axis=1))


def test_a_label_without_examples_can_be_predicted() -> None:
    task = task_of("pos", "neg", "film")
    model = ZeroShot(task, seed=0, judge=judge_of(task)).fit([GOOD[1], BAD[1]], np.array([0, 1]))
    assert model.predict(["the film"])[0] == 2
    assert model.warnings[0] == "No example of 'film': the query model alone decides on it."


def test_many_answers_teach_a_bias_for_each_label() -> None:
    """Answers that a third of the time say "neg" of texts without a word for either."""
    texts, answers = ["a book"] * 90, np.array([0] * 60 + [1] * 30)
    model = ZeroShot(SENTIMENT, seed=0, judge=judge_of(SENTIMENT)).fit(texts, answers)
    np.testing.assert_allclose(model.predict_proba(["a book"]), [[2 / 3, 1 / 3]], atol=0.05)


def test_texts_without_an_answer_get_the_labels_shares() -> None:
    judge = judge_of(SENTIMENT, silent_on=("mute", "dumb"))
    texts, answers = [*TEXTS, "mute"], np.append(TARGETS, 0)
    model = ZeroShot(SENTIMENT, seed=0, judge=judge).fit(texts, answers)
    assert "no usable answer to 1 of 13 texts" in model.warnings[-1]
    chances = model.predict_proba(["good", "dumb", "mute"])
    assert "to 2 of 3 texts" in model.warnings[-1]
    assert len(model.warnings) == 2
    np.testing.assert_array_equal(chances[1], chances[2])
    np.testing.assert_allclose(chances[1], [(7 + 2 / 2) / 15, (6 + 2 / 2) / 15], atol=0.02)
    model.predict_proba(["good"])
    assert len(model.warnings) == 1


@pytest.mark.parametrize("task", [SENTIMENT, MULTI, PAIR])
def test_no_answer_to_anything_gives_shares(task: Task, tmp_path: Path) -> None:
    contents: list[Any] = [("a", "b")] * 4 if task.pair else ["a"] * 4
    targets = np.array([0, 0, 0, 1])
    if task.multi:
        targets = np.eye(5, dtype=np.int64)[targets]
    model = ZeroShot(task, seed=0, judge=judge_of(task, silent_on=contents)).fit(contents, targets)
    chances = model.predict_proba(contents)
    assert (chances[:, 0] > chances[:, 1]).all()
    assert ((chances > 0) & (chances < 1)).all()


def test_without_a_query_model_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"asks a query model.*--llm"):
        make_successor("zero-shot", SENTIMENT, seed=0).fit(TEXTS, TARGETS)
    ZeroShot(SENTIMENT, seed=0, judge=judge_of(SENTIMENT)).fit(TEXTS, TARGETS).save(tmp_path)
    with pytest.raises(UsageError, match="asks a query model"):
        load_successor(tmp_path).predict(TEXTS)
    with pytest.raises(UsageError, match="no text"):
        ZeroShot(SENTIMENT, seed=0, judge=judge_of(SENTIMENT)).calibrate([])


def test_another_query_model_than_in_training_is_refused(tmp_path: Path) -> None:
    class Named:
        def __init__(self, name: str) -> None:
            self.name = name
            self.ask = partial(judge_of(SENTIMENT))

        def __call__(self, contents: Sequence[Content], progress: Progress) -> np.ndarray:
            return self.ask(contents, progress)

    model = ZeroShot(SENTIMENT, seed=0, judge=Named("one")).fit(TEXTS, TARGETS)
    assert model.settings()["judge"] == "one"
    model.save(tmp_path)
    assert ZeroShot.load(tmp_path, judge=Named("one")).settings() == model.settings()
    with pytest.raises(DataError, match="for the query model one, not two"):
        ZeroShot.load(tmp_path, judge=Named("two"))


def test_of_several_labels_none_and_all_teach_a_bias() -> None:
    targets = np.zeros((60, 5), dtype=np.int64)
    targets[:, 4] = 1
    model = ZeroShot(MULTI, seed=0, judge=judge_of(MULTI)).fit(TEXTS * 5, targets)
    none = ZeroShot(MULTI, seed=0, judge=judge_of(MULTI)).fit(TEXTS * 5, targets * 0)
    assert (model.predict_proba(TEXTS)[:, 4] > none.predict_proba(TEXTS)[:, 4] + 0.05).all()
