import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from successor_contract import (
    BAD,
    GOOD,
    MULTI,
    SENTIMENT,
    TARGETS,
    TEXTS,
    UNSEEN,
    SuccessorContract,
    multi_targets,
    task_of,
)

from activellm.errors import DataError, UsageError
from activellm.pool.example import Content
from activellm.progress import Progress
from activellm.successors import SUCCESSORS, Successor, load_successor, make_successor
from activellm.successors.blend import BlendWithJudge
from activellm.successors.tempering import tempered
from activellm.successors.trust import Blend
from activellm.task import Task

LINEAR = "linear(C=10000.0)"
_SIDE = {
    **dict.fromkeys(("good", "great", "nice", "lovely", "fine"), 1.0),
    **dict.fromkeys(("bad", "awful", "dull", "poor", "sad"), -1.0),
}


class WordJudge:
    """A query model that reads words, likes "pos", and notes what it is asked.

    Args:
        task: Labels "pos" and "neg" ("same" and "other" of pairs), and others it knows nothing of.
        sure: Log-odds of a word; 0 for a judge that knows nothing.
        silent_on: Texts to which it gives no answer.
        name: What users call it.
    """

    def __init__(
        self, task: Task, sure: float = 2.0, silent_on: Sequence[Content] = (), name: str = "words"
    ) -> None:
        self.task, self.sure, self.silent_on, self.name = task, sure, silent_on, name
        self.asked: list[Content] = []

    def __call__(self, contents: Sequence[Content], progress: Progress) -> np.ndarray:
        self.asked += contents
        found = np.zeros((len(contents), len(self.task.labels)))
        for row, content in enumerate(contents):
            for column, name in enumerate(self.task.label_names):
                found[row, column] = np.exp(self._fits(name, content))
            progress("Judging", row + 1, len(contents))
            if content in self.silent_on:
                found[row] = np.nan
        return found / found.sum(axis=1, keepdims=True)

    def _fits(self, label: str, content: Content) -> float:
        if not isinstance(content, str):
            return self.sure if (label == "same") == (content[0] == content[1]) else 0.0
        side = np.tanh(sum(_SIDE.get(word, 0.0) for word in content.split()))
        return {"pos": self.sure * side + 1.0, "neg": -self.sure * side}.get(label, 0.0)


class TestBlendWithJudge(SuccessorContract):
    name = "blend"
    quick = {"inner": LINEAR}  # noqa: RUF012
    variants = {"inner": "linear(C=1e4)"}  # noqa: RUF012
    wrong = [  # noqa: RUF012
        {"inner": "blend"},
        {"inner": "zero-shot"},
        {"inner": "liner"},
        {"inner": "linear("},
        {"inner": "linear(epochs=3)"},
    ]

    @pytest.fixture
    def make(self, tiny: Path) -> Callable[..., Successor]:
        def maker(task: Task = SENTIMENT, seed: int = 3, **settings: Any) -> Successor:
            parts = {"device": "cpu", "encoder": str(tiny), "judge": WordJudge(task)}
            return make_successor(self.name, task, seed=seed, **parts, **{**self.quick, **settings})

        return maker

    @pytest.fixture
    def load(self) -> Callable[[Path], Successor]:
        def loader(folder: Path) -> Successor:
            judge = WordJudge(load_successor(folder, device="cpu").task)
            return load_successor(folder, device="cpu", judge=judge)

        return loader

    def test_nothing_saved_is_a_pickle(self, make: Any, tmp_path: Path) -> None:
        make().fit(TEXTS, TARGETS).save(tmp_path)
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert {path.suffix for path in files} == {".json", ".npz", ".md"}
        with np.load(tmp_path / "inner" / "linear.npz", allow_pickle=False) as arrays:
            assert all(arrays[name].dtype.kind == "f" for name in arrays)
        assert "pos" in (tmp_path / "README.md").read_text()

    def test_a_folder_that_holds_none_is_refused(self, make: Any, tmp_path: Path) -> None:
        kind = SUCCESSORS.get(self.name)
        with pytest.raises(DataError, match="no trained classifier"):
            kind.load(tmp_path)
        make().fit(TEXTS, TARGETS).save(tmp_path)
        facts = json.loads((tmp_path / "activellm.json").read_text())
        kept = json.loads((tmp_path / "blend.json").read_text())
        (tmp_path / "inner" / "linear.npz").write_bytes(b"damaged")
        with pytest.raises(DataError, match="inner"):
            kind.load(tmp_path)
        odd = [{"seen": []}, {"seen": [0, 2]}, {"lean": [0.0]}, {"judge": None}]
        for content in (
            *("{}", "[]", "{", '{"temperature": null}'),
            *(json.dumps({**kept, "asked": {**kept["asked"], **one}}) for one in odd),
        ):
            (tmp_path / "blend.json").write_text(content)
            with pytest.raises(DataError, match="no whole blend"):
                kind.load(tmp_path)
        (tmp_path / "activellm.json").write_text(json.dumps({**facts, "successor": "linear"}))
        with pytest.raises(DataError, match="linear"):
            kind.load(tmp_path)

    def test_one_example_of_a_label_is_warned_of(self, make: Any) -> None:
        """And of too few texts to check the query model on."""
        model = make().fit([*GOOD, BAD[0]], np.array([0] * 6 + [1]))
        assert model.predict_proba(UNSEEN).shape == (len(UNSEEN), 2)
        assert model.warnings[0] == "Only one example of 'neg': expect errors there."
        assert "labelled 7 of the texts that it judged, too few" in model.warnings[1]
        assert len(model.warnings) == 2


