"""Logistic regression on frozen text embeddings: seconds on any machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from activellm.encoders import Encoder, Vectors, open_encoder
from activellm.encoders.device import memory_errors
from activellm.encoders.names import licence_of
from activellm.errors import ActiveLLMError, DataError, UsageError
from activellm.files import atomic_path
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.successors.bootstrap import bootstrap
from activellm.successors.checks import (
    ClassWeights,
    check_contents,
    check_passes,
    check_temperature,
    check_training,
    decide,
    label_counts,
    training_warnings,
)
from activellm.successors.contract import Probabilities, Weights
from activellm.successors.model_card import write_model_card
from activellm.successors.regression import Examples, Regression, fit_regression
from activellm.successors.saved import SavedFacts
from activellm.successors.windows import LongTexts, check_long_texts, pooled_vectors
from activellm.task import Targets, Task

if TYPE_CHECKING:
    from activellm.successors.onnx_graph import Graph

_FILE = "linear.npz"


@dataclass(frozen=True)
class _Fitted:
    """The regression and what it was fitted on; the examples themselves are never saved."""

    regression: Regression
    counts: npt.NDArray[np.int64]
    texts: int
    examples: Examples | None = None
    temperature: float = 1.0


class Linear:
    """Logistic regression on the encoder's vectors, which stay as they are.

    Single-label: multinomial (softmax over the labels seen). Multi-label: one regression a label.

    Args:
        task: What it decides.
        seed: Recorded; nothing here is random.
        encoder: A name for `open_encoder`, or an open encoder.
        device: Where an encoder given by name computes.
        C: scikit-learn's inverse strength of the L2 penalty. On vectors of length 1 its default
            1.0 keeps probabilities near uniform; see docs/design/successors.md for 10.
        class_weights: "balanced" gives each label the same total weight, "none" each example.
        long_texts: Of a text over the encoder's limit, "cut" reads the beginning only, "windows"
            takes the mean of its windows' vectors (see `windows`).
    """

    name: ClassVar[str] = "linear"
    source: ClassVar[str] = (
        "Alain and Bengio 2017, Understanding intermediate layers using linear classifier probes; "
        "embeddings by Reimers and Gurevych 2019, Sentence-BERT, section 3"
    )

    packages: ClassVar[tuple[str, ...]] = ("numpy", "scikit-learn", "torch", "transformers")
    chunk: ClassVar[int] = 4096
    """Texts whose vectors are computed at a time for prediction: bounds the memory."""
    random: ClassVar[bool] = False
    """Whether the seed changes what is learned; an ensemble asks."""

    def __init__(
        self,
        task: Task,
        *,
        seed: int,
        encoder: str | Encoder = "embedded",
        device: str = "auto",
        C: float = 10.0,
        class_weights: ClassWeights = "none",
        long_texts: LongTexts = "cut",
    ) -> None:
        check_regression(C, class_weights)
        self.long_texts = check_long_texts(long_texts)
        self.task, self.seed, self.C = task, seed, C
        self.class_weights: ClassWeights = class_weights
        self.encoder = open_encoder(encoder, device=device) if isinstance(encoder, str) else encoder
        self.warnings: tuple[str, ...] = ()
        self._fitted: _Fitted | None = None

    def settings(self) -> Mapping[str, Any]:
        """See `Successor.settings`."""
        return {
            "encoder": self.encoder.spec,
            "identity": dict(self.encoder.identity()),
            "C": self.C,
            "class_weights": self.class_weights,
            "long_texts": self.long_texts,
            "seed": self.seed,
        }

    def fit(
        self,
        contents: Sequence[Content],
        targets: Targets,
        *,
        weights: Weights | None = None,
        progress: Progress = silent,
    ) -> Self:
        """See `Successor.fit`."""
        check_training(contents, targets, self.task, weights)
        with self._enough_memory():
            vectors = self._vectors(contents, progress)
            if not np.isfinite(vectors).all():
                raise ActiveLLMError(
                    "The encoder's vectors are not numbers any more.",
                    remedy="Choose another encoder, or --device cpu.",
                )
            progress("Training", 0, 1)
            kept = None if weights is None else weights.copy()
            examples = Examples(vectors, targets.copy(), len(self.task.label_names), kept)
            regression = fit_regression(examples, self.C, self.class_weights)
            progress("Training", 1, 1)
        counts = label_counts(targets, self.task)
        self._fitted = _Fitted(regression, counts, len(targets), examples)
        self.warnings = training_warnings(targets, self.task)
        return self

    def predict_proba(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> Probabilities:
        """See `Successor.predict_proba`."""
        regression = self._trained().regression
        chances = np.zeros((len(contents), len(regression.bias)))
        for part, vectors in self._parts(contents, progress):
            chances[part] = regression.probabilities(vectors)
        return chances

    def sample_proba(
        self, contents: Sequence[Content], passes: int, *, seed: int, progress: Progress = silent
    ) -> Probabilities:
        """Label probabilities by regressions refitted under random weights (see `bootstrap`).

        Args:
            contents: n texts or pairs.
            passes: How many regressions, at least 1.
            seed: Decides the weights.
            progress: Told how many texts are done.

        Returns:
            Shape (passes, n, labels); one pass is one regression for all texts.

        Raises:
            UsageError: If it is not trained, or was loaded: its training vectors are not saved,
                since they would give away the labelled texts.
        """
        fitted = self._trained()
        check_passes(passes)
        if fitted.examples is None:
            raise UsageError(
                "A classifier that was loaded from a folder cannot be sampled: its folder does not "
                "hold the labelled texts that this takes.",
                remedy="Train it again on the labels.",
            )
        drawn = bootstrap(fitted.examples, self.C, self.class_weights, passes, seed)
        draws = [draw.tempered(fitted.temperature) for draw in drawn]
        chances = np.zeros((passes, len(contents), fitted.examples.labels))
        for part, vectors in self._parts(contents, progress):
            for table, draw in zip(chances, draws, strict=True):
                table[part] = draw.probabilities(vectors)
        return chances

    def features(self, contents: Sequence[Content], *, progress: Progress = silent) -> Vectors:
        """What the regression reads of each text: the encoder's vector, shape (n, d)."""
        self._trained()
        check_contents(contents, self.task)
        return self._vectors(contents, progress)

    def proba_of(self, features: Vectors) -> Probabilities:
        """Label probabilities from what `features` gave, shape (n, labels)."""
        return self._trained().regression.probabilities(features)

    def predict(self, contents: Sequence[Content], *, progress: Progress = silent) -> Targets:
        """See `Successor.predict`."""
        return decide(self.predict_proba(contents, progress=progress), self.task)

    def temper(self, temperature: float) -> None:
        """See `Successor.temper`."""
        check_temperature(temperature)
        fitted = self._trained()
        self._fitted = replace(
            fitted,
            regression=fitted.regression.tempered(temperature),
            temperature=fitted.temperature * temperature,
        )

    def save(self, folder: Path) -> None:
        """See `Successor.save`: `linear.npz` (plain arrays), `activellm.json`, a model card."""
        spec = self.encoder.spec
        licence = licence_of(spec, self.encoder.folder)
        self._write(folder, self._trained(), encoder={"spec": spec, "licence": licence})

    @property
    def regression(self) -> Regression:
        """What was fitted.

        Raises:
            UsageError: If nothing is trained yet.
        """
        return self._trained().regression

    def graph(self) -> Graph:
        """See `HasGraph.graph`; the encoder's weights are in it."""
        from activellm.successors.onnx_graph import regression_graph

        longest = int(self.encoder.identity()["max_length"])
        return regression_graph(self.encoder.folder, longest, self.regression, self.task.pair)

    @classmethod
    def load(cls, folder: Path, *, encoder: Encoder | None = None, device: str = "auto") -> Self:
        """See `Successor.load`.

        Raises:
            DataError: If it holds no such classifier, or was trained with other encoder weights.
        """
        saved = SavedFacts.read(folder, cls.name)
        settings = dict(saved.settings)
        trained_with = settings.pop("identity")
        spec = settings.pop("encoder")
        made = cls(saved.task, encoder=encoder or spec, device=device, **settings)
        _check_identity(trained_with, made.encoder, folder)
        made.load_regression(folder, saved)
        return made

    def _write(self, folder: Path, fitted: _Fitted, encoder: Mapping[str, str]) -> None:
        self.save_regression(folder)
        facts = SavedFacts.of(
            self, fitted.counts, fitted.texts, encoder=encoder, packages=self.packages
        )
        facts.write(folder)
        write_model_card(folder)

    def save_regression(self, folder: Path) -> None:
        """Write the trained regression alone, as plain arrays: `linear.npz`."""
        regression = self._trained().regression
        with atomic_path(folder / _FILE) as temporary, temporary.open("wb") as file:
            np.savez(file, weights=regression.weights, bias=regression.bias)

    def load_regression(self, folder: Path, saved: SavedFacts) -> None:
        """Take over what `save_regression` wrote, and what is known of its training.

        Raises:
            DataError: If it cannot be read.
        """
        try:
            # numpy leaves a file that it opens itself open where it is no archive.
            with (
                (folder / _FILE).open("rb") as file,
                np.load(file, allow_pickle=False) as arrays,
            ):
                weights, bias = arrays["weights"], arrays["bias"]
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise DataError(f"Cannot read it: {error}.", where=str(folder / _FILE)) from None
        counts = np.array([saved.label_counts[name] for name in saved.task.label_names])
        regression = Regression(weights, bias, saved.task.multi)
        self._fitted = _Fitted(regression, counts, saved.texts)
        self.warnings = saved.warnings

    def _vectors(self, contents: Sequence[Content], progress: Progress = silent) -> Vectors:
        """What the regression reads of each text, shape (n, d), rows of length 1."""
        if self.long_texts == "windows":
            return pooled_vectors(self.encoder, contents, progress)
        return self.encoder.embed(contents, progress=progress)

    def _enough_memory(self) -> AbstractContextManager[None]:
        return memory_errors("Train on fewer texts, or close other programs.")

    def _trained(self) -> _Fitted:
        if self._fitted is None:
            raise UsageError("This classifier is not trained yet.")
        return self._fitted

    def _parts(
        self, contents: Sequence[Content], progress: Progress
    ) -> Iterator[tuple[slice, Vectors]]:
        """The texts' vectors, a part at a time: the rows concerned, and their vectors."""
        check_contents(contents, self.task)
        for start in range(0, len(contents), self.chunk):
            part = slice(start, start + self.chunk)
            yield part, self._vectors(contents[part])
            progress("Predicting", min(start + self.chunk, len(contents)), len(contents))


def check_regression(C: float, class_weights: str) -> None:
    """Refuse settings that no regression can have.

    Raises:
        UsageError: If C is not above 0, or the class weights are of no known kind.
    """
    if not (np.isfinite(C) and C > 0):
        raise UsageError(f"C must be a number above 0, not {C}.")
    if class_weights not in ("none", "balanced"):
        raise UsageError(f"class_weights must be none or balanced, not {class_weights!r}.")


def _check_identity(trained_with: Mapping[str, str], encoder: Encoder, folder: Path) -> None:
    """Refuse other weights. The number type may differ: a GPU's classifier runs on a CPU."""
    now = dict(encoder.identity())
    if {**now, "dtype": ""} != {**trained_with, "dtype": ""}:
        raise DataError(
            f"The encoder {encoder.spec!r} is not the one that this classifier was trained with.",
            where=str(folder),
            remedy="Give it the same encoder, or train again.",
        )
