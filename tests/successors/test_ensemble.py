import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from successor_contract import (
    MULTI,
    SENTIMENT,
    TARGETS,
    TEXTS,
    UNSEEN,
    SuccessorContract,
    multi_targets,
)

from activellm.errors import DataError, UnknownNameError, UsageError
from activellm.selection.fitted import GivesFeatures, SamplesProbabilities
from activellm.successors import SUCCESSORS, load_successor, make_successor
from activellm.successors.contract import TellsDisagreement
from activellm.successors.ensemble import Ensemble
from activellm.successors.tempering import tempered


class TestEnsemble(SuccessorContract):
    name = "ensemble"
    quick = {"inner": "linear(C=10000.0)", "members": 3}  # noqa: RUF012
    variants = {"inner": "linear(C=1e4)", "members": 2}  # noqa: RUF012
    wrong = [  # noqa: RUF012
        {"members": 1},
        {"members": 2.5},
        {"inner": "ensemble"},
        {"inner": "linear("},
        {"inner": "linear(epochs=3)"},
    ]

    def test_nothing_saved_is_a_pickle(self, make: Any, tmp_path: Path) -> None:
        make().fit(TEXTS, TARGETS).save(tmp_path)
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert {path.suffix for path in files} == {".json", ".npz", ".md"}
        for path in files:
            if path.suffix == ".npz":
                with np.load(path, allow_pickle=False) as arrays:
                    assert all(arrays[name].dtype.kind == "f" for name in arrays)
        assert "pos" in (tmp_path / "README.md").read_text()

    def test_a_folder_that_holds_none_is_refused(self, make: Any, tmp_path: Path) -> None:
        kind = SUCCESSORS.get(self.name)
        with pytest.raises(DataError, match="no trained classifier"):
            kind.load(tmp_path)
        make().fit(TEXTS, TARGETS).save(tmp_path)
        facts = json.loads((tmp_path / "activellm.json").read_text())
        (tmp_path / "member-1" / "linear.npz").write_bytes(b"damaged")
        with pytest.raises(DataError, match="member-1"):
            kind.load(tmp_path)
        for content in ("{}", "[]", "{", '{"temperature": null}'):
            (tmp_path / "ensemble.json").write_text(content)
            with pytest.raises(DataError, match="no whole ensemble"):
                kind.load(tmp_path)
        (tmp_path / "activellm.json").write_text(json.dumps({**facts, "successor": "linear"}))
        with pytest.raises(DataError, match="linear"):
            kind.load(tmp_path)


@pytest.fixture
def few(tiny: Path) -> Any:
    def maker(task: Any = SENTIMENT, **settings: Any) -> Ensemble:
        options = {"inner": "linear(C=1e4)", "members": 4, "seed": 3, **settings}
        return make_successor("ensemble", task, encoder=str(tiny), device="cpu", **options)

    return maker


def test_it_answers_by_the_mean_and_tells_who_votes_otherwise(few: Any) -> None:
    model = few().fit(TEXTS[:5], TARGETS[:5])
    assert isinstance(model, TellsDisagreement)
    assert isinstance(model, SamplesProbabilities)
    assert not isinstance(model, GivesFeatures)
    members = model.sample_proba(TEXTS, 4, seed=0)
    np.testing.assert_allclose(model.predict_proba(TEXTS), members.mean(axis=0))
    votes = members.argmax(axis=2)
    expected = (votes != model.predict(TEXTS)).mean(axis=0)
    np.testing.assert_allclose(model.disagreement(TEXTS), expected)
    assert 0 < expected.mean() < 0.5, "members differ, and not on everything"


def test_disagreement_of_several_labels_is_the_mean_over_the_labels(few: Any) -> None:
    model = few(MULTI).fit(TEXTS[:6], multi_targets()[:6])
    votes = model.sample_proba(TEXTS, 4, seed=0) >= 0.5
    expected = (votes != model.predict(TEXTS).astype(bool)).mean(axis=(0, 2))
    np.testing.assert_allclose(model.disagreement(TEXTS), expected)
    assert expected.max() > 0


def test_members_in_an_order_of_the_seed_and_round_again(few: Any) -> None:
    model = few().fit(TEXTS, TARGETS)
    many = model.sample_proba(TEXTS, 9, seed=1)
    np.testing.assert_array_equal(model.sample_proba(TEXTS, 3, seed=1), many[:3])
    np.testing.assert_array_equal(many[4:8], many[:4])
    assert len({one.tobytes() for one in many}) == 4
    orders = {model.sample_proba(TEXTS, 1, seed=seed).tobytes() for seed in range(20)}
    assert len(orders) == 4
    with pytest.raises(UsageError, match="one pass"):
        model.sample_proba(TEXTS, 0, seed=0)


def test_further_members_leave_the_first_ones_as_they_are(few: Any) -> None:
    two = few(members=2).fit(TEXTS, TARGETS).sample_proba(TEXTS, 2, seed=0)
    four = few(members=4).fit(TEXTS, TARGETS).sample_proba(TEXTS, 4, seed=0)
    assert {one.tobytes() for one in two} < {one.tobytes() for one in four}


def test_members_of_a_learner_that_is_random_differ_by_seed_alone(tiny: Path) -> None:
    inner = "finetune(epochs=2, learning_rate=3e-3, batch_size=4)"
    options = {"encoder": str(tiny), "device": "cpu"}
    model = make_successor("ensemble", SENTIMENT, seed=3, inner=inner, members=2, **options)
    found = model.fit(TEXTS, TARGETS).sample_proba(TEXTS, 2, seed=0)
    settings = {"epochs": 2, "learning_rate": 3e-3, "batch_size": 4}
    seeds = [model._member(number).seed for number in (0, 1)]
    alone = [
        make_successor("finetune", SENTIMENT, seed=seed, **settings, **options)
        .fit(TEXTS, TARGETS)
        .predict_proba(TEXTS)
        for seed in seeds
    ]
    assert {one.tobytes() for one in found} == {one.tobytes() for one in alone}


def test_a_temperature_is_of_the_mean_and_of_samples(few: Any, tmp_path: Path) -> None:
    model = few().fit(TEXTS, TARGETS)
    before, samples = model.predict_proba(UNSEEN), model.sample_proba(UNSEEN, 4, seed=0)
    differing = model.disagreement(UNSEEN)
    model.temper(2.0)
    model.temper(1.5)
    np.testing.assert_allclose(model.predict_proba(UNSEEN), tempered(before, 3.0, multi=False))
    again = model.sample_proba(UNSEEN, 4, seed=0)
    for one, other in zip(samples, again, strict=True):
        np.testing.assert_allclose(other, tempered(one, 3.0, multi=False))
    np.testing.assert_array_equal(model.disagreement(UNSEEN), differing)
    model.save(tmp_path)
    loaded = load_successor(tmp_path, device="cpu")
    np.testing.assert_array_equal(loaded.disagreement(UNSEEN), differing)
    np.testing.assert_array_equal(loaded.predict_proba(UNSEEN), model.predict_proba(UNSEEN))
    trained = loaded.fit(TEXTS, TARGETS).predict_proba(UNSEEN)
    np.testing.assert_array_equal(trained, before)


def test_a_members_settings_are_told_and_its_name_is_checked(few: Any) -> None:
    assert few(inner="linear(C=3)").settings()["member"]["C"] == 3
    assert few(inner="auto").settings()["member"]["successor"] == "linear"
    with pytest.raises(UnknownNameError, match="Did you mean 'linear'"):
        few(inner="liner")
