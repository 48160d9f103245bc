"""What every successor must do. A new one gets all of this from one subclass."""

from __future__ import annotations

import inspect
import json
import random
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from activellm.errors import ActiveLLMError, DataError, UsageError
from activellm.progress import Progress
from activellm.selection.fitted import FittedSuccessor, GivesFeatures, SamplesProbabilities
from activellm.successors import SUCCESSORS, Successor, load_successor, make_successor
from activellm.task import Task

GOOD = ["good film", "a great meal", "so nice", "lovely book", "fine park", "very good tree"]
BAD = ["bad film", "an awful meal", "so dull", "poor book", "sad park", "very bad tree"]
TEXTS = [text for both in zip(GOOD, BAD, strict=True) for text in both]
UNSEEN = ["the water was nice", "the light was awful", "", "a " * 50_000, "世界 \x00 \ud83d"]


def task_of(*names: str, **fields: Any) -> Task:
    labels = tuple({"name": name, "definition": f"about {name}"} for name in names)
    return Task.build(description="What is it?", labels=labels, **fields)


SENTIMENT = task_of("pos", "neg")
TARGETS = SENTIMENT.targets([("pos",), ("neg",)] * 6)
PAIR = task_of("same", "other", pair=True)
PAIRS = [(a, a) for a in GOOD] + [(a, b) for a, b in zip(GOOD, BAD, strict=True)]
PAIR_TARGETS = PAIR.targets([("same",)] * 6 + [("other",)] * 6)
MULTI = task_of("pos", "neg", "film", "never", "always", kind="multi")


def multi_targets() -> np.ndarray:
    answers = []
    for text in TEXTS:
        answer = ["always", "pos" if text in GOOD else "neg", *(["film"] if "film" in text else [])]
        answers.append(MULTI.answer(answer))
    return MULTI.targets(answers)


def breaking_at(call: int, error: BaseException) -> Progress:
    """Fails at its n-th call."""
    calls: list[object] = []

    def progress(*news: object) -> None:
        calls.append(news)
        if len(calls) == call:
            raise error

    return progress


