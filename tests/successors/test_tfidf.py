import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from successor_contract import SENTIMENT, TARGETS, TEXTS, AskedByStrategies, task_of

from activellm.errors import DataError
from activellm.successors.terms import Terms
from activellm.successors.tfidf import Tfidf


class TestTfidf(AskedByStrategies):
    name = "tfidf"
    quick = {"C": 1e4}  # noqa: RUF012
    brief = {"C": 10.0}  # noqa: RUF012
    variants = {"C": 3.0, "class_weights": "balanced", "most_terms": 20}  # noqa: RUF012
    wrong = [{"C": 0}, {"class_weights": "heavy"}, {"most_terms": 0}]  # noqa: RUF012


def test_the_vectors_are_those_of_scikit_learn() -> None:
    texts = [*TEXTS, "Good GOOD good", "a"]
    parts = [
        TfidfVectorizer(token_pattern=r"\w+", sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True),
    ]
    expected = hstack([part.fit_transform(texts) for part in parts]).toarray() / np.sqrt(2)
    found = Terms.learn(texts, 5000).vectors(texts)
    assert found.shape == expected.shape
    order = np.lexsort(found), np.lexsort(expected)
    np.testing.assert_allclose(found[:, order[0]], expected[:, order[1]], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_what_is_kept_of_words_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = Terms.learn(TEXTS, 50)
    expected = terms.vectors(TEXTS)
    monkeypatch.setattr("activellm.successors.terms.KEPT_WORDS", 2)
    for _ in range(2):
        np.testing.assert_array_equal(terms.vectors(TEXTS), expected)


def test_the_vocabulary_is_bounded_and_keeps_what_most_texts_have() -> None:
    terms = Terms.learn(["ab ab ab", "cd", "cd ef"], 1)
    assert terms.names["words"] == ("cd",)
    assert terms.names["characters"] == (" ",)
    assert (terms.vectors(["xyz"])[:, 0] == 0).all()


def test_nothing_to_count_is_no_failure(tmp_path: Path) -> None:
    model = Tfidf(SENTIMENT, seed=0).fit(["", " "], np.array([0, 1]))
    np.testing.assert_allclose(model.predict_proba(["", "good"]), 0.5, atol=1e-6)
    model.save(tmp_path)
    np.testing.assert_allclose(Tfidf.load(tmp_path).predict_proba(["good"]), 0.5, atol=1e-6)


@pytest.mark.parametrize(
    ("texts", "asked"),
    [
        (["今天天气很好", "我很好", "他病了", "我生病了"], ["天气好", "小狗病了"]),
        (["वह खुश है", "मैं खुश हूँ", "वह दुखी है", "मैं दुखी हूँ"], ["हम खुश हैं", "हम दुखी हैं"]),
        (["ОЧЕНЬ хорошо", "хороший день", "очень плохо", "плохой день"], ["хорошая", "плохая"]),
    ],
)
def test_other_scripts_also_without_spaces(texts: list[str], asked: list[str]) -> None:
    model = Tfidf(SENTIMENT, seed=0).fit(texts, np.array([0, 0, 1, 1]))
    np.testing.assert_array_equal(model.predict(asked), [0, 1])


def test_neither_case_nor_width_nor_white_space_matters() -> None:
    model = Tfidf(SENTIMENT, seed=0).fit(TEXTS, TARGETS)
    one, other = model.predict_proba(["good film", " Ｇood \n FILM"])
    np.testing.assert_array_equal(one, other)


def test_it_needs_neither_torch_nor_transformers(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers"):
            raise ImportError(name)
sys.meta_path.insert(0, Missing())
from activellm.successors import load_successor, make_successor
from activellm.task import Task
task = Task.build(description="?", labels=[{{"name": "a"}}, {{"name": "b"}}])
model = make_successor("tfidf", task, seed=0)
model.fit(["good", "bad"], task.targets([("a",), ("b",)])).save(Path({str(tmp_path)!r}))
print(load_successor(Path({str(tmp_path)!r})).predict(["good", "bad"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[0 1]", done.stderr


def test_texts_without_known_words_get_the_labels_shares() -> None:
    task = task_of("a", "b")
    model = Tfidf(task, seed=0, C=1e-4).fit(["ab", "ab", "ab", "cd"], np.array([0, 0, 0, 1]))
    np.testing.assert_allclose(model.predict_proba(["xyz"]), [[0.75, 0.25]], atol=0.01)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("terms.json", "[]"),
        ("terms.json", '{"words": ["x"], "characters": []}'),
        ("terms.npz", "damaged"),
        ("linear.npz", "damaged"),
    ],
)
def test_a_damaged_folder_is_refused(file: str, content: Any, tmp_path: Path) -> None:
    Tfidf(SENTIMENT, seed=0).fit(TEXTS, TARGETS).save(tmp_path)
    (tmp_path / file).write_text(content)
    with pytest.raises(DataError):
        Tfidf.load(tmp_path)
