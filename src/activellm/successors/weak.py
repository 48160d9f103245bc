"""Weak labels: the query model's guesses teach beside people's labels, as far as these justify."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from activellm.encoders.contract import Encoder
from activellm.errors import UsageError
from activellm.pool.example import Content
from activellm.progress import Progress, silent
from activellm.seeding import generator
from activellm.successors.checks import check_training, label_counts, training_warnings
from activellm.successors.contract import Probabilities, Successor, Weights
from activellm.successors.model_card import write_model_card
from activellm.successors.saved import SavedFacts
from activellm.successors.trust import (
    LEAST,
    LabelTrust,
    WeakTrust,
    deal,
    fit_blend,
    gain_of_judge,
    unseen_opinion,
)
from activellm.task import Targets, Task

TOTAL = 4.0
"""Weak labels weigh this many times people's labels in all, but never more than 1 each."""

BALANCE = 0.5
"""Weak labels of a label that has the share s of them are multiplied by s ** -BALANCE."""

_LEAST_SHARE = 0.02
"""A label less probable than this is no part of a weak label."""


@dataclass(frozen=True)
class WeakLabels:
    """What the query model said of texts.

    Attributes:
        contents: n texts or pairs, none twice.
        judged: Its label probabilities, shape (n, labels), in the task's order.
        teaches: Which may teach, shape (n,): not those that people were asked about, nor those
            that something is measured on. The others only show how often it is right.
    """

    contents: tuple[Content, ...]
    judged: Probabilities
    teaches: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Iterable[tuple[Content, Sequence[float], bool]]) -> WeakLabels:
        """From (text, probabilities, whether it may teach); rows without an answer are left out.

        Of a text that comes twice the last counts, and it teaches only if both may.
        """
        found: dict[Content, tuple[Sequence[float], bool]] = {}
        for content, chances, teaches in rows:
            if np.isfinite(chances).all():
                before = found.get(content, (chances, True))[1]
                found[content] = (chances, teaches and before)
        return cls(
            tuple(found),
            np.array([chances for chances, _ in found.values()], dtype=np.float64),
            np.array([teaches for _, teaches in found.values()], dtype=np.bool_),
        )

    @property
    def fingerprint(self) -> str:
        """Changes when anything in it changes."""
        told = [list(self.contents), self.judged.tolist(), self.teaches.tolist()]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Lesson:
    """Weak labels as fractional examples: one text comes once for each label that it may have."""

    contents: list[Content]
    targets: Targets
    weights: Weights


