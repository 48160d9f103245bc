import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_encoder
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from successor_contract import (
    MULTI,
    SENTIMENT,
    TARGETS,
    TEXTS,
    UNSEEN,
    AskedByStrategies,
    multi_targets,
    task_of,
)

from activellm.encoders import CachedEncoder, open_encoder
from activellm.errors import ActiveLLMError, DataError, UsageError
from activellm.successors.linear import Linear


class TestLinear(AskedByStrategies):
    name = "linear"
    quick = {"C": 1e4}  # noqa: RUF012
    brief = {"C": 10.0}  # noqa: RUF012
    variants = {"C": 3.0, "class_weights": "balanced", "long_texts": "windows"}  # noqa: RUF012
    wrong = [  # noqa: RUF012
        {"C": 0},
        {"C": -1.0},
        {"C": float("nan")},
        {"class_weights": "heavy"},
        {"long_texts": "whole"},
    ]


@pytest.mark.parametrize("weights", ["none", "balanced"])
@pytest.mark.parametrize("labels", [2, 3])
def test_it_equals_scikit_learn(tiny: Path, weights: Any, labels: int) -> None:
    encoder = open_encoder(str(tiny), device="cpu")
    targets = np.array([0, 0, 0, 0, 0, 1, 1, 1, 0, 2, 1, 2]) % labels
    model = Linear(task_of("a", "b", "c"), seed=0, encoder=encoder, C=7.0, class_weights=weights)
    chances = model.fit(TEXTS, targets).predict_proba(UNSEEN)
    reference = LogisticRegression(C=7.0, class_weight=None if weights == "none" else weights)
    reference.set_params(max_iter=1000).fit(encoder.embed(TEXTS).astype(float), targets)
    expected = reference.predict_proba(encoder.embed(UNSEEN).astype(float))
    np.testing.assert_allclose(chances[:, :labels], expected, atol=1e-6)
    assert (chances[:, labels:] == 0).all()


def test_multi_label_equals_scikit_learns_one_against_the_rest(tiny: Path) -> None:
    encoder, targets = open_encoder(str(tiny), device="cpu"), multi_targets()
    chances = Linear(MULTI, seed=0, encoder=encoder).fit(TEXTS, targets).predict_proba(UNSEEN)
    reference = OneVsRestClassifier(LogisticRegression(C=10.0, max_iter=1000))
    reference.fit(encoder.embed(TEXTS).astype(float), targets[:, :3])
    expected = reference.predict_proba(encoder.embed(UNSEEN).astype(float))
    np.testing.assert_allclose(chances[:, :3], expected, atol=1e-6)


def test_a_projects_cache_is_used(tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    model = Linear(SENTIMENT, seed=0, encoder=CachedEncoder(open_encoder(str(tiny)), path))
    model.fit(TEXTS, TARGETS)
    assert path.exists()
    folder = tmp_path / "model"
    folder.mkdir()
    model.save(folder)
    again = Linear.load(folder, encoder=CachedEncoder(open_encoder(str(tiny)), path))
    np.testing.assert_array_equal(again.predict_proba(TEXTS), model.predict_proba(TEXTS))


def test_another_encoder_than_in_training_is_refused(tiny: Path, tmp_path: Path) -> None:
    Linear(SENTIMENT, seed=0, encoder=str(tiny)).fit(TEXTS, TARGETS).save(tmp_path)
    (tmp_path / "other").mkdir()
    other = tiny_encoder.build(tmp_path / "other", seed=1)
    with pytest.raises(DataError, match="trained with"):
        Linear.load(tmp_path, encoder=open_encoder(str(other)))


def test_a_classifier_from_a_gpu_runs_here(tiny: Path, tmp_path: Path) -> None:
    model = Linear(SENTIMENT, seed=0, encoder=str(tiny), device="cpu").fit(TEXTS, TARGETS)
    model.save(tmp_path)
    facts = json.loads((tmp_path / "activellm.json").read_text())
    facts["settings"]["identity"]["dtype"] = "bfloat16"
    (tmp_path / "activellm.json").write_text(json.dumps(facts))
    again = Linear.load(tmp_path, device="cpu")
    np.testing.assert_array_equal(again.predict_proba(TEXTS), model.predict_proba(TEXTS))


def test_vectors_that_are_no_numbers_are_a_clear_error(tiny: Path) -> None:
    class Broken:
        def __init__(self) -> None:
            self.inner = open_encoder(str(tiny), device="cpu")

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def embed(self, contents: Any, **options: Any) -> Any:
            return self.inner.embed(contents, **options) * np.float32("nan")

    model = Linear(SENTIMENT, seed=0, encoder=Broken())
    with pytest.raises(ActiveLLMError, match="not numbers any more"):
        model.fit(TEXTS, TARGETS)
    with pytest.raises(UsageError, match="not trained"):
        model.predict(TEXTS)


def test_prediction_goes_in_parts(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Linear(SENTIMENT, seed=0, encoder=str(tiny), device="cpu").fit(TEXTS, TARGETS)
    whole = model.predict_proba(TEXTS)
    monkeypatch.setattr(Linear, "chunk", 5)
    told: list[int] = []
    parts = model.predict_proba(TEXTS, progress=lambda what, done, total: told.append(done))
    assert told == [5, 10, 12]
    np.testing.assert_allclose(parts, whole, atol=1e-6)
