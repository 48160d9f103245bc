"""SetFit: an encoder tuned by comparing the labelled texts with each other, and a logistic head."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import torch

from activellm.encoders import Encoder, Vectors
from activellm.encoders.device import resolve_device
from activellm.encoders.names import encoder_folder, fingerprints, licence_of
from activellm.encoders.pooling import counted
from activellm.errors import UsageError
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.seeding import generator
from activellm.successors.checks import ClassWeights, check_training, label_counts
from activellm.successors.contract import Probabilities, Weights
from activellm.successors.contrastive import Compared, Contrast, Rows, contrast, draw_pairs
from activellm.successors.linear import Linear, check_regression
from activellm.successors.model_card import write_model_card
from activellm.successors.precision import Precision, check_precision, number_type
from activellm.successors.saved import SavedFacts
from activellm.successors.together import Lesson, learning
from activellm.successors.tuned import TunedEncoder
from activellm.task import Targets, Task

if TYPE_CHECKING:
    from activellm.successors.onnx_graph import Graph


@dataclass(frozen=True)
class _Fitted:
    """What training made."""

    encoder: TunedEncoder
    head: Linear
    saved: SavedFacts


class SetFit:
    """An encoder whose vectors are tuned by contrastive pairs, and logistic regression on them.

    Twenty pairs of each kind a text are the paper's; batch size, epochs, rates and warm-up are
    the defaults of its authors' library (setfit 1.2). The ActiveLLM paper used it with the encoder
    paraphrase-mpnet-base-v2, batches of 16 and 4 epochs.

    Where there is nothing to contrast (one label in all, or no two texts alike), the encoder stays
    as it is and the head alone is trained. Pairs of texts are embedded as the encoder does it (see
    `encoders/pairs.py`), and these vectors are compared.

    Args:
        task: What it decides.
        seed: Decides the pairs, their order and the dropout.
        encoder: A name for `open_encoder`, or an open encoder, whose folder is taken.
        device: "auto", "cpu", "cuda", ...
        pairs: How many pairs of one label, and as many of two, each text is the first of.
        epochs: Times that every pair is seen.
        batch_size: Pairs a step.
        learning_rate: AdamW's highest.
        weight_decay: AdamW's.
        warmup: Share of the steps in which the learning rate rises.
        max_length: Most tokens of a text that are read; the rest is cut off.
        C: The head's inverse strength of the L2 penalty (see `Linear`).
        class_weights: The head's: "balanced" gives each label the same total weight.
        precision: What tuning's matrix products are computed in: "float32", "bfloat16", or with
            "auto" bfloat16 on a GPU and on a CPU that is quick in it (see `precision`).

    Attributes:
        losses: The loss of every step of the last `fit`.
    """

    name: ClassVar[str] = "setfit"
    source: ClassVar[str] = (
        "Tunstall et al. 2022, Efficient Few-Shot Learning Without Prompts, section 3"
    )

    def __init__(
        self,
        task: Task,
        *,
        seed: int,
        encoder: str | Encoder = "embedded",
        device: str = "auto",
        pairs: int = 20,
        epochs: int = 1,
        batch_size: int = 16,
        learning_rate: float = 2e-5,
        weight_decay: float = 0.01,
        warmup: float = 0.1,
        max_length: int = 256,
        C: float = 10.0,
        class_weights: ClassWeights = "none",
        precision: Precision = "auto",
    ) -> None:
        if max_length < 8:
            raise UsageError(f"max_length must be at least 8 tokens, not {max_length}.")
        check_regression(C, class_weights)
        self.task, self.seed, self.device, self.max_length = task, seed, device, max_length
        self.contrast = Contrast(pairs, epochs, batch_size, learning_rate, weight_decay, warmup)
        self.C = C
        self.precision = check_precision(precision)
        self.class_weights: ClassWeights = class_weights
        self.warnings: tuple[str, ...] = ()
        self.losses: tuple[float, ...] = ()
        self._encoder = encoder
        self._fitted: _Fitted | None = None

    @property
    def spec(self) -> str:
        """How the user named the encoder that tuning starts from."""
        return self._encoder if isinstance(self._encoder, str) else self._encoder.spec

    def settings(self) -> Mapping[str, Any]:
        """See `Successor.settings`."""
        if self._fitted is not None:
            return self._fitted.saved.settings
        return {
            "encoder": self.spec,
            "weights": self._weights,
            **asdict(self.contrast),
            "max_length": self.max_length,
            "C": self.C,
            "class_weights": self.class_weights,
            "precision": number_type(self.precision, resolve_device(self.device)),
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
        """See `Successor.fit`.

        Raises:
            ActiveLLMError: If the loss is no number any more, or memory runs out.
        """
        with learning():
            lesson = self.lesson(contents, targets, weights)
            lesson.finish(lesson.alone(progress))
        return self

    def lesson(
        self, contents: Sequence[Content], targets: Targets, weights: Weights | None = None
    ) -> Lesson:
        """See `Teachable.lesson`."""
        check_training(contents, targets, self.task, weights)
        self._fitted = None
        torch.manual_seed(self.seed)
        tuned = self._load(self._folder)
        pooled = tuned.pooled
        numbers = number_type(self.precision, resolve_device(self.device))
        rng = generator(self.seed, "setfit")
        pairs = draw_pairs(contents, targets, weights, self.contrast.pairs, rng)
        compared = Compared.of(contents, pairs)
        texts = pooled.tokenizer.encode(compared.texts)
        recipe = self.contrast.recipe(max(1, len(pairs)))

        def loss(hidden: torch.Tensor, mask: torch.Tensor, batch: Rows) -> torch.Tensor:
            own = counted(mask, pooled.pooling)
            shares = own[:, :, None] / own.sum(dim=1)[:, None, None]
            return compared.loss((hidden * shares).sum(dim=1), batch)

        def alone(progress: Progress) -> list[float]:
            if not len(pairs):
                return []
            return contrast(pooled, texts, compared, recipe, rng, progress, numbers)

        def finish(losses: list[float]) -> None:
            head = self._head(tuned)
            head.fit(contents, targets, weights=weights)
            self.losses, self.warnings = tuple(losses), head.warnings
            self._fitted = _Fitted(tuned, head, self._facts(targets))

        return Lesson(
            model=pooled.model,
            tokenizer=pooled.tokenizer,
            encodings=texts,
            examples=len(pairs),
            texts=compared.needed,
            loss=loss,
            recipe=recipe,
            rng=rng,
            numbers=numbers,
            seed=self.seed,
            alone=alone,
            finish=finish,
        )

    def predict_proba(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> Probabilities:
        """See `Successor.predict_proba`."""
        return self._trained().head.predict_proba(contents, progress=progress)

    def sample_proba(
        self, contents: Sequence[Content], passes: int, *, seed: int, progress: Progress = silent
    ) -> Probabilities:
        """Label probabilities by heads refitted under random weights (see `Linear.sample_proba`).

        The encoder is the same in all passes.
        """
        head = self._trained().head
        return head.sample_proba(contents, passes, seed=seed, progress=progress)

    def features(self, contents: Sequence[Content], *, progress: Progress = silent) -> Vectors:
        """What the head reads of each text: the tuned encoder's vector, shape (n, d)."""
        return self._trained().head.features(contents, progress=progress)

    def proba_of(self, features: Vectors) -> Probabilities:
        """Label probabilities from what `features` gave, shape (n, labels)."""
        return self._trained().head.proba_of(features)

    def predict(self, contents: Sequence[Content], *, progress: Progress = silent) -> Targets:
        """See `Successor.predict`."""
        return self._trained().head.predict(contents, progress=progress)

    def temper(self, temperature: float) -> None:
        """See `Successor.temper`."""
        self._trained().head.temper(temperature)

    def save(self, folder: Path) -> None:
        """See `Successor.save`: the tuned encoder, `linear.npz`, `activellm.json`, a model card."""
        fitted = self._trained()
        fitted.encoder.save(folder)
        fitted.head.save_regression(folder)
        fitted.saved.write(folder)
        write_model_card(folder)

    def graph(self) -> Graph:
        """See `HasGraph.graph`; the tuned encoder is in it."""
        from activellm.successors.onnx_graph import pooled_graph

        fitted = self._trained()
        pooled = fitted.encoder.pooled
        model = copy.deepcopy(pooled.model).cpu().float()
        given = replace(pooled, model=model)
        return pooled_graph(given, fitted.head.regression, self.task.pair)

    @classmethod
    def load(cls, folder: Path, *, encoder: Encoder | None = None, device: str = "auto") -> Self:
        """See `Successor.load`; the folder holds all weights, so no encoder is needed."""
        saved = SavedFacts.read(folder, cls.name)
        options = {**saved.settings}
        for recorded in ("weights", "precision"):
            options.pop(recorded, None)
        made = cls(saved.task, device=device, **options)
        tuned = made._load(folder)
        head = made._head(tuned)
        head.load_regression(folder, saved)
        made._fitted, made.warnings = _Fitted(tuned, head, saved), saved.warnings
        return made

    @cached_property
    def _folder(self) -> Path:
        given = self._encoder
        return encoder_folder(given) if isinstance(given, str) else given.folder

    @cached_property
    def _weights(self) -> str:
        return fingerprints(self._folder)["weights"]

    def _load(self, folder: Path) -> TunedEncoder:
        return TunedEncoder.load(folder, self.spec, resolve_device(self.device), self.max_length)

    def _head(self, tuned: TunedEncoder) -> Linear:
        return Linear(
            self.task, seed=self.seed, encoder=tuned, C=self.C, class_weights=self.class_weights
        )

    def _trained(self) -> _Fitted:
        if self._fitted is None:
            raise UsageError("This classifier is not trained yet.")
        return self._fitted

    def _facts(self, targets: Targets) -> SavedFacts:
        return SavedFacts.of(
            self,
            label_counts(targets, self.task),
            len(targets),
            encoder={"spec": self.spec, "licence": licence_of(self.spec, self._folder)},
            packages=("numpy", "scikit-learn", "torch", "transformers"),
        )
