"""Fine-tuning an encoder with a classifying head: the paper's successor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import torch

from activellm.encoders import Encoder
from activellm.encoders.device import resolve_device
from activellm.encoders.names import encoder_folder, fingerprints, licence_of
from activellm.encoders.quiet import quiet_transformers
from activellm.encoders.tokens import Tokenizer
from activellm.errors import UsageError
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.seeding import generator
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
from activellm.successors.heads import Head, load_classifier, temper
from activellm.successors.model_card import write_model_card
from activellm.successors.network import Features, Network
from activellm.successors.onnx_graph import Graph, classifier_graph
from activellm.successors.precision import Precision, check_precision, number_type
from activellm.successors.saved import SavedFacts
from activellm.successors.together import Lesson, learning
from activellm.successors.training import Recipe, Rows, train
from activellm.successors.windows import LongTexts, Windows, check_long_texts, windows
from activellm.task import Targets, Task


class FineTune:
    """An encoder with a new classifying head, all weights trained; nothing is frozen.

    The paper's setting: AdamW, cross-entropy, 25 epochs. Multi-label tasks use binary
    cross-entropy, pairs are given as two segments.

    Args:
        task: What it decides.
        seed: Decides the head's first weights, the order of texts and the dropout.
        encoder: A name for `open_encoder`, or an open encoder, whose folder is taken.
        device: "auto", "cpu", "cuda", ...
        epochs: Times that every text is seen.
        batch_size: Texts a step.
        learning_rate: AdamW's highest.
        weight_decay: AdamW's.
        warmup_steps: Steps of linear rise of the learning rate.
        max_length: Most tokens of a text (of both texts of a pair); the rest is cut off.
        class_weights: "balanced" gives each label the same total weight, "none" each example.
        long_texts: Of a text over `max_length`, "cut" reads the beginning only; with "windows" each
            window is an example that counts as its share of the text, and the prediction is the
            mean of the windows' log-odds (see `windows`).
        precision: What training's matrix products are computed in: "float32", "bfloat16", or with
            "auto" bfloat16 on a GPU and on a CPU that is quick in it (see `precision`).

    Attributes:
        losses: The training loss of every step of the last `fit`.
    """

    name: ClassVar[str] = "finetune"
    source: ClassVar[str] = (
        "Bayer, Lutz and Reuter 2026, ActiveLLM, TACL 14 (training code of its repository); "
        "Devlin et al. 2019, BERT, section 3.2"
    )

    def __init__(
        self,
        task: Task,
        *,
        seed: int,
        encoder: str | Encoder = "embedded",
        device: str = "auto",
        epochs: int = 25,
        batch_size: int = 8,
        learning_rate: float = 5e-5,
        weight_decay: float = 0.01,
        warmup_steps: int = 5,
        max_length: int = 256,
        class_weights: ClassWeights = "none",
        long_texts: LongTexts = "cut",
        precision: Precision = "auto",
    ) -> None:
        if max_length < 8:
            raise UsageError(f"max_length must be at least 8 tokens, not {max_length}.")
        if class_weights not in ("none", "balanced"):
            raise UsageError(f"class_weights must be none or balanced, not {class_weights!r}.")
        self.task, self.seed, self.device, self.max_length = task, seed, device, max_length
        self.class_weights: ClassWeights = class_weights
        self.long_texts = check_long_texts(long_texts)
        self.precision = check_precision(precision)
        self.recipe = Recipe(epochs, batch_size, learning_rate, weight_decay, warmup_steps)
        self.warnings: tuple[str, ...] = ()
        self.losses: tuple[float, ...] = ()
        self._encoder = encoder
        self._model: Any = None
        self._tokenizer: Tokenizer | None = None
        self._saved: SavedFacts | None = None

    @property
    def spec(self) -> str:
        """How the user named the encoder that training starts from."""
        return self._encoder if isinstance(self._encoder, str) else self._encoder.spec

    def settings(self) -> Mapping[str, Any]:
        """See `Successor.settings`."""
        if self._saved is not None:
            return self._saved.settings
        return {
            "encoder": self.spec,
            "weights": self._weights,
            **asdict(self.recipe),
            "max_length": self.max_length,
            "class_weights": self.class_weights,
            "long_texts": self.long_texts,
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
        self._saved = None
        device = resolve_device(self.device)
        numbers = number_type(self.precision, device)
        torch.manual_seed(self.seed)
        with quiet_transformers():
            tokenizer = Tokenizer.load(self._folder, self.max_length)
        cut = self._cut(tokenizer, contents)
        head = Head(self.task, targets[cut.owner], self.class_weights, device, cut.weights(weights))
        with quiet_transformers():
            model = load_classifier(self._folder, self.task).to(device)
        rows = tokenizer.encode(cut.contents) if head.learns else []
        rng = generator(self.seed, "finetune")

        def loss(logits: torch.Tensor, _mask: torch.Tensor, batch: Rows) -> torch.Tensor:
            return head.loss(logits, torch.from_numpy(batch).to(logits.device))

        def alone(progress: Progress) -> list[float]:
            if not head.learns:
                return []
            return train(model, tokenizer, rows, head.loss, self.recipe, rng, progress, numbers)

        def finish(losses: list[float]) -> None:
            head.seal(model)
            self.losses, self._model, self._tokenizer = tuple(losses), model.eval(), tokenizer
            self.warnings = training_warnings(targets, self.task)
            self._saved = self._facts(targets)

        return Lesson(
            model=model,
            tokenizer=tokenizer,
            encodings=rows,
            examples=len(rows),
            texts=lambda batch: batch,
            loss=loss,
            recipe=self.recipe,
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
        cut = self._cut(self._trained()[1], contents)
        found = self._network.probabilities(cut.contents, progress)
        return cut.chances(found, multi=self.task.multi)

    def sample_proba(
        self, contents: Sequence[Content], passes: int, *, seed: int, progress: Progress = silent
    ) -> Probabilities:
        """Label probabilities by Monte-Carlo dropout (see `dropout`).

        Args:
            contents: n texts or pairs.
            passes: How many dropout masks, at least 1.
            seed: Decides the masks. A text's answers depend on it and on the text alone, but for
                rounding; the same texts in the same order give the same numbers.
            progress: Told how many texts are done.

        Returns:
            Shape (passes, n, labels); one pass is one network for all texts.

        Raises:
            UsageError: If it is not trained, or the encoder has no dropout.
        """
        check_passes(passes)
        cut = self._cut(self._trained()[1], contents)
        found = self._network.samples(cut.contents, passes, seed, progress)
        return cut.chances(found, multi=self.task.multi)

    def features(self, contents: Sequence[Content], *, progress: Progress = silent) -> Features:
        """What the last linear layer reads of each text, without dropout; shape (n, d)."""
        cut = self._cut(self._trained()[1], contents)
        return cut.means(self._network.features(cut.contents, progress))

    def proba_of(self, features: Features) -> Probabilities:
        """Label probabilities from what `features` gave, shape (n, labels)."""
        return self._network.of_features(features)

    def predict(self, contents: Sequence[Content], *, progress: Progress = silent) -> Targets:
        """See `Successor.predict`."""
        return decide(self.predict_proba(contents, progress=progress), self.task)

    def temper(self, temperature: float) -> None:
        """See `Successor.temper`."""
        check_temperature(temperature)
        temper(self._trained()[0], temperature)

    def save(self, folder: Path) -> None:
        """See `Successor.save`: a folder that `transformers.pipeline` loads, with a model card."""
        model, tokenizer, saved = self._trained()
        with quiet_transformers():
            model.save_pretrained(folder)
            tokenizer.inner.save_pretrained(folder)
        saved.write(folder)
        write_model_card(folder)

    def graph(self) -> Graph:
        """See `HasGraph.graph`."""
        model, tokenizer, _ = self._trained()
        here = model if model.device.type == "cpu" else deepcopy(model).to("cpu")
        return classifier_graph(here, tokenizer)

    @classmethod
    def load(cls, folder: Path, *, encoder: Encoder | None = None, device: str = "auto") -> Self:
        """See `Successor.load`; the folder holds all weights, so no encoder is needed."""
        saved = SavedFacts.read(folder, cls.name)
        options = {**saved.settings}
        for recorded in ("weights", "precision"):
            options.pop(recorded, None)
        made = cls(saved.task, device=device, **options)
        with quiet_transformers():
            made._tokenizer = Tokenizer.load(folder, made.max_length)
            model = load_classifier(folder, saved.task, trained=True)
        made._model = model.to(resolve_device(device)).eval()
        made._saved, made.warnings = saved, saved.warnings
        return made

    @property
    def _network(self) -> Network:
        model, tokenizer, _ = self._trained()
        return Network(model, tokenizer, self.task)

    def _cut(self, tokenizer: Tokenizer, contents: Sequence[Content]) -> Windows:
        check_contents(contents, self.task)
        if self.long_texts == "cut":
            return Windows.whole(contents)
        return windows(tokenizer, contents)

    @cached_property
    def _folder(self) -> Path:
        given = self._encoder
        return encoder_folder(given) if isinstance(given, str) else given.folder

    @cached_property
    def _weights(self) -> str:
        return fingerprints(self._folder)["weights"]

    def _trained(self) -> tuple[Any, Tokenizer, SavedFacts]:
        if self._model is None or self._tokenizer is None or self._saved is None:
            raise UsageError("This classifier is not trained yet.")
        return self._model, self._tokenizer, self._saved

    def _facts(self, targets: Targets) -> SavedFacts:
        return SavedFacts.of(
            self,
            label_counts(targets, self.task),
            len(targets),
            encoder={"spec": self.spec, "licence": licence_of(self.spec, self._folder)},
            packages=("torch", "transformers"),
        )
