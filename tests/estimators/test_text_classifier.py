"""Successors among scikit-learn's tools."""

from __future__ import annotations

import json
import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
from numbers_as_texts import NumberClassifier
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from activellm.errors import DataError, UsageError
from activellm.estimators import InputError, TextClassifier
from activellm.llm import ScriptedModel
from activellm.task import Task

GOOD = ["good film", "a great meal", "so nice", "lovely book", "fine park", "very good tree"]
BAD = ["bad film", "an awful meal", "so dull", "poor book", "sad park", "very bad tree"]
TEXTS = [text for both in zip(GOOD, BAD, strict=True) for text in both]
WORDS = ["pos", "neg"] * 6


with warnings.catch_warnings():
    # One check is all that scikit-learn has for a classifier that takes texts, as its tags say, and
    # it warns of that; the same class behind rows of numbers gets all. None is expected to fail.
    warnings.simplefilter("ignore", SkipTestWarning)
    ALL_CHECKS = parametrize_with_checks([TextClassifier("tfidf"), NumberClassifier()])


@ALL_CHECKS
def test_the_checks_of_scikit_learn(estimator, check) -> None:
    check(estimator)


@pytest.mark.parametrize(
    "y",
    [WORDS, [1, 0] * 6, [True, False] * 6, [2.0, -1.0] * 6, np.array(WORDS, dtype=object)],
    ids=["str", "int", "bool", "float", "object"],
)
def test_classes_of_any_kind_survive_saving(y, tmp_path: Path) -> None:
    made = TextClassifier("tfidf", random_state=3).fit(TEXTS, y)
    assert made.classes_.tolist() == sorted({*y})
    assert made.predict(["good", "bad"]).tolist() == [y[0], y[1]]
    again = TextClassifier.load(made.save(tmp_path / "kept"))
    assert again.classes_.tolist() == made.classes_.tolist()
    assert again.classes_.dtype == made.classes_.dtype
    np.testing.assert_array_equal(again.predict_proba(TEXTS), made.predict_proba(TEXTS))
    assert again.predict(TEXTS).tolist() == made.predict(TEXTS).tolist()
    assert again.get_params() == made.get_params()
    assert not list((tmp_path / "kept").glob("*.pkl"))


def test_odd_class_names_become_labels_and_come_back() -> None:
    odd = ["a|b", "A/B", " ", ""]
    made = TextClassifier("tfidf").fit(TEXTS, odd * 3)
    assert made.successor_.task.label_names == ("(empty)", "(empty) (2)", "A/B", "a/b (2)")
    assert set(made.predict(TEXTS)) <= {*odd}
    np.testing.assert_allclose(made.predict_proba(TEXTS).sum(axis=1), 1)


def test_one_class_only() -> None:
    made = TextClassifier("tfidf").fit(["one", "two"], ["only", "only"])
    assert made.predict_proba(["three"]).tolist() == [[1.0]]
    assert made.predict(["three"]).tolist() == ["only"]
    assert "Every labelled text has" in made.warnings_[-1]


def test_several_labels_a_text(tmp_path: Path) -> None:
    y = np.array([[text in GOOD, "film" in text, False] for text in TEXTS], dtype=int)
    made = TextClassifier("tfidf").fit(TEXTS, y)
    assert made.predict(["good film"]).tolist() == [[1, 1, 0]]
    assert made.predict_proba(TEXTS).shape == (12, 3)
    again = TextClassifier.load(made.save(tmp_path / "kept"))
    np.testing.assert_array_equal(again.predict(TEXTS), made.predict(TEXTS))
    assert 0.5 < made.score(TEXTS, y) <= 1


def test_pairs_and_tables() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": GOOD, "b": [*GOOD[:3], *BAD[3:]]})
    same = [True] * 3 + [False] * 3
    by_frame = TextClassifier("tfidf").fit(frame, same)
    by_list = TextClassifier("tfidf").fit(frame.to_numpy().tolist(), pandas.Series(same))
    np.testing.assert_array_equal(by_frame.predict_proba(frame), by_list.predict_proba(frame))
    with pytest.raises(InputError, match="trained on pairs"):
        by_frame.predict(["one text"])
    one_column = TextClassifier("tfidf").fit(frame["a"], WORDS[:6])
    assert one_column.predict(np.array(GOOD)).shape == (6,)
    with pytest.raises(ValueError, match="number 1 is 1 cells"):
        one_column.predict(frame[["a"]])


