"""What the successors that need a masked-language head share: `adapet` and `perfect`."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch

from activellm.encoders import Encoder
from activellm.encoders.device import memory_errors, resolve_device
from activellm.encoders.names import is_local, licence_of
from activellm.encoders.quiet import quiet_transformers
from activellm.encoders.tokens import Tokenizer
from activellm.errors import DataError, UsageError
from activellm.files import write_text
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.successors.checks import (
    check_contents,
    check_passes,
    check_temperature,
    check_training,
    decide,
    label_counts,
    training_warnings,
)
from activellm.successors.contract import Probabilities, Weights
from activellm.successors.learned import Learned
from activellm.successors.masked_lm import MaskedEncoder
from activellm.successors.model_card import write_model_card
from activellm.successors.reader import Reader
from activellm.successors.saved import SavedFacts
from activellm.successors.stepping import Schedule
from activellm.task import Targets, Task

_TEMPERATURE = "temperature.json"


@dataclass(frozen=True)
class Training:
    """What there is to learn from.

    Attributes:
        contents: The texts or pairs.
        goals: As `Learned.goals` gives them.
        weights: How much each text counts, mean 1, so that the step size means the same.
        learned: Which labels are learned.
    """

    contents: Sequence[Content]
    goals: torch.Tensor
    weights: torch.Tensor
    learned: Learned


@dataclass(frozen=True)
class _Fitted:
    learned: Learned
    reader: Reader | None
    """None where there is nothing to tell apart."""
    temperature: float
    saved: SavedFacts


class MaskedSuccessor(ABC):
    """Fit, predict, save and load around a network that reads masked slots.

    Args:
        task: What it decides.
        seed: Decides everything random.
        encoder: A name for `open_encoder`, or an open encoder, whose folder is taken.
        device: "auto", "cpu", "cuda", ...
        schedule: How long and how fast to train.
        max_length: Most tokens of a text (of both texts of a pair), with all that is put around it.

    Raises:
        UsageError: If a local encoder has no masked-language head, or a setting cannot be.
    """

    name: ClassVar[str]
    source: ClassVar[str]

    def __init__(
        self,
        task: Task,
        seed: int,
        encoder: str | Encoder,
        device: str,
        schedule: Schedule,
        max_length: int,
    ) -> None:
        if max_length < 16:
            raise UsageError(f"max_length must be at least 16 tokens, not {max_length}.")
        self.task, self.seed, self.device = task, seed, device
        self.schedule, self.max_length = schedule, max_length
        self.warnings: tuple[str, ...] = ()
        self.losses: tuple[float, ...] = ()
        self._encoder = MaskedEncoder(encoder)
        self._fitted: _Fitted | None = None
        if is_local(self._encoder.spec):
            self._encoder.check(self.name)

    @abstractmethod
    def _own_settings(self) -> dict[str, Any]:
        """The settings that the other learner has not."""

    @abstractmethod
    def _learn(
        self, model: Any, tokenizer: Tokenizer, training: Training, progress: Progress
    ) -> Reader:
        """Train, and put the losses into `losses`. torch's global generator is seeded already."""

    @abstractmethod
    def _write(self, reader: Reader, folder: Path) -> None:
        """Write what `_read` needs."""

    @abstractmethod
    def _read(self, folder: Path, learned: Learned, device: torch.device) -> Reader:
        """Read what `_write` wrote."""

    def settings(self) -> Mapping[str, Any]:
        """See `Successor.settings`."""
        if self._fitted is not None:
            return self._fitted.saved.settings
        gpu = resolve_device(self.device).type == "cuda"
        return {
            "encoder": self._encoder.spec,
            "weights": self._encoder.weights,
            **self._own_settings(),
            **asdict(self.schedule),
            "max_length": self.max_length,
            "precision": "bfloat16" if gpu else "float32",
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
            UsageError: If the encoder has no masked-language head.
            ActiveLLMError: If the loss is no number any more, or memory runs out.
        """
        check_training(contents, targets, self.task, weights)
        encoder, self._fitted, self.losses = self._encoder, None, ()
        encoder.check(self.name)
        device = resolve_device(self.device)
        counts = label_counts(targets, self.task)
        learned = Learned.of(counts, len(contents), self.task)
        reader = None
        if learned.learns:
            each = np.ones(len(contents)) if weights is None else weights / weights.mean()
            scaled = torch.from_numpy(each.astype(np.float32)).to(device)
            goals = torch.from_numpy(learned.goals(targets)).to(device)
            reader = self._train(Training(contents, goals, scaled, learned), device, progress)
        self.warnings = training_warnings(targets, self.task)
        saved = SavedFacts.of(
            self,
            counts,
            len(targets),
            encoder={"spec": encoder.spec, "licence": licence_of(encoder.spec, encoder.folder)},
            packages=("torch", "transformers", "tokenizers"),
        )
        self._fitted = _Fitted(learned, reader, 1.0, saved)
        return self

    def _train(self, training: Training, device: torch.device, progress: Progress) -> Reader:
        gpus = list(range(torch.cuda.device_count()))
        remedy = "Use a smaller encoder, or lower batch_size or max_length."
        with memory_errors(remedy), torch.random.fork_rng(devices=gpus):
            torch.manual_seed(self.seed)
            tokenizer, model = self._encoder.open(device, self.max_length)
            reader = self._learn(model, tokenizer, training, progress)
            reader.network.eval()
        return reader

    def predict_proba(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> Probabilities:
        """See `Successor.predict_proba`."""
        fitted = self._trained()
        check_contents(contents, self.task)
        scores = np.zeros((len(contents), len(fitted.learned.active)))
        if fitted.reader is not None and len(contents):
            scores = fitted.reader.scores(contents, scores.shape[1], progress)
        return fitted.learned.probabilities(scores / fitted.temperature)

    def sample_proba(
        self, contents: Sequence[Content], passes: int, *, seed: int, progress: Progress = silent
    ) -> Probabilities:
        """Label probabilities by Monte-Carlo dropout (see `dropout`).

        Args:
            contents: n texts or pairs.
            passes: How many dropout masks, at least 1.
            seed: Decides the masks.
            progress: Told how many texts are done.

        Returns:
            Shape (passes, n, labels); one pass is one network for all texts.

        Raises:
            UsageError: If it is not trained, or the encoder has no dropout.
        """
        check_passes(passes)
        fitted = self._trained()
        check_contents(contents, self.task)
        scores = np.zeros((passes, len(contents), len(fitted.learned.active)))
        if fitted.reader is not None and len(contents):
            scores = fitted.reader.samples(contents, scores.shape[2], passes, seed, progress)
        return fitted.learned.probabilities(scores / fitted.temperature)

    def predict(self, contents: Sequence[Content], *, progress: Progress = silent) -> Targets:
        """See `Successor.predict`."""
        return decide(self.predict_proba(contents, progress=progress), self.task)

    def temper(self, temperature: float) -> None:
        """See `Successor.temper`."""
        check_temperature(temperature)
        fitted = self._trained()
        self._fitted = replace(fitted, temperature=fitted.temperature * temperature)

    def save(self, folder: Path) -> None:
        """See `Successor.save`."""
        fitted = self._trained()
        if fitted.reader is not None:
            with quiet_transformers():
                self._write(fitted.reader, folder)
        write_text(folder / _TEMPERATURE, json.dumps(fitted.temperature) + "\n")
        fitted.saved.write(folder)
        write_model_card(folder)

    @classmethod
    def load(cls, folder: Path, *, encoder: Encoder | None = None, device: str = "auto") -> Self:
        """See `Successor.load`."""
        saved = SavedFacts.read(folder, cls.name)
        options: dict[str, Any] = {**saved.settings}
        for recorded in ("weights", "precision"):
            options.pop(recorded, None)
        made = cls._restored(saved, options, encoder, device)
        counts = np.array([saved.label_counts[name] for name in saved.task.label_names])
        learned = Learned.of(counts, saved.texts, saved.task)
        reader = None
        if learned.learns:
            with quiet_transformers():
                reader = made._read(folder, learned, resolve_device(device))
            reader.network.eval()
        made._fitted = _Fitted(learned, reader, _temperature(folder), saved)
        made.warnings = saved.warnings
        return made

    @classmethod
    @abstractmethod
    def _restored(
        cls, saved: SavedFacts, options: dict[str, Any], encoder: Encoder | None, device: str
    ) -> Self:
        """An untrained one with saved settings."""

    def _trained(self) -> _Fitted:
        if self._fitted is None:
            raise UsageError("This classifier is not trained yet.")
        return self._fitted


def _temperature(folder: Path) -> float:
    path = folder / _TEMPERATURE
    try:
        return float(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise DataError("The classifier's temperature cannot be read.", where=str(path)) from None
