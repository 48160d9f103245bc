"""The query model alone as a classifier, calibrated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from activellm.encoders.contract import Encoder
from activellm.encoders.device import memory_errors
from activellm.errors import DataError, UsageError
from activellm.files import atomic_path
from activellm.llm.calibration import Calibration, calibrate_by_answers, calibration_of_batch
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.successors.checks import (
    check_contents,
    check_temperature,
    check_training,
    decide,
    label_counts,
    training_warnings,
)
from activellm.successors.contract import Judge, Probabilities, Weights
from activellm.successors.model_card import write_model_card
from activellm.successors.saved import SavedFacts, package_versions
from activellm.task import Targets, Task

_FILE = "zero_shot.npz"

_BATCH_TEXTS = 1.0
"""A liking seen in so many texts is half taken out: one text says more of itself."""

_PRIOR_TEXTS = 2.0
"""So many texts is the query model's own share of labels worth beside counted ones."""


@dataclass(frozen=True)
class _Fitted:
    """What was learned.

    Attributes:
        calibration: From the query model's probabilities to ours.
        prior: What a text gets that the query model gave no answer to, shape (labels,).
        counts: Examples of each label.
        texts: Examples in all.
        warnings: What was found wanting.
    """

    calibration: Calibration
    prior: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    texts: int
    warnings: tuple[str, ...]