class SuccessorContract:
    """Subclasses say how the successor is called, and another value for each of its settings."""

    name: ClassVar[str]
    quick: ClassVar[dict[str, Any]]
    """Settings under which it learns the toy task in a moment."""
    brief: ClassVar[dict[str, Any]] = {}
    """Settings under which training is over in a moment, whatever it learns."""
    variants: ClassVar[dict[str, Any]]
    """Every setting, with a value that is neither its default nor the quick one."""
    wrong: ClassVar[list[dict[str, Any]]]
    """Settings that must be refused."""

    @pytest.fixture
    def make(self, tiny: Path) -> Any:
        def maker(task: Task = SENTIMENT, seed: int = 3, **settings: Any) -> Successor:
            options = {"device": "cpu", "encoder": str(tiny), **self.quick, **settings}
            return make_successor(self.name, task, seed=seed, **options)

        return maker

    @pytest.fixture
    def load(self) -> Any:
        """Reads a saved successor back: `load(folder)`."""
        return partial(load_successor, device="cpu")

    def check_unseen(self, chances: np.ndarray) -> None:
        """What a label gets that no example had, while others had examples."""
        assert (chances == 0).all()

    def check_constant(self, never: np.ndarray, always: np.ndarray) -> None:
        """What labels get in a multi-label task that no example had, and that each one had."""
        np.testing.assert_allclose(never, 0, atol=1e-30)
        np.testing.assert_allclose(always, 1, atol=1e-30)

    def test_it_learns_and_gives_probabilities_in_task_order(self, make: Any) -> None:
        model = make()
        assert model.fit(TEXTS, TARGETS) is model
        chances = model.predict_proba(TEXTS)
        assert chances.shape == (12, 2)
        assert chances.dtype == np.float64
        np.testing.assert_allclose(chances.sum(axis=1), 1)
        assert (model.predict(TEXTS) == TARGETS).mean() > 0.9
        np.testing.assert_array_equal(model.predict(TEXTS), chances.argmax(axis=1))
        assert model.warnings == ()

    def test_the_heavier_of_two_contradicting_halves_wins(self, make: Any) -> None:
        both = np.concatenate([TARGETS, 1 - TARGETS])
        heavy = np.repeat([9.0, 1.0], 12)
        for weights in (heavy, heavy[::-1].copy()):
            model = make().fit(TEXTS * 2, both, weights=weights)
            expected = both[:12] if weights[0] > 1 else both[12:]
            assert (model.predict(TEXTS) == expected).mean() > 0.9

    def test_of_several_labels_the_heavier_text_teaches_more(self, make: Any) -> None:
        targets = multi_targets()
        turned = targets.copy()
        turned[:, :2] = 1 - turned[:, :2]
        both = np.concatenate([targets, turned])
        heavy = np.repeat([50.0, 1.0], 12)
        one, other = (
            make(MULTI).fit(TEXTS * 2, both, weights=weights).predict_proba(TEXTS)[:, :2]
            for weights in (heavy, heavy[::-1].copy())
        )
        assert (one - other)[targets[:, :2] == 1].mean() > 0.02
        assert (one - other)[targets[:, :2] == 0].mean() < -0.02

    @pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
    def test_impossible_weights(self, make: Any, value: float) -> None:
        weights = np.full(12, 1.0)
        weights[3] = value
        with pytest.raises(UsageError, match="weight above 0"):
            make().fit(TEXTS, TARGETS, weights=weights)
        with pytest.raises(UsageError, match="weight above 0"):
            make().fit(TEXTS, TARGETS, weights=np.ones(11))

    def test_turned_labels_turn_the_columns(self, make: Any) -> None:
        turned = make(task_of("neg", "pos")).fit(TEXTS, 1 - TARGETS)
        assert (turned.predict(TEXTS) == 1 - TARGETS).mean() > 0.9

    def test_same_seed_same_result_and_objects_do_not_share_state(self, make: Any) -> None:
        first = make().fit(TEXTS, TARGETS)
        expected = first.predict_proba(UNSEEN)
        other = make(seed=4).fit(TEXTS[::-1], 1 - TARGETS)
        other.predict_proba(UNSEEN)
        np.testing.assert_array_equal(first.predict_proba(UNSEEN), expected)
        np.testing.assert_array_equal(make().fit(TEXTS, TARGETS).predict_proba(UNSEEN), expected)

    def test_fit_forgets_what_was_learned_before(self, make: Any) -> None:
        expected = make().fit(TEXTS, TARGETS).predict_proba(UNSEEN)
        again = make().fit(TEXTS[:1], TARGETS[:1])
        assert again.warnings
        again.fit(TEXTS, TARGETS)
        assert again.warnings == ()
        np.testing.assert_array_equal(again.predict_proba(UNSEEN), expected)

    def test_inputs_and_global_random_state_are_untouched(self, make: Any) -> None:
        texts, targets = list(TEXTS), TARGETS.copy()
        states = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()
        model = make().fit(texts, targets)
        model.predict_proba(texts)
        if isinstance(model, SamplesProbabilities):
            model.sample_proba(texts, 2, seed=0)
        if isinstance(model, GivesFeatures):
            model.features(texts)
        assert texts == TEXTS
        np.testing.assert_array_equal(targets, TARGETS)
        assert random.getstate() == states[0]
        np.testing.assert_array_equal(np.random.get_state()[1], states[1])
        assert torch.equal(torch.get_rng_state(), states[2])

    def test_saved_and_loaded_it_predicts_the_same(
        self, make: Any, load: Any, tmp_path: Path
    ) -> None:
        model = make().fit(TEXTS[:3], TARGETS[:3])
        model.save(tmp_path)
        loaded = load(tmp_path)
        assert type(loaded) is type(model)
        assert loaded.task == SENTIMENT
        assert loaded.warnings == model.warnings != ()
        assert json.dumps(dict(loaded.settings())) == json.dumps(dict(model.settings()))
        np.testing.assert_array_equal(loaded.predict_proba(UNSEEN), model.predict_proba(UNSEEN))
        again = tmp_path / "again"
        again.mkdir()
        loaded.save(again)
        assert json.loads((again / "activellm.json").read_text()) == json.loads(
            (tmp_path / "activellm.json").read_text()
        )

    def test_nothing_saved_is_a_pickle(self, make: Any, tmp_path: Path) -> None:
        make().fit(TEXTS, TARGETS).save(tmp_path)
        for path in (one for one in tmp_path.rglob("*") if one.is_file()):
            assert path.suffix in (".json", ".safetensors", ".npz", ".md", ".txt"), path.name
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
        for path in tmp_path.iterdir():
            if path.suffix in (".npz", ".safetensors"):
                path.write_bytes(b"damaged")
        with pytest.raises(DataError):
            kind.load(tmp_path)
        (tmp_path / "activellm.json").write_text(json.dumps({**facts, "successor": "other"}))
        with pytest.raises(DataError, match="other"):
            kind.load(tmp_path)
        for content in ("[]", "{", '{"format": 1}', '{"format": 2}'):
            (tmp_path / "activellm.json").write_text(content)
            with pytest.raises(DataError):
                kind.load(tmp_path)

    @pytest.mark.parametrize("count", [1, 5])
    def test_one_class_gives_a_classifier_and_a_warning(self, make: Any, count: int) -> None:
        model = make().fit(GOOD[:count], TARGETS[0::2][:count])
        np.testing.assert_array_equal(model.predict_proba(UNSEEN), [[1.0, 0.0]] * len(UNSEEN))
        assert any("'pos'" in warning for warning in model.warnings)
        assert any("'neg'" in warning and "No example" in warning for warning in model.warnings)

    def test_one_example_of_a_label_is_warned_of(self, make: Any) -> None:
        model = make().fit([*GOOD, BAD[0]], np.array([0] * 6 + [1]))
        assert model.predict_proba(UNSEEN).shape == (len(UNSEEN), 2)
        assert model.warnings == ("Only one example of 'neg': expect errors there.",)

    def test_many_labels_of_which_few_are_seen(self, make: Any) -> None:
        names = [f"label {number}" for number in range(77)]
        seen = [number for number in range(77) if number % 4 == 1][:10]
        model = make(task_of(*names)).fit(TEXTS[:10], np.array(seen))
        chances = model.predict_proba(UNSEEN)
        assert chances.shape == (len(UNSEEN), 77)
        np.testing.assert_allclose(chances.sum(axis=1), 1)
        unseen = np.setdiff1d(np.arange(77), seen)
        self.check_unseen(chances[:, unseen])
        assert (chances[:, seen] > 0).all()
        assert any("No example of 'label 0', 'label 2'" in warning for warning in model.warnings)

    def test_odd_texts_in_training(self, make: Any) -> None:
        model = make().fit(UNSEEN, np.array([0, 1, 0, 1, 0]))
        assert np.isfinite(model.predict_proba([*UNSEEN, *TEXTS])).all()

    def test_a_hundred_labels_of_one_example_each(self, make: Any) -> None:
        task = task_of(*(f"label {number}" for number in range(100)))
        texts = [f"{text} {number}" for number, text in enumerate([*TEXTS * 9][:100])]
        model = make(task, **self.brief).fit(texts, np.arange(100))
        chances = model.predict_proba(UNSEEN)
        assert chances.shape == (len(UNSEEN), 100)
        np.testing.assert_allclose(chances.sum(axis=1), 1)
        assert (chances > 0).all()

    def test_nothing_but_empty_texts(self, make: Any) -> None:
        model = make(**self.brief).fit(["", ""], np.array([0, 1]))
        np.testing.assert_allclose(model.predict_proba([*UNSEEN, ""]).sum(axis=1), 1)

    @pytest.mark.parametrize(
        ("error", "expected"),
        [
            (KeyboardInterrupt(), KeyboardInterrupt),
            (MemoryError(), ActiveLLMError),
            (RuntimeError("out of memory: tried to allocate 1 GiB"), ActiveLLMError),
        ],
    )
    def test_a_fit_that_breaks_off_leaves_nothing_half_trained(
        self, make: Any, error: BaseException, expected: type[BaseException]
    ) -> None:
        """Whenever it happens: untrained, or as it was; and trained again it is as good."""
        steps: list[object] = []
        model = make(**self.brief).fit(TEXTS, TARGETS, progress=lambda *news: steps.append(news))
        before = model.predict_proba(UNSEEN)
        told = "memory" if expected is ActiveLLMError else None
        for last in sorted({1, len(steps)}):
            fresh = make(**self.brief)
            for one in (fresh, model):
                with pytest.raises(expected, match=told):
                    one.fit(TEXTS, TARGETS[::-1].copy(), progress=breaking_at(last, error))
            with pytest.raises(UsageError, match="not trained"):
                fresh.predict_proba(UNSEEN)
            try:
                after = model.predict_proba(UNSEEN)
            except UsageError:
                after = before
            np.testing.assert_array_equal(after, before)
        model.fit(TEXTS, TARGETS)
        np.testing.assert_array_equal(model.predict_proba(UNSEEN), before)

    def test_nothing_to_predict_is_no_rows(self, make: Any) -> None:
        model = make().fit(TEXTS, TARGETS)
        assert model.predict_proba([]).shape == (0, 2)
        assert model.predict([]).shape == (0,)

    def test_results_do_not_depend_on_order_or_company(self, make: Any) -> None:
        model = make().fit(TEXTS, TARGETS)
        together = model.predict_proba(TEXTS)
        np.testing.assert_allclose(model.predict_proba(TEXTS[::-1]), together[::-1], atol=1e-6)
        for row, text in enumerate(TEXTS[:3]):
            np.testing.assert_allclose(model.predict_proba([text])[0], together[row], atol=1e-6)

    @pytest.mark.parametrize("temperature", [0.5, 3.0])
    def test_a_temperature_divides_the_log_odds(
        self, make: Any, load: Any, temperature: float, tmp_path: Path
    ) -> None:
        model = make(task_of("pos", "neg", "none")).fit(TEXTS, TARGETS)
        before = model.predict_proba(UNSEEN)
        model.temper(temperature)
        after = model.predict_proba(UNSEEN)
        odds = [np.log(chances[:, 0]) - np.log(chances[:, 1]) for chances in (before, after)]
        np.testing.assert_allclose(odds[1], odds[0] / temperature, rtol=1e-3, atol=1e-5)
        self.check_unseen(after[:, 2])
        model.save(tmp_path)
        loaded = load(tmp_path)
        np.testing.assert_array_equal(loaded.predict_proba(UNSEEN), after)
        model.fit(TEXTS, TARGETS)
        np.testing.assert_array_equal(model.predict_proba(UNSEEN), before)

    def test_a_temperature_of_several_labels(self, make: Any) -> None:
        model = make(MULTI).fit(TEXTS, multi_targets())
        before = model.predict_proba(TEXTS)
        model.temper(2.0)
        after = model.predict_proba(TEXTS)
        odds = [np.log(p[:, :3]) - np.log1p(-p[:, :3]) for p in (before, after)]
        np.testing.assert_allclose(odds[1], odds[0] / 2, rtol=1e-3, atol=1e-5)
        self.check_constant(after[:, 3], after[:, 4])

    @pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
    def test_an_impossible_temperature(self, make: Any, temperature: float) -> None:
        with pytest.raises(UsageError, match="temperature"):
            make().fit(TEXTS, TARGETS).temper(temperature)

    def test_pairs(self, make: Any, load: Any, tmp_path: Path) -> None:
        model = make(PAIR).fit(PAIRS, PAIR_TARGETS)
        assert (model.predict(PAIRS) == PAIR_TARGETS).mean() > 0.8
        odd = [("", ""), ("a " * 50_000, "b"), ("a", "b " * 50_000)]
        np.testing.assert_allclose(model.predict_proba(odd).sum(axis=1), 1)
        model.save(tmp_path)
        again = load(tmp_path)
        np.testing.assert_array_equal(again.predict_proba(PAIRS), model.predict_proba(PAIRS))

    def test_multi_label(self, make: Any, load: Any, tmp_path: Path) -> None:
        targets = multi_targets()
        model = make(MULTI).fit(TEXTS, targets)
        chances = model.predict_proba(TEXTS)
        assert chances.shape == (12, 5)
        np.testing.assert_array_equal(model.predict(TEXTS), chances >= 0.5)
        assert (model.predict(TEXTS)[:, :2] == targets[:, :2]).mean() > 0.75
        self.check_constant(chances[:, 3], chances[:, 4])
        assert any("'never'" in warning for warning in model.warnings)
        assert any("'always'" in warning for warning in model.warnings)
        model.save(tmp_path)
        again = load(tmp_path)
        np.testing.assert_array_equal(again.predict_proba(TEXTS), chances)

    def test_multi_label_without_any_label(self, make: Any) -> None:
        chances = make(MULTI).fit(TEXTS[:2], np.zeros((2, 5), dtype=np.int64)).predict_proba(TEXTS)
        self.check_constant(chances, np.ones(0))

    def test_progress_is_told_to_the_end(self, make: Any) -> None:
        told: list[tuple[str, int, int | None]] = []
        model = make().fit(TEXTS, TARGETS, progress=lambda *news: told.append(news))
        assert told[-1][1] == told[-1][2]
        told.clear()
        model.predict_proba(TEXTS, progress=lambda *news: told.append(news))
        assert told[-1] == ("Predicting", 12, 12)

    def test_nothing_is_printed(
        self, make: Any, load: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        make().fit(TEXTS, TARGETS).save(tmp_path)
        load(tmp_path).predict_proba(TEXTS)
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize(
        ("contents", "targets"),
        [
            ([], np.array([], dtype=np.int64)),
            (TEXTS, TARGETS[:3]),
            (TEXTS[:2], np.array([0, 2])),
            (TEXTS[:2], np.array([-1, 0])),
            (TEXTS[:2], np.array([[0, 1], [1, 0]])),
            (PAIRS[:2], np.array([0, 1])),
            ([None, 3], np.array([0, 1])),
        ],
    )
    def test_what_cannot_be_trained_on_is_refused(
        self, make: Any, contents: Any, targets: Any
    ) -> None:
        with pytest.raises(UsageError):
            make().fit(contents, targets)

    def test_the_wrong_kind_of_text_is_refused_in_prediction(self, make: Any) -> None:
        with pytest.raises(UsageError, match="number 2"):
            make().fit(TEXTS, TARGETS).predict(["one", ("one", "two")])

    def test_untrained_it_neither_predicts_nor_saves(self, make: Any, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="not trained"):
            make().predict_proba(TEXTS)
        with pytest.raises(UsageError, match="not trained"):
            make().save(tmp_path)
        with pytest.raises(UsageError, match="not trained"):
            make().temper(2.0)
        assert list(tmp_path.iterdir()) == []

    def test_every_setting_is_recorded_and_tested(self, make: Any) -> None:
        parameters = set(inspect.signature(SUCCESSORS.get(self.name)).parameters)
        assert set(self.variants) == parameters - {"task", "seed", "encoder", "device", "judge"}
        before = dict(make().settings())
        json.dumps(before)
        assert make(seed=9).settings() == {**before, "seed": 9}
        for name, value in self.variants.items():
            assert make(**{name: value}).settings() == {**before, name: value}

    def test_wrong_settings_are_refused(self, make: Any) -> None:
        for settings in self.wrong:
            with pytest.raises(UsageError):
                make(**settings)
        with pytest.raises(UsageError, match="no setting 'epoch_count'"):
            make(epoch_count=3)

    def test_it_says_where_it_comes_from(self) -> None:
        kind = SUCCESSORS.get(self.name)
        assert kind.name == self.name
        assert any(character.isdigit() for character in kind.source)


class AskedByStrategies(SuccessorContract):
    """The same for a successor whose last layer is linear, and that can be sampled."""

    def test_it_gives_strategies_what_they_may_ask_for(self, make: Any) -> None:
        model = make()
        for asked in (FittedSuccessor, SamplesProbabilities, GivesFeatures):
            assert isinstance(model, asked)

    def test_samples_are_probabilities_that_the_seed_decides(self, make: Any) -> None:
        model = make().fit(TEXTS, TARGETS)
        samples = model.sample_proba(TEXTS, 7, seed=1)
        assert samples.shape == (7, 12, 2)
        assert samples.dtype == np.float64
        np.testing.assert_allclose(samples.sum(axis=2), 1)
        np.testing.assert_array_equal(model.sample_proba(TEXTS, 7, seed=1), samples)
        assert (model.sample_proba(TEXTS, 7, seed=2) != samples).any(axis=(1, 2)).all()
        for number, one in enumerate(samples[1:]):
            assert (one != samples[number]).any()
        assert (samples.mean(axis=0).argmax(axis=1) == TARGETS).mean() > 0.8

    def test_further_passes_leave_the_first_ones_as_they_are(self, make: Any) -> None:
        model = make().fit(TEXTS, TARGETS)
        few, many = (model.sample_proba(TEXTS, passes, seed=1) for passes in (3, 8))
        np.testing.assert_allclose(many[:3], few, atol=1e-6)

    def test_a_pass_is_one_classifier_for_all_texts(self, make: Any) -> None:
        """What a text is given does not depend on its place or its company."""
        model = make().fit(TEXTS, TARGETS)
        contents = [*UNSEEN, *TEXTS]
        together = model.sample_proba(contents, 4, seed=1)
        turned = model.sample_proba(contents[::-1], 4, seed=1)
        np.testing.assert_allclose(turned, together[:, ::-1], atol=1e-5)
        for row, text in enumerate(contents[:7]):
            alone = model.sample_proba([text, text], 4, seed=1)
            np.testing.assert_allclose(alone[:, 0], together[:, row], atol=1e-5)
            np.testing.assert_allclose(alone[:, 1], alone[:, 0], atol=1e-6)

    def test_sampling_and_features_leave_it_as_it_was(self, make: Any) -> None:
        model = make().fit(TEXTS, TARGETS)
        before = model.predict_proba(UNSEEN)
        model.sample_proba(TEXTS, 2, seed=1)
        model.features(TEXTS)
        np.testing.assert_array_equal(model.predict_proba(UNSEEN), before)

    def test_samples_of_a_label_never_seen_are_zero(self, make: Any) -> None:
        seen = make(task_of("a", "b", "c", "d")).fit(TEXTS[:3], np.array([0, 1, 3]))
        samples = seen.sample_proba(UNSEEN, 20, seed=0)
        assert (samples[:, :, 2] == 0).all()
        assert (samples[:, :, [0, 1, 3]] > 0).all()
        np.testing.assert_allclose(samples.sum(axis=2), 1)

    @pytest.mark.parametrize("count", [1, 5])
    def test_samples_of_one_class_all_say_it(self, make: Any, count: int) -> None:
        model = make().fit(GOOD[:count], TARGETS[0::2][:count])
        expected = np.broadcast_to([1.0, 0.0], (3, len(UNSEEN), 2))
        np.testing.assert_array_equal(model.sample_proba(UNSEEN, 3, seed=0), expected)

    def test_multi_label_samples(self, make: Any) -> None:
        model = make(MULTI).fit(TEXTS, multi_targets())
        samples = model.sample_proba(TEXTS, 5, seed=0)
        assert samples.shape == (5, 12, 5)
        assert ((samples >= 0) & (samples <= 1)).all()
        assert (samples[0, :, :3] != samples[1, :, :3]).any(axis=0).all()
        np.testing.assert_allclose(samples[:, :, 3:], np.tile([0.0, 1.0], (5, 12, 1)), atol=1e-30)

    def test_samples_and_features_of_pairs(self, make: Any) -> None:
        model = make(PAIR).fit(PAIRS, PAIR_TARGETS)
        assert model.sample_proba(PAIRS, 3, seed=0).shape == (3, 12, 2)
        assert model.features(PAIRS).shape[0] == 12

    def test_a_linear_layer_reads_the_features(self, make: Any) -> None:
        """Log-odds of two labels are a linear function of them, the same for all texts."""
        model = make().fit(TEXTS, TARGETS)
        contents = [*(text + end for text in TEXTS for end in ("", "!", " it", " bus")), *UNSEEN]
        features = model.features(contents)
        assert features.dtype == np.float32
        assert len(features) == len(contents)
        np.testing.assert_array_equal(model.features(contents), features)
        chances = model.predict_proba(contents)
        odds = np.log(chances[:, 0]) - np.log(chances[:, 1])
        table = np.column_stack([features, np.ones(len(features))]).astype(float)
        learned = np.linalg.lstsq(table, odds, rcond=None)[0]
        np.testing.assert_allclose(table @ learned, odds, atol=1e-3)

    @pytest.mark.parametrize("multi", [False, True])
    def test_probabilities_follow_from_the_features(self, make: Any, multi: bool) -> None:
        task, targets = (MULTI, multi_targets()) if multi else (SENTIMENT, TARGETS)
        model = make(task).fit(TEXTS, targets)
        found = model.proba_of(model.features(UNSEEN))
        np.testing.assert_allclose(found, model.predict_proba(UNSEEN), atol=1e-6)

    def test_nothing_to_sample_is_no_rows(self, make: Any) -> None:
        model = make().fit(TEXTS, TARGETS)
        assert model.sample_proba([], 3, seed=0).shape == (3, 0, 2)
        assert model.features([]).shape == (0, model.features(["a"]).shape[1])

    def test_samples_and_features_cannot_be_had_of_everything(self, make: Any) -> None:
        for ask in (lambda m, c: m.sample_proba(c, 2, seed=0), lambda m, c: m.features(c)):
            with pytest.raises(UsageError, match="not trained"):
                ask(make(), TEXTS)
            with pytest.raises(UsageError, match="number 2"):
                ask(make().fit(TEXTS, TARGETS), ["one", ("one", "two")])
        with pytest.raises(UsageError, match="one pass"):
            make().fit(TEXTS, TARGETS).sample_proba(TEXTS, 0, seed=0)

    def test_progress_of_sampling_is_told_to_the_end(self, make: Any) -> None:
        told: list[tuple[str, int, int | None]] = []
        model = make().fit(TEXTS, TARGETS)
        model.sample_proba(TEXTS, 3, seed=0, progress=lambda *news: told.append(news))
        assert told[-1] == ("Predicting", 12, 12)

    def test_samples_of_a_tempered_one_are_tempered(self, make: Any) -> None:
        model = make().fit(TEXTS, TARGETS)
        before = model.sample_proba(UNSEEN, 3, seed=0)
        model.temper(2.0)
        odds = np.log(before[..., 0]) - np.log(before[..., 1])
        after = model.sample_proba(UNSEEN, 3, seed=0)
        np.testing.assert_allclose(
            np.log(after[..., 0]) - np.log(after[..., 1]), odds / 2, rtol=1e-3, atol=1e-5
        )