class WeaklyTaught:
    """A successor that also learns from weak labels, where people's labels show that it pays.

    A classifier on embeddings is trained on people's labels alone. Its opinion of a text, without
    having seen that text's label, and the query model's are blended so that people's labels become
    most probable (see `Blend`). The blend labels the other texts, and the inner successor learns
    from these labels in part beside people's. All of it happens in `fit`, on the labels given to
    `fit`; so cross-validation around it stays honest. What is saved is the inner classifier.

    Source: combining weak sources by their accuracy (Ratner et al. 2017, Snorkel, section 2),
    the accuracy here learned from people's labels; own predictions as one of the sources: Lee
    2013, Pseudo-Label, section 2.

    Args:
        inner: The successor that is to learn, untrained.
        weak: What the query model said of texts.
        checker: Gives a quick, untrained classifier that people's labels are checked with.
        gate: False uses weak labels also where the query model adds nothing (for comparison).
    """

    name: ClassVar[str] = "weak"
    source: ClassVar[str] = "Ratner et al. 2017, Snorkel, section 2; Lee 2013, Pseudo-Label"

    def __init__(
        self,
        inner: Successor,
        weak: WeakLabels,
        *,
        checker: Callable[[], Successor],
        gate: bool = True,
    ) -> None:
        self.inner, self.weak, self.checker, self.gate = inner, weak, checker, gate
        self.task: Task = inner.task
        self.seed = inner.seed
        self.name = inner.name  # type: ignore[misc]
        self.warnings: tuple[str, ...] = ()
        self.trust = WeakTrust(False, "Nothing is trained yet.")
        self._counts: npt.NDArray[np.int64] | None = None
        self._texts = 0

    def settings(self) -> Mapping[str, Any]:
        """See `Successor.settings`: the inner one's, and what decides the weak labels."""
        return {
            **self.inner.settings(),
            "weak_labels": {
                "said": self.weak.fingerprint,
                "checker": dict(self.checker().settings()),
                "gate": self.gate,
                "total": TOTAL,
                "balance": BALANCE,
            },
        }

    def fit(
        self,
        contents: Sequence[Content],
        targets: Targets,
        *,
        weights: Weights | None = None,
        progress: Progress = silent,
    ) -> Self:
        """See `Successor.fit`. `trust` says afterwards what was decided about weak labels."""
        check_training(contents, targets, self.task, weights)
        counts = np.ones(len(contents)) if weights is None else weights
        self.trust, lesson = self._decide(contents, targets, counts)
        if lesson is None:
            self.inner.fit(contents, targets, weights=weights, progress=progress)
        else:
            self.inner.fit(
                [*contents, *lesson.contents],
                np.concatenate([targets, lesson.targets]),
                weights=np.concatenate([counts, lesson.weights]),
                progress=progress,
            )
        self._counts = label_counts(targets, self.task)
        by_people = training_warnings(targets, self.task)
        self.warnings = tuple(dict.fromkeys([*by_people, *self.inner.warnings]))
        return self

    def predict_proba(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> Probabilities:
        """See `Successor.predict_proba`."""
        return self.inner.predict_proba(contents, progress=progress)

    def predict(self, contents: Sequence[Content], *, progress: Progress = silent) -> Targets:
        """See `Successor.predict`."""
        return self.inner.predict(contents, progress=progress)

    def temper(self, temperature: float) -> None:
        """See `Successor.temper`."""
        self.inner.temper(temperature)

    def save(self, folder: Path) -> None:
        """Write the inner classifier; its facts count people's labels, and tell of weak ones."""
        self.inner.save(folder)
        if self._counts is None:
            raise UsageError("This classifier is not trained yet.")
        names, saved = self.task.label_names, SavedFacts.read(folder)
        replace(
            saved,
            label_counts=dict(zip(names, self._counts.tolist(), strict=True)),
            texts=self._texts,
            warnings=self.warnings,
            weak=asdict(self.trust),
        ).write(folder)
        write_model_card(folder)

    @classmethod
    def load(cls, folder: Path, *, encoder: Encoder | None = None, device: str = "auto") -> Self:
        """Not here: what is saved is the inner classifier (`load_successor`)."""
        raise UsageError("Load it with load_successor: what is saved is a plain classifier.")

    def _decide(
        self, contents: Sequence[Content], targets: Targets, weights: Weights
    ) -> tuple[WeakTrust, _Lesson | None]:
        """Whether weak labels teach, why, and what."""
        self._texts = len(contents)
        if self.task.multi:
            return WeakTrust(
                False, "The query model names one label a text, the task several."
            ), None
        place = {content: row for row, content in enumerate(self.weak.contents)}
        known = [row for row, content in enumerate(contents) if content in place]
        asked = np.array([place[contents[row]] for row in known], dtype=np.int64)
        taught = set(contents)
        others = [
            row
            for row, content in enumerate(self.weak.contents)
            if self.weak.teaches[row] and content not in taught
        ]
        by_label = self._record(targets[known], asked)
        checked = len(set(asked.tolist()))

        def no(why: str, **found: Any) -> tuple[WeakTrust, None]:
            return WeakTrust(False, why, checked=checked, labels=by_label, **found), None

        if not others:
            return no("The query model judged no text that people did not label.")
        if checked < LEAST or len(np.unique(targets[known])) < 2:
            return no(
                f"People labelled {checked} of the texts that the query model judged: too few, or "
                "too much alike, to tell how often it is right."
            )
        rng = generator(self.seed, "weak labels")
        fold_of = deal(targets, contents, rng)
        own = unseen_opinion(self.checker, contents, targets, weights, fold_of)[known]
        judged, truth, count = self.weak.judged[asked], targets[known], weights[known]
        gain = gain_of_judge(judged, own, truth, count, fold_of[known])
        blend = fit_blend(judged, own, truth, count)
        found = {"judge": blend.judge, "own": blend.own, "gain": gain}
        if self.gate and (gain <= 0 or blend.judge == 0):
            return no(
                "The query model's labels are not used: on people's texts they add nothing to "
                "what the classifier knows from people's labels alone.",
                **found,
            )
        checker = self.checker().fit(contents, targets, weights=weights)
        texts = [self.weak.contents[row] for row in others]
        chances = blend.of(self.weak.judged[others], checker.predict_proba(texts))
        lesson = _lesson(texts, chances, float(weights.sum()), np.unique(targets))
        each = np.bincount(lesson.targets, lesson.weights, len(by_label))
        labels = tuple(replace(a, weight=float(w)) for a, w in zip(by_label, each, strict=True))
        reason = (
            f"The query model's labels of {len(texts)} texts teach beside people's {self._texts}, "
            f"with the weight of {each.sum():.0f} people's labels: on people's texts they add to "
            "what the classifier knows from people's labels alone."
        )
        return (
            WeakTrust(True, reason, checked=checked, texts=len(texts), labels=labels, **found),
            lesson,
        )

    def _record(self, truth: Targets, asked: npt.NDArray[np.int64]) -> tuple[LabelTrust, ...]:
        """How often the query model was right on people's texts, by the label it gave."""
        _, first = np.unique(asked, return_index=True)
        said, truth = self.weak.judged[asked[first]].argmax(axis=1), truth[first]
        return tuple(
            LabelTrust(name, int((said == one).sum()), int(((said == one) & (truth == one)).sum()))
            for one, name in enumerate(self.task.label_names)
        )


def _lesson(
    texts: Sequence[Content], chances: Probabilities, people: float, seen: npt.NDArray[np.int64]
) -> _Lesson:
    """Fractional examples from label probabilities.

    Args:
        texts: m texts.
        chances: Shape (m, labels).
        people: What people's labels weigh in all.
        seen: Labels that people gave; no weak label names another.
    """
    parts = np.zeros_like(chances)
    parts[:, seen] = chances[:, seen]
    parts[parts < _LEAST_SHARE * parts.sum(axis=1, keepdims=True)] = 0.0
    parts /= parts.sum(axis=1, keepdims=True)
    shares = parts.mean(axis=0)
    factors = np.zeros_like(shares)
    factors[shares > 0] = shares[shares > 0] ** -BALANCE
    parts *= factors
    parts *= min(TOTAL * people, len(texts)) / parts.sum()
    rows, labels = np.nonzero(parts)
    return _Lesson(
        [texts[row] for row in rows.tolist()], labels.astype(np.int64), parts[rows, labels]
    )
