"""Our strategies inside the real loops of small-text and scikit-activeml."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from skactiveml.classifier import SklearnClassifier
from skactiveml.pool import UncertaintySampling
from skactiveml.utils import MISSING_LABEL
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from activellm.estimators import InputError, ScikitActivemlStrategy, SmallTextStrategy
from activellm.selection.entropy import entropies

WORDS = ("cat", "dog", "fish")
TEXTS = [f"{word} {'and mouse ' * (n % 4)}number {n}" for n in range(20) for word in WORDS]
TRUE = np.array([0, 1, 2] * 20)
VECTORS = TfidfVectorizer().fit_transform(TEXTS)


@pytest.mark.filterwarnings("ignore:The function get_flattened_unique_labels:DeprecationWarning")
class TestSmallText:
    @pytest.fixture
    def loop(self):
        from small_text import PoolBasedActiveLearner, SklearnClassifierFactory, SklearnDataset

        def make(strategy, labels=TRUE, first=(0, 1, 2)):
            factory = SklearnClassifierFactory(LogisticRegression(), 3)
            data = SklearnDataset(VECTORS, labels, target_labels=np.arange(3))
            learner = PoolBasedActiveLearner(factory, strategy, data)
            learner.initialize_data(np.array(first), labels[list(first)])
            return learner

        return make

    def test_three_rounds_by_a_strategy_that_asks_their_classifier(self, loop) -> None:
        strategy = SmallTextStrategy("entropy", texts=TEXTS, candidates=None)
        learner = loop(strategy)
        for _ in range(3):
            before = learner.classifier.model.predict_proba(VECTORS)
            queried = learner.query(num_samples=5)
            assert not {*queried} & {*learner.indices_labeled}
            left = np.setdiff1d(np.arange(60), learner.indices_labeled)
            own = entropies(before, multi=False)
            assert own[queried].min() >= np.sort(own[left])[-5] - 1e-9
            learner.update(TRUE[queried])
        assert len(learner.indices_labeled) == 18
        assert strategy.selection.strategy == "entropy"

    def test_a_class_that_their_classifier_has_not_seen(self, loop) -> None:
        queried = loop(SmallTextStrategy("entropy", texts=TEXTS), first=(0, 1)).query(num_samples=4)
        assert len({*queried}) == 4

    def test_texts_of_the_data_set_and_the_encoder(self, tiny_encoder: Path) -> None:
        from small_text import TextDataset

        strategy = SmallTextStrategy("kmeans", encoder=str(tiny_encoder), candidates=30)
        data = TextDataset(TEXTS, TRUE, target_labels=np.arange(3))
        found = [
            strategy.query(None, data, np.arange(3, 60), np.arange(3), TRUE[:3], n=6)
            for _ in range(2)
        ]
        assert [len({*rows}) for rows in found] == [6, 6]
        assert min(map(min, found)) >= 3
        assert {*found[0]} != {*found[1]}, "another round looks at other candidates"

    def test_several_labels_a_text(self) -> None:
        from small_text import TextDataset

        table = csr_matrix(np.eye(3, dtype=int)[TRUE])
        data = TextDataset(TEXTS, table, target_labels=np.arange(3))
        strategy = SmallTextStrategy("random")
        rows = strategy.query(None, data, np.arange(3, 60), np.arange(3), table[:3], n=6)
        assert len({*rows}) == 6

    def test_what_cannot_be_is_refused(self, loop) -> None:
        from small_text.query_strategies import PoolExhaustedException

        with pytest.raises(InputError, match="holds no texts"):
            loop(SmallTextStrategy("random")).query(num_samples=2)
        with pytest.raises(InputError, match="2 texts for 60 rows"):
            loop(SmallTextStrategy("random", texts=TEXTS[:2])).query(num_samples=2)
        with pytest.raises(PoolExhaustedException):
            loop(SmallTextStrategy("random", texts=TEXTS)).query(num_samples=58)
        with pytest.raises(InputError, match="told what is to be decided"):
            SmallTextStrategy("coverage", llm="embedded")


class TestScikitActiveml:
    X = VECTORS.toarray()

    def test_a_loop_from_no_label_at_all(self) -> None:
        strategy = ScikitActivemlStrategy("kmeans", random_state=1)
        y = np.full(60, MISSING_LABEL)
        for _ in range(3):
            rows, utilities = strategy.query(self.X, y, batch_size=5, return_utilities=True)
            assert np.isnan(y[rows]).all()
            assert utilities.shape == (5, 60)
            assert np.nanargmax(utilities, axis=1).tolist() == rows.tolist()
            assert np.isnan(utilities[:, ~np.isnan(y)]).all()
            y[rows] = TRUE[rows]
        assert {*y[~np.isnan(y)]} == {0, 1, 2}

    @pytest.mark.parametrize("names", [None, np.array(["a|b", "A/B", "c"], dtype=object)], ids=str)
    def test_it_asks_their_classifier_as_their_own_strategy_does(self, names) -> None:
        true, missing = (TRUE, MISSING_LABEL) if names is None else (names[TRUE], None)
        y = np.full(60, missing, dtype=float if names is None else object)
        y[:6] = true[:6]
        classifier = SklearnClassifier(
            LogisticRegression(), classes=np.unique(true).tolist(), missing_label=missing
        )
        ours = ScikitActivemlStrategy("entropy", missing_label=missing, random_state=0)
        theirs = UncertaintySampling("entropy", missing_label=missing, random_state=0)
        some = np.arange(6, 40, 3)
        for candidates in (None, some):
            mine = ours.query(self.X, y, classifier, candidates=candidates, batch_size=3)
            assert {*mine} <= {*(range(6, 60) if candidates is None else some)}
            _, worth = theirs.query(
                self.X, y, classifier, candidates=candidates, return_utilities=True
            )
            best = np.sort(worth[0][~np.isnan(worth[0])])[-3:]
            np.testing.assert_allclose(np.sort(worth[0][mine]), best, atol=1e-8)

    def test_without_a_classifier_a_regression_on_the_vectors_is_asked(self) -> None:
        y = np.full(60, MISSING_LABEL)
        y[:6] = TRUE[:6]
        rows = ScikitActivemlStrategy("badge", random_state=0).query(self.X, y, batch_size=4)
        assert len({*rows}) == 4

    def test_the_seed_decides(self) -> None:
        y = np.full(60, MISSING_LABEL)
        found = [
            ScikitActivemlStrategy("random", random_state=seed, sample=20).query(
                self.X, y, batch_size=5
            )
            for seed in (7, 7, 8)
        ]
        assert found[0].tolist() == found[1].tolist() != found[2].tolist()

    def test_what_cannot_be_is_refused(self) -> None:
        y = np.full(60, MISSING_LABEL)
        with pytest.raises(InputError, match="needs texts to read"):
            ScikitActivemlStrategy("coverage", llm="embedded").query(self.X, y)
        with pytest.raises(InputError, match="2 texts for 60 rows"):
            ScikitActivemlStrategy("random", texts=TEXTS[:2]).query(self.X, y)