@pytest.fixture
def blend(tiny: Path) -> Any:
    def maker(task: Task = SENTIMENT, **options: Any) -> BlendWithJudge:
        chosen = {"inner": LINEAR, "judge": WordJudge(task), **options}
        return BlendWithJudge(task, seed=3, encoder=str(tiny), device="cpu", **chosen)

    return maker


@pytest.fixture
def alone(tiny: Path) -> Any:
    """The inner classifier, trained by itself."""

    def maker(task: Task = SENTIMENT) -> Successor:
        return make_successor("linear", task, seed=3, encoder=str(tiny), device="cpu", C=1e4)

    return maker


def test_opinions_are_blended_as_written(blend: Any, alone: Any) -> None:
    """By hand: the judge's liking out, both log-odds times their say, and the shift."""
    judge = WordJudge(SENTIMENT)
    model = blend(judge=judge).fit(TEXTS, TARGETS)
    assert model.asks
    assert model.gain > 0
    saying = model._asked.blend
    own = alone().fit(TEXTS, TARGETS).predict_proba(UNSEEN[:3])

    def odds(chances: np.ndarray) -> np.ndarray:
        within = np.clip(chances, 1e-3, 1)
        return np.log(within[:, 0]) - np.log(within[:, 1])

    def judged(texts: Sequence[str]) -> np.ndarray:
        side = np.array([np.tanh(sum(_SIDE.get(w, 0) for w in text.split())) for text in texts])
        return 4.0 * side + 1.0

    liking = judged(TEXTS).mean()
    assert liking == pytest.approx(1.0)
    expected = (
        saying.judge * (judged(UNSEEN[:3]) - liking)
        + saying.own * odds(own)
        + (saying.lean[0] - saying.lean[1])
    )
    found = model.predict_proba(UNSEEN[:3])
    np.testing.assert_allclose(np.log(found[:, 0]) - np.log(found[:, 1]), expected, atol=1e-9)
    assert not np.allclose(found, own, atol=0.01)


def test_a_blend_of_two_opinions() -> None:
    """2 log 3 + 1 log 4 + 0.5 = log-odds of the first label."""
    pool = Blend(2.0, 1.0, np.array([0.5, 0.0]))
    found = pool.of(np.array([[0.75, 0.25]]), np.array([[0.8, 0.2]]))
    assert found[0, 0] / found[0, 1] == pytest.approx(9 * 4 * np.exp(0.5))


def test_it_is_better_than_the_classifier_where_the_judge_knows_more(
    blend: Any, alone: Any
) -> None:
    """The tiny encoder's weights are random: of other sentences it knows little."""
    texts = [f"the {word} {thing}" for word in _SIDE for thing in ("sea", "bread", "law", "noise")]
    truth = np.repeat([0, 1], 20)
    rights = [
        (model.fit(TEXTS, TARGETS).predict(texts) == truth).mean() for model in (blend(), alone())
    ]
    assert rights[0] == 1.0
    assert rights[1] < 0.9


def test_a_judge_that_knows_nothing_is_not_asked_in_prediction(
    blend: Any, alone: Any, tmp_path: Path
) -> None:
    judge = WordJudge(SENTIMENT, sure=0.0)
    model = blend(judge=judge).fit(TEXTS, TARGETS)
    assert not model.asks
    assert model.gain is not None
    assert model.gain <= 0
    assert "not asked: on people's texts it adds nothing" in model.warnings[0]
    judge.asked.clear()
    expected = alone().fit(TEXTS, TARGETS).predict_proba(UNSEEN)
    np.testing.assert_array_equal(model.predict_proba(UNSEEN), expected)
    assert judge.asked == []
    model.temper(2.0)
    model.save(tmp_path)
    loaded = load_successor(tmp_path, device="cpu", judge=WordJudge(SENTIMENT, name="other"))
    assert loaded.warnings == model.warnings
    np.testing.assert_array_equal(
        loaded.predict_proba(UNSEEN), tempered(expected, 2.0, multi=False)
    )
    assert "adds nothing" in (tmp_path / "README.md").read_text()


