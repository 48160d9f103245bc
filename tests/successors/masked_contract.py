"""What `adapet` and `perfect` must do: the contract of successors, and that of their samples."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from successor_contract import SENTIMENT, TARGETS, TEXTS, AskedByStrategies, SuccessorContract

from activellm.errors import UsageError
from activellm.selection.fitted import GivesFeatures, SamplesProbabilities
from activellm.successors import SUCCESSORS, Successor, make_successor
from activellm.task import Task

_LEARNING = ("learns", "heavier", "turned", "pairs", "multi_label", "samples_are_prob")
"""Words in the names of the tests that look at what was learned; the others train a moment."""


class MaskedContract(SuccessorContract):
    brief: ClassVar[dict[str, Any]] = {"steps": 2, "batch_size": 12}

    @pytest.fixture
    def make(self, masked_bert: Path, request: pytest.FixtureRequest) -> Any:
        learns = any(word in request.node.name for word in _LEARNING)

        def maker(task: Task = SENTIMENT, seed: int = 3, **settings: Any) -> Successor:
            longer = {"steps": 70} if learns and task.pair else {}
            options = {"device": "cpu", "encoder": str(masked_bert), **self.quick, **longer}
            options |= settings if learns else {**self.brief, **settings}
            return make_successor(self.name, task, seed=seed, **options)

        return maker

    def test_it_samples_and_has_no_features(self, make: Any) -> None:
        assert isinstance(make(), SamplesProbabilities)
        assert not isinstance(make(), GivesFeatures)

    test_samples_are_probabilities = (
        AskedByStrategies.test_samples_are_probabilities_that_the_seed_decides
    )
    test_further_passes = AskedByStrategies.test_further_passes_leave_the_first_ones_as_they_are
    test_a_pass_is_one_classifier = AskedByStrategies.test_a_pass_is_one_classifier_for_all_texts
    test_samples_unseen = AskedByStrategies.test_samples_of_a_label_never_seen_are_zero
    test_samples_of_one_class = AskedByStrategies.test_samples_of_one_class_all_say_it
    test_samples_multi = AskedByStrategies.test_multi_label_samples
    test_samples_progress = AskedByStrategies.test_progress_of_sampling_is_told_to_the_end
    test_samples_tempered = AskedByStrategies.test_samples_of_a_tempered_one_are_tempered

    def test_sampling_leaves_it_as_it_was(self, make: Any) -> None:
        model = make().fit(TEXTS, TARGETS)
        before = model.predict_proba(TEXTS)
        model.sample_proba(TEXTS, 2, seed=1)
        np.testing.assert_array_equal(model.predict_proba(TEXTS), before)
        assert model.sample_proba([], 3, seed=0).shape == (3, 0, 2)
        with pytest.raises(UsageError, match="one pass"):
            model.sample_proba(TEXTS, 0, seed=0)
        with pytest.raises(UsageError, match="not trained"):
            make().sample_proba(TEXTS, 2, seed=0)

    def test_an_encoder_without_a_masked_head_is_refused(self, tiny: Path) -> None:
        with pytest.raises(UsageError, match=f"no masked-language head.*{self.name}") as error:
            make_successor(self.name, SENTIMENT, seed=0, encoder=str(tiny), device="cpu")
        assert "bert-base-uncased" in error.value.remedy
        assert "linear" in error.value.remedy

    def test_a_hub_id_is_the_same_as_its_folder(
        self, masked_bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """From the hub's cache, filled as a download fills it; nothing asks the network."""
        cached = tmp_path / "models--toys--bert"
        (cached / "refs").mkdir(parents=True)
        (cached / "refs" / "main").write_text("0" * 40)
        shutil.copytree(masked_bert, cached / "snapshots" / ("0" * 40))
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        asked = {}
        for spec in ("toys/bert", str(masked_bert)):
            model = make_successor(
                self.name, SENTIMENT, seed=0, encoder=spec, device="cpu", **self.brief
            )
            asked[spec] = model.fit(TEXTS, TARGETS).predict_proba(TEXTS)
        np.testing.assert_array_equal(asked["toys/bert"], asked[str(masked_bert)])

    @pytest.mark.weights
    def test_the_embedded_encoder_has_none(self) -> None:
        with pytest.raises(UsageError, match="The embedded encoder has no masked-language head"):
            SUCCESSORS.get(self.name)(SENTIMENT, seed=0)
