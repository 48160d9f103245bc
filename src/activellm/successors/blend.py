"""A classifier and the query model, asked together about every text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from activellm.encoders import Encoder
from activellm.encoders.device import memory_errors
from activellm.errors import DataError, UsageError
from activellm.files import write_text
from activellm.llm.calibration import Calibration, calibration_of_batch
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.seeding import generator
from activellm.successors.checks import (
    check_contents,
    check_temperature,
    check_training,
    decide,
    label_counts,
    training_warnings,
)
from activellm.successors.contract import Judge, Probabilities, Successor, Weights
from activellm.successors.model_card import write_model_card
from activellm.successors.registry import (
    SUCCESSORS,
    load_successor,
    make_successor,
    settled,
)
from activellm.successors.saved import SavedFacts
from activellm.successors.tempering import tempered
from activellm.successors.trust import (
    LEAST,
    Blend,
    deal,
    fit_blend,
    gain_of_judge,
    unseen_opinion,
)
from activellm.task import Targets, Task

_FILE, _INNER = "blend.json", "inner"


@dataclass(frozen=True)
class _Asked:
    """How the query model's opinion of a text becomes part of the answer.

    Attributes:
        seen: Positions of the labels that people gave; no other is ever answered.
        bias: What takes the query model's liking out, of the seen labels' log-probabilities.
        blend: Of its opinion and the inner classifier's, over the seen labels.
    """

    seen: npt.NDArray[np.int64]
    bias: npt.NDArray[np.float64]
    blend: Blend

    def of(self, raw: Probabilities, own: Probabilities) -> Probabilities:
        """The blended label probabilities, shape (n, labels)."""
        judged = Calibration(self.bias, 1.0, multi=False).probabilities(raw[:, self.seen])
        found = np.zeros_like(own)
        found[:, self.seen] = self.blend.of(judged, own[:, self.seen])
        return found


class BlendWithJudge:
    """A classifier's answers blended with the query model's, which judges every text to predict.

    The query model judges the texts to predict as well, one question a text, and its opinion is
    blended with the inner classifier's (see `trust.Blend`). How much say each has is fitted to
    people's labels, on which the inner classifier's opinion is cross-validated. Where the query
    model adds nothing there, or fewer than 8 texts could be compared, the inner classifier answers
    alone: nothing is asked in prediction, and `warnings` says so. So it is where several labels
    may apply, as the query model says only which one fits best.

    The query model's liking for some labels is taken out by its mean over people's texts (Zhou et
    al. 2024, Batch Calibration, section 3), and kept: where it judges each text alone, an answer
    does not depend on the company that a text is in. A text without a usable answer is left to the
    inner classifier.

    The inner classifier is trained six times.

    Args:
        task: What it decides.
        seed: Of the inner classifier, and of the folds.
        encoder: As the inner one takes it.
        device: Where the inner one computes.
        judge: Asks the query model.
        inner: The classifier's kind, with settings in brackets ("finetune(epochs=50)").
    """

    name: ClassVar[str] = "blend"
    source: ClassVar[str] = (
        "Satopaa et al. 2014, Combining multiple probability predictions using a simple logit "
        "model, section 2; cross-validated opinions by Wolpert 1992, Stacked Generalization"
    )
    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    def __init__(
        self,
        task: Task,
        *,
        seed: int,
        encoder: str | Encoder = "embedded",
        device: str = "auto",
        judge: Judge | None = None,
        inner: str = "linear",
    ) -> None:
        self._kind, self._options = settled(inner, task, encoder)
        if "model" in getattr(SUCCESSORS.get(self._kind, where="--successor"), "needs", ()):
            raise UsageError(
                f"The inner classifier of a blend cannot be {self._kind!r}: it asks the query "
                "model itself.",
                remedy="Take one that learns from people's labels alone, such as linear.",
            )
        self.task, self.seed, self.inner = task, seed, inner
        self.warnings: tuple[str, ...] = ()
        self._judge, self._judge_name = judge, str(getattr(judge, "name", ""))
        self._parts: dict[str, Any] = {"encoder": encoder, "device": device}
        self._trained: Successor | None = None
        self._asked: _Asked | None = None
        self._gain: float | None = None
        self._temperature = 1.0
        self._saved: SavedFacts | None = None
        self._make()  # an impossible setting is refused at once

    @property
    def gain(self) -> float | None:
        """What the query model adds on people's labels, in nats a text; None if not known."""
        return self._gain

    @property
    def asks(self) -> bool:
        """Whether the query model is asked in prediction."""
        return self._asked is not None

    def settings(self) -> Mapping[str, Any]:
        """See `Successor.settings`: its own, and those of the inner classifier."""
        if self._saved is not None:
            return self._saved.settings
        return {
            "inner": self.inner,
            "judge": self._judge_name,
            "seed": self.seed,
            "learner": {"successor": self._kind, **self._inner_settings},
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
            QueryModelError: If the query model failed.
        """
        check_training(contents, targets, self.task, weights)
        heavy = np.ones(len(contents)) if weights is None else weights
        asked, gain, found = self._decide(contents, targets, heavy, progress)
        trained = self._make().fit(contents, targets, weights=weights, progress=progress)
        self._temperature, self._saved = 1.0, None
        self._trained, self._asked, self._gain = trained, asked, gain
        self.warnings = tuple(dict.fromkeys([*training_warnings(targets, self.task), *found]))
        self._saved = SavedFacts.of(self, label_counts(targets, self.task), len(targets))
        return self

    def predict_proba(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> Probabilities:
        """See `Successor.predict_proba`.

        Raises:
            UsageError: If the query model is to be asked and there is none.
            QueryModelError: If it failed.
        """
        trained, facts = self._check_trained()
        check_contents(contents, self.task)
        self.warnings = facts.warnings
        if self._asked is None or not contents:
            found = trained.predict_proba(contents, progress=progress)
        else:
            raw, told = self._ask(contents, progress)
            found = trained.predict_proba(contents, progress=progress)
            found[told] = self._asked.of(raw[told], found[told])
            self.warnings += _unanswered(told)
        if self._temperature != 1.0:
            found = tempered(found, self._temperature, multi=self.task.multi)
        return found

    def predict(self, contents: Sequence[Content], *, progress: Progress = silent) -> Targets:
        """See `Successor.predict`."""
        return decide(self.predict_proba(contents, progress=progress), self.task)

    def temper(self, temperature: float) -> None:
        """See `Successor.temper`: of the blend."""
        check_temperature(temperature)
        self._check_trained()
        self._temperature *= temperature

    def save(self, folder: Path) -> None:
        """See `Successor.save`: `blend.json`, and the inner classifier in a folder of its own."""
        trained, facts = self._check_trained()
        own = folder / _INNER
        own.mkdir()
        trained.save(own)
        kept: dict[str, Any] = {"temperature": self._temperature, "gain": self._gain}
        if self._asked is not None:
            blend = self._asked.blend
            kept["asked"] = {
                "seen": self._asked.seen.tolist(),
                "bias": self._asked.bias.tolist(),
                "judge": blend.judge,
                "own": blend.own,
                "lean": blend.lean.tolist(),
            }
        write_text(folder / _FILE, json.dumps(kept) + "\n")
        of_inner = SavedFacts.read(own)
        replace(facts, encoder=of_inner.encoder, versions=of_inner.versions).write(folder)
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
        """See `Successor.load`.

        Args:
            folder: What `save` wrote.
            encoder, device: For the inner classifier.
            judge: Asks the query model that it was trained with.

        Raises:
            DataError: If it holds no blend, or not all of it, or one with another query model that
                would be asked.
        """
        saved = SavedFacts.read(folder, cls.name)
        made = cls.__new__(cls)
        made.task, made._saved, made.warnings = saved.task, saved, saved.warnings
        labels = len(saved.task.label_names)
        try:
            kept = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            made._temperature, made._gain = float(kept["temperature"]), kept["gain"]
            made._asked = _read(kept["asked"], labels) if "asked" in kept else None
            made.seed, made.inner = saved.settings["seed"], saved.settings["inner"]
            made._judge_name = saved.settings["judge"]
            learner = saved.settings["learner"]
            made._kind = learner["successor"]
        except (OSError, ValueError, KeyError, TypeError):
            raise DataError("This is no whole blend.", where=str(folder)) from None
        asked = str(getattr(judge, "name", ""))
        if made._asked is not None and asked and made._judge_name not in ("", asked):
            raise DataError(
                f"It was blended with the query model {made._judge_name}, not {asked}.",
                where=str(folder),
                remedy="Name that one with --llm, or train again.",
            )
        made._judge = judge
        spec = learner.get("encoder", "embedded")
        made._parts = {"encoder": encoder or spec, "device": device}
        _, made._options = settled(made.inner, saved.task, encoder or spec)
        made._trained = load_successor(folder / _INNER, encoder=encoder, device=device)
        return made

    @cached_property
    def _inner_settings(self) -> dict[str, Any]:
        found = dict(self._make().settings())
        found.pop("seed")
        return found

    def _make(self) -> Successor:
        """An untrained inner classifier."""
        return make_successor(self._kind, self.task, seed=self.seed, **self._parts, **self._options)

    def _decide(
        self, contents: Sequence[Content], targets: Targets, weights: Weights, progress: Progress
    ) -> tuple[_Asked | None, float | None, tuple[str, ...]]:
        """How the query model is to be asked, if at all; what it adds; what was found wanting."""
        if self.task.multi:
            return None, None, (_alone("it names one label a text, and here several may apply"),)
        raw, told = self._ask(contents, progress)
        missing = _unanswered(told)
        judged_texts = {content for content, one in zip(contents, told, strict=True) if one}
        seen = np.unique(targets)
        if len(judged_texts) < LEAST or len(np.unique(targets[told])) < 2:
            why = (
                f"people labelled {len(judged_texts)} of the texts that it judged, too few or too "
                "much alike to tell what it adds"
            )
            return None, None, (*missing, _alone(why))
        bias = calibration_of_batch(raw[told][:, seen], multi=False).bias
        judged = Calibration(bias, 1.0, multi=False).probabilities(raw[told][:, seen])
        fold_of = deal(targets, contents, generator(self.seed, "blend"))
        own = unseen_opinion(self._make, contents, targets, weights, fold_of, progress=progress)
        own = own[told][:, seen]
        truth, heavy = np.searchsorted(seen, targets[told]), weights[told]
        gain = gain_of_judge(judged, own, truth, heavy, fold_of[told])
        blend = fit_blend(judged, own, truth, heavy)
        if gain <= 0 or blend.judge == 0:
            why = "on people's texts it adds nothing to what the classifier knows from their labels"
            return None, gain, (*missing, _alone(why))
        return _Asked(seen, bias, blend), gain, missing

    def _ask(
        self, contents: Sequence[Content], progress: Progress
    ) -> tuple[Probabilities, npt.NDArray[np.bool_]]:
        """The query model's own probabilities, and which texts got a usable answer."""
        if self._judge is None:
            raise UsageError(
                "The successor 'blend' asks a query model, and there is none.",
                where="--successor blend",
                remedy="Name one with --llm (in Python: judge=), or choose another successor.",
            )
        with memory_errors("Name a smaller query model, or close other programs."):
            raw = self._judge(contents, progress)
        return raw, np.asarray(np.isfinite(raw).all(axis=1))

    def _check_trained(self) -> tuple[Successor, SavedFacts]:
        if self._trained is None or self._saved is None:
            raise UsageError("This classifier is not trained yet.")
        return self._trained, self._saved


def _read(kept: Mapping[str, Any], labels: int) -> _Asked:
    """What `save` wrote of it; ValueError if that cannot be."""
    seen = np.array(kept["seen"], dtype=np.int64)
    bias, lean = (np.array(kept[name], dtype=np.float64) for name in ("bias", "lean"))
    if not (seen.ndim == 1 and bias.shape == lean.shape == seen.shape and seen.min() >= 0):
        raise ValueError("shapes")
    if seen.max() >= labels:
        raise ValueError("labels")
    return _Asked(seen, bias, Blend(float(kept["judge"]), float(kept["own"]), lean))


def _alone(why: str) -> str:
    return f"The classifier answers alone, the query model is not asked: {why}."


def _unanswered(told: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    missing = int((~told).sum())
    if not missing:
        return ()
    return (
        f"The query model gave no usable answer to {missing} of {len(told)} texts: "
        "there the classifier speaks alone.",
    )