def test_a_judge_that_misleads_is_not_asked_either(blend: Any) -> None:
    model = blend(judge=WordJudge(SENTIMENT, sure=-2.0)).fit(TEXTS, TARGETS)
    assert not model.asks


def test_texts_without_an_answer_are_left_to_the_classifier(blend: Any, alone: Any) -> None:
    judge = WordJudge(SENTIMENT, silent_on=(TEXTS[0], UNSEEN[1], UNSEEN[2]))
    model = blend(judge=judge).fit(TEXTS, TARGETS)
    assert model.asks
    assert model.warnings == (
        "The query model gave no usable answer to 1 of 12 texts: there the classifier speaks "
        "alone.",
    )
    own = alone().fit(TEXTS, TARGETS).predict_proba(UNSEEN[:3])
    found = model.predict_proba(UNSEEN[:3])
    np.testing.assert_array_equal(found[1:], own[1:])
    assert abs(found[0] - own[0]).max() > 0.01
    assert "to 2 of 3 texts" in model.warnings[1]
    model.predict_proba(UNSEEN[:1])
    assert len(model.warnings) == 1


def test_answers_to_too_few_texts_shut_the_gate(blend: Any) -> None:
    model = blend(judge=WordJudge(SENTIMENT, silent_on=TEXTS[:5])).fit(TEXTS, TARGETS)
    assert not model.asks
    assert "labelled 7 of the texts that it judged, too few" in model.warnings[1]
    again = blend().fit(TEXTS[:2] * 6, TARGETS)
    assert "labelled 2 of the texts" in again.warnings[0]


def test_answers_to_texts_of_one_label_shut_the_gate(blend: Any) -> None:
    texts = [*GOOD, *(text + "!" for text in GOOD), *BAD]
    model = blend(judge=WordJudge(SENTIMENT, silent_on=BAD)).fit(texts, np.repeat([0, 1], [12, 6]))
    assert not model.asks
    assert "too much alike" in model.warnings[1]


def test_a_label_that_nobody_gave_is_not_answered(blend: Any) -> None:
    task = task_of("pos", "never", "neg")
    model = blend(task).fit(TEXTS, TARGETS * 2)
    assert model.asks
    chances = model.predict_proba(UNSEEN)
    assert (chances[:, 1] == 0).all()
    plain = blend().fit(TEXTS, TARGETS).predict_proba(UNSEEN)
    np.testing.assert_allclose(chances[:, [0, 2]], plain, atol=1e-6)


def test_of_several_labels_the_classifier_decides_alone(blend: Any, alone: Any) -> None:
    judge = WordJudge(MULTI)
    model = blend(MULTI, judge=judge).fit(TEXTS, multi_targets())
    assert any("several may apply" in warning for warning in model.warnings)
    expected = alone(MULTI).fit(TEXTS, multi_targets()).predict_proba(UNSEEN)
    np.testing.assert_array_equal(model.predict_proba(UNSEEN), expected)
    assert judge.asked == []


def test_saved_and_loaded_it_answers_the_same(blend: Any, tmp_path: Path) -> None:
    model = blend().fit(TEXTS, TARGETS)
    model.temper(1.5)
    model.save(tmp_path)
    loaded = load_successor(tmp_path, device="cpu", judge=WordJudge(SENTIMENT))
    assert isinstance(loaded, BlendWithJudge)
    assert (loaded.asks, loaded.gain) == (True, model.gain)
    np.testing.assert_array_equal(loaded.predict_proba(UNSEEN), model.predict_proba(UNSEEN))
    trained = loaded.fit(TEXTS, TARGETS).predict_proba(UNSEEN)
    np.testing.assert_array_equal(trained, blend().fit(TEXTS, TARGETS).predict_proba(UNSEEN))


def test_without_a_query_model_it_says_so(blend: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"asks a query model.*--llm"):
        blend(judge=None).fit(TEXTS, TARGETS)
    blend().fit(TEXTS, TARGETS).save(tmp_path)
    with pytest.raises(UsageError, match="asks a query model"):
        load_successor(tmp_path, device="cpu").predict(TEXTS)
    with pytest.raises(DataError, match="with the query model words, not other"):
        load_successor(tmp_path, device="cpu", judge=WordJudge(SENTIMENT, name="other"))