class ZeroShot:
    """The query model's own label probabilities; people's labels only calibrate them.

    First the bias is taken out that the query model shows on all texts alike; then a bias for each
    label and one temperature are fitted to the labelled texts, under a prior that holds them back,
    so that a few labels cannot hurt. A label that nobody gave keeps what the query model says of
    it: no other successor can predict it.

    A text without a usable answer gets the labels' shares, and `warnings` says so, also after a
    prediction.

    Args:
        task: What it decides.
        seed: Recorded; nothing here is random.
        judge: Asks the query model. Only with one can it be trained and predict.
    """

    name: ClassVar[str] = "zero-shot"
    source: ClassVar[str] = (
        "Zhou et al. 2024, Batch Calibration, section 3; Zhao et al. 2021, Calibrate Before Use, "
        "section 5; Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2"
    )
    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    def __init__(self, task: Task, *, seed: int, judge: Judge | None = None) -> None:
        self.task, self.seed = task, seed
        self.warnings: tuple[str, ...] = ()
        self._judge = judge
        self._judge_name = str(getattr(judge, "name", ""))
        self._fitted: _Fitted | None = None

    def settings(self) -> Mapping[str, Any]:
        """See `Successor.settings`."""
        return {"judge": self._judge_name, "seed": self.seed}

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
            QueryModelError: If the query model failed.
        """
        check_training(contents, targets, self.task, weights)
        raw, answered = self._ask(contents, progress)
        heavy = np.ones(len(contents)) if weights is None else weights
        start = calibration_of_batch(raw[answered], multi=self.task.multi, texts=_BATCH_TEXTS)
        calibration = calibrate_by_answers(raw[answered], targets[answered], heavy[answered], start)
        shares = _shares(calibration.probabilities(raw[answered]), len(self.task.labels))
        goals = targets if self.task.multi else np.eye(len(shares))[targets]
        prior = (_PRIOR_TEXTS * shares + heavy @ goals) / (_PRIOR_TEXTS + heavy.sum())
        found = training_warnings(
            targets,
            self.task,
            unseen="the query model alone decides on it",
            alone="nothing speaks for another one",
        )
        warnings = (*found, *_unanswered(answered))
        with _enough_memory():
            progress("Calibrating", 1, 1)
        counts = label_counts(targets, self.task)
        self._fitted = _Fitted(calibration, prior, counts, len(targets), warnings)
        self.warnings = warnings
        return self

    def calibrate(self, contents: Sequence[Content], *, progress: Progress = silent) -> Self:
        """Make it ready without any label, in place of `fit`: by batch calibration.

        Args:
            contents: Texts like those that it is to classify; 8 at least, better 100.
            progress: Told how far it is.

        Raises:
            UsageError: If there is no text, or no query model.
            QueryModelError: If the query model failed.
        """
        check_contents(contents, self.task)
        if not contents:
            raise UsageError("There is no text to calibrate the query model on.")
        raw, answered = self._ask(contents, progress)
        calibration = calibration_of_batch(raw[answered], multi=self.task.multi)
        shares = _shares(calibration.probabilities(raw[answered]), len(self.task.labels))
        nothing = np.zeros(len(shares), dtype=np.int64)
        self._fitted = _Fitted(calibration, shares, nothing, 0, _unanswered(answered))
        self.warnings = self._fitted.warnings
        return self

    def predict_proba(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> Probabilities:
        """See `Successor.predict_proba`; a label never seen in `fit` can be predicted here.

        Raises:
            QueryModelError: If the query model failed.
        """
        fitted = self._trained()
        check_contents(contents, self.task)
        raw, answered = self._ask(contents, progress)
        found = np.tile(fitted.prior, (len(contents), 1))
        found[answered] = fitted.calibration.probabilities(raw[answered])
        self.warnings = (*fitted.warnings, *_unanswered(answered))
        progress("Predicting", len(contents), len(contents))
        return found

    def predict(self, contents: Sequence[Content], *, progress: Progress = silent) -> Targets:
        """See `Successor.predict`."""
        return decide(self.predict_proba(contents, progress=progress), self.task)

    def temper(self, temperature: float) -> None:
        """See `Successor.temper`."""
        check_temperature(temperature)
        fitted = self._trained()
        self._fitted = replace(fitted, calibration=fitted.calibration.tempered(temperature))

    def save(self, folder: Path) -> None:
        """See `Successor.save`: `zero_shot.npz` (plain arrays), `activellm.json`, a model card."""
        fitted = self._trained()
        calibration = fitted.calibration
        with atomic_path(folder / _FILE) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                bias=calibration.bias,
                slope=np.array(calibration.slope),
                prior=fitted.prior,
            )
        SavedFacts(
            successor=self.name,
            task=self.task,
            settings=self.settings(),
            label_counts=dict(zip(self.task.label_names, fitted.counts.tolist(), strict=True)),
            texts=fitted.texts,
            warnings=fitted.warnings,
            versions=package_versions("numpy", "scipy"),
        ).write(folder)
        write_model_card(folder)

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        encoder: Encoder | None = None,
        device: str = "auto",
        judge: Judge | None = None,
    ) -> Self:
        """See `Successor.load`; no encoder and no device is used.

        Args:
            folder: What `save` wrote.
            encoder, device: Not used.
            judge: Asks the query model that it was calibrated for.

        Raises:
            DataError: If it holds no such classifier, or one of another query model.
        """
        saved = SavedFacts.read(folder, cls.name)
        made = cls(saved.task, seed=saved.settings["seed"], judge=judge)
        calibrated = saved.settings["judge"]
        if calibrated and made._judge_name and made._judge_name != calibrated:
            raise DataError(
                f"It was calibrated for the query model {calibrated}, not {made._judge_name}.",
                where=str(folder),
                remedy="Name that one with --llm, or train again.",
            )
        made._judge_name = calibrated
        try:
            with np.load(folder / _FILE, allow_pickle=False) as arrays:
                bias, prior, slope = arrays["bias"], arrays["prior"], float(arrays["slope"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"Cannot read it: {error}.", where=str(folder / _FILE)) from None
        counts = np.array([saved.label_counts[name] for name in saved.task.label_names])
        calibration = Calibration(bias, slope, saved.task.multi)
        made._fitted = _Fitted(calibration, prior, counts, saved.texts, saved.warnings)
        made.warnings = saved.warnings
        return made

    def _ask(
        self, contents: Sequence[Content], progress: Progress
    ) -> tuple[Probabilities, npt.NDArray[np.bool_]]:
        """The query model's own probabilities, and which texts got an answer."""
        if self._judge is None:
            raise UsageError(
                "The successor 'zero-shot' asks a query model, and there is none.",
                where="--successor zero-shot",
                remedy="Name one with --llm (in Python: judge=), or choose another successor.",
            )
        if not contents:
            return np.zeros((0, len(self.task.labels))), np.zeros(0, dtype=np.bool_)
        with _enough_memory():
            raw = self._judge(contents, progress)
        return raw, np.asarray(np.isfinite(raw).all(axis=1))

    def _trained(self) -> _Fitted:
        if self._fitted is None:
            raise UsageError("This classifier is not trained yet.")
        return self._fitted


def _enough_memory() -> AbstractContextManager[None]:
    return memory_errors("Name a smaller query model, or close other programs.")


def _shares(found: Probabilities, labels: int) -> npt.NDArray[np.float64]:
    """The mean of label probabilities; even if there are none."""
    return np.asarray(found.mean(axis=0)) if len(found) else np.full(labels, 1 / labels)


def _unanswered(answered: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    missing = int((~answered).sum())
    if not missing:
        return ()
    return (
        f"The query model gave no usable answer to {missing} of {len(answered)} texts: "
        "they get the labels' shares.",
    )