def test_pipeline_search_clone_and_cross_validation() -> None:
    lower = FunctionTransformer(lambda texts: [text.lower() for text in texts])
    pipeline = make_pipeline(lower, TextClassifier("tfidf"))
    grid = {"textclassifier__successor": ["tfidf(C=0.001)", "tfidf"]}
    search = GridSearchCV(pipeline, grid, cv=3, scoring="neg_log_loss").fit(TEXTS, WORDS)
    assert search.best_params_ == {"textclassifier__successor": "tfidf"}
    assert search.predict(["GOOD"]).tolist() == ["pos"]
    chances = cross_val_predict(pipeline, TEXTS, WORDS, cv=3, method="predict_proba")
    assert chances.shape == (12, 2)
    task = Task.build(description="?", labels=[{"name": "pos"}, {"name": "neg"}])
    made = TextClassifier("linear(C=3)", task=task, random_state=5)
    assert clone(made).get_params() == made.get_params()
    assert pickle.loads(pickle.dumps(made)).get_params() == made.get_params()


def test_weights_count_and_zero_leaves_out() -> None:
    weighted = TextClassifier("tfidf").fit(TEXTS, WORDS, sample_weight=[1] * 10 + [0, 0])
    fewer = TextClassifier("tfidf").fit(TEXTS[:10], WORDS[:10])
    np.testing.assert_array_equal(weighted.predict_proba(TEXTS), fewer.predict_proba(TEXTS))
    heavy = TextClassifier("tfidf").fit(TEXTS, WORDS, sample_weight=[9, 1] * 6)
    assert heavy.predict_proba(["film"])[0, 1] > 0.6


def test_a_task_names_the_classes_and_the_query_model_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Task.build(description="Liked?", labels=[{"name": "pos"}, {"name": "neg"}])

    def score(messages, continuation):
        assert "Liked?" in "".join(message.content for message in messages)
        return -0.1 if ("good" in messages[-1].content) == ("pos" in continuation) else -3.0

    monkeypatch.setattr("activellm.llm.open_model", lambda *a, **k: ScriptedModel(score=score))
    made = TextClassifier("zero-shot", task=task, llm="embedded").fit(TEXTS[:2], WORDS[:2])
    assert made.classes_.tolist() == ["neg", "pos"]
    assert made.predict(["so good", "rain"]).tolist() == ["pos", "neg"]
    again = TextClassifier.load(made.save(tmp_path / "kept"))
    assert again.task == task
    assert again.predict(["so good", "rain"]).tolist() == ["pos", "neg"]
    with pytest.raises(InputError, match="no label called 'other'"):
        made.fit(TEXTS[:2], ["pos", "other"])


@pytest.mark.parametrize(
    "successor",
    ["auto", "linear(C=2)", "finetune(epochs=1)", "ensemble(inner=tfidf, members=2)"],
)
def test_successors_with_an_encoder(successor: str, tiny_encoder: Path, tmp_path: Path) -> None:
    made = TextClassifier(successor, encoder=str(tiny_encoder), device="cpu").fit(TEXTS, WORDS)
    again = TextClassifier.load(made.save(tmp_path / "kept"), device="cpu")
    np.testing.assert_allclose(again.predict_proba(TEXTS), made.predict_proba(TEXTS), atol=1e-6)
    assert again.encoder == (str(tiny_encoder) if "tfidf" not in successor else "embedded")


def test_a_successor_saved_elsewhere_can_be_loaded(tmp_path: Path) -> None:
    made = TextClassifier("tfidf").fit(TEXTS, WORDS)
    made.successor_.save(tmp_path)
    again = TextClassifier.load(tmp_path)
    assert again.classes_.tolist() == ["neg", "pos"]
    np.testing.assert_array_equal(again.predict(TEXTS), made.predict(TEXTS))


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    made = TextClassifier("tfidf")
    for X, y in [("text", ["a"]), ([1, 2], WORDS[:2]), (["a", None], WORDS[:2]), ([], [])]:
        with pytest.raises(ValueError, match="X "):
            made.fit(X, y)
    with pytest.raises(ValueError, match="mixes"):
        made.fit(["a", ("b", "c")], WORDS[:2])
    with pytest.raises(NotFittedError):
        made.predict(["a"])
    with pytest.raises(UsageError, match="no setting 'D'"):
        TextClassifier("tfidf(D=1)").fit(TEXTS, WORDS)
    kept = made.fit(TEXTS, WORDS).save(tmp_path / "kept")
    with pytest.raises(UsageError, match="exists already"):
        made.save(kept)
    facts = json.loads((kept / "estimator.json").read_text())
    (kept / "estimator.json").write_text(json.dumps({**facts, "classes": {"kind": "pickle"}}))
    with pytest.raises(DataError, match="no estimator's file"):
        TextClassifier.load(kept)
