"""Several classifiers that differ in their seed: a mean to answer by, and how far they differ."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from activellm.encoders import Encoder
from activellm.errors import DataError, UsageError
from activellm.files import write_text
from activellm.pool.example import Content
from activellm.progress import Progress, part_of, silent
from activellm.seeding import generator
from activellm.successors.checks import (
    check_contents,
    check_passes,
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
from activellm.task import Targets, Task

_FILE = "ensemble.json"


class Ensemble:
    """Members of one kind, trained on the same labels with seeds of their own.

    Its probabilities are the mean of theirs; a temperature applies to that mean (pool, then
    calibrate: Rahaman and Thiery 2021, Uncertainty Quantification and Deep Ensembles).
    A learner whose training is not random (`random = False` on its class, as `linear`) would make
    equal members, so each is trained under example weights of its own, drawn as in `bootstrap`.

    Args:
        task: What it decides.
        seed: Decides the members' seeds; further members leave the first ones as they are.
        encoder: As the members take it.
        device: Where they compute.
        judge: Asks the query model, for members that need it.
        inner: The members' kind, with settings in brackets ("finetune(epochs=50)").
        members: How many, at least 2. Lakshminarayanan et al. found 5 to give most of the gain.
    """

    name: ClassVar[str] = "ensemble"
    source: ClassVar[str] = (
        "Lakshminarayanan, Pritzel and Blundell 2017, Simple and Scalable Predictive Uncertainty "
        "Estimation using Deep Ensembles, section 2.4"
    )

    def __init__(
        self,
        task: Task,
        *,
        seed: int,
        encoder: str | Encoder = "embedded",
        device: str = "auto",
        judge: Judge | None = None,
        inner: str = "auto",
        members: int = 5,
    ) -> None:
        if not (isinstance(members, int) and members >= 2):
            raise UsageError(f"An ensemble has at least 2 members, not {members}.")
        self._inner, self._options = settled(inner, task, encoder)
        SUCCESSORS.check(self._inner, where="--successor")
        if self._inner == self.name:
            raise UsageError("The members of an ensemble cannot be ensembles.")
        self.task, self.seed, self.inner, self.members = task, seed, inner, members
        self.warnings: tuple[str, ...] = ()
        self._parts: dict[str, Any] = {"encoder": encoder, "device": device, "judge": judge}
        self._trained_members: list[Successor] = []
        self._temperature = 1.0
        self._saved: SavedFacts | None = None
        self._member(0)  # an impossible setting is refused at once

    def settings(self) -> Mapping[str, Any]:
        """See `Successor.settings`: its own, and those of a member."""
        if self._saved is not None:
            return self._saved.settings
        return {
            "inner": self.inner,
            "members": self.members,
            "seed": self.seed,
            "member": {"successor": self._inner, **self._member_settings},
        }

    def fit(
        self,
        contents: Sequence[Content],
        targets: Targets,
        *,
        weights: Weights | None = None,
        progress: Progress = silent,
    ) -> Self:
        """See `Successor.fit`: on a GPU several members at once, else one after the other."""
        check_training(contents, targets, self.task, weights)
        self._temperature, self._saved = 1.0, None
        trained = [self._member(number) for number in range(self.members)]
        drawn = [self._weights(number, len(contents), weights) for number in range(self.members)]
        if hasattr(trained[0], "lesson"):
            from activellm.successors.together import fit_together

            fit_together(trained, [(contents, targets, own) for own in drawn], progress=progress)
        else:
            for number, (member, own) in enumerate(zip(trained, drawn, strict=True)):
                part = part_of(progress, number, 1, self.members)
                member.fit(contents, targets, weights=own, progress=part)
        self._trained_members = trained
        self.warnings = training_warnings(targets, self.task)
        self._saved = SavedFacts.of(self, label_counts(targets, self.task), len(targets))
        return self

    def predict_proba(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> Probabilities:
        """See `Successor.predict_proba`: the members' mean."""
        return self.proba_and_disagreement(contents, progress=progress)[0]

    def predict(self, contents: Sequence[Content], *, progress: Progress = silent) -> Targets:
        """See `Successor.predict`."""
        return decide(self.predict_proba(contents, progress=progress), self.task)

    def disagreement(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> npt.NDArray[np.float64]:
        """The share of members that vote otherwise than the ensemble, shape (n,), 0 to 1.

        Where the ensemble answers as most members do, which is nearly always, this is the
        variation ratio (Freeman 1965, Elementary Applied Statistics; for classifiers' votes Gal,
        Islam and Ghahramani 2017, Deep Bayesian Active Learning with Image Data, section 4).
        Multi-label: the mean over the labels.
        """
        return self.proba_and_disagreement(contents, progress=progress)[1]

    def proba_and_disagreement(
        self, contents: Sequence[Content], *, progress: Progress = silent
    ) -> tuple[Probabilities, npt.NDArray[np.float64]]:
        """`predict_proba` and `disagreement` at the cost of one."""
        found = self._all(contents, progress)
        multi = self.task.multi
        mean = found.mean(axis=0)
        if self._temperature != 1.0:
            mean = tempered(mean, self._temperature, multi=multi)
        differs = np.stack([decide(one, self.task) for one in found]) != decide(mean, self.task)
        share = differs.mean(axis=0)
        return mean, share.mean(axis=1) if multi else share

    def sample_proba(
        self, contents: Sequence[Content], passes: int, *, seed: int, progress: Progress = silent
    ) -> Probabilities:
        """Label probabilities by single members, shape (passes, n, labels).

        The seed decides their order; more passes than members go round again.

        Raises:
            UsageError: If it is not trained, or there are no passes.
        """
        check_passes(passes)
        found = self._all(contents, progress)
        order = generator(seed, "ensemble", "order").permutation(self.members)
        taken = found[order[np.arange(passes) % self.members]]
        if self._temperature == 1.0:
            return taken
        return np.stack([tempered(one, self._temperature, multi=self.task.multi) for one in taken])

    def temper(self, temperature: float) -> None:
        """See `Successor.temper`: of the mean, and of members that are sampled."""
        check_temperature(temperature)
        self._check_trained()
        self._temperature *= temperature

    def save(self, folder: Path) -> None:
        """See `Successor.save`: each member in a folder of its own."""
        facts = self._check_trained()
        for number, member in enumerate(self._trained_members):
            own = folder / f"member-{number}"
            own.mkdir()
            member.save(own)
        write_text(folder / _FILE, json.dumps({"temperature": self._temperature}) + "\n")
        of_member = SavedFacts.read(folder / "member-0")
        replace(facts, encoder=of_member.encoder, versions=of_member.versions).write(folder)
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

        Raises:
            DataError: If it holds no ensemble, or not all of it.
        """
        saved = SavedFacts.read(folder, cls.name)
        made = cls.__new__(cls)
        made.task, made._saved, made.warnings = saved.task, saved, saved.warnings
        try:
            made.seed, made.inner = saved.settings["seed"], saved.settings["inner"]
            made.members = int(saved.settings["members"])
            kept = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            made._temperature = float(kept["temperature"])
        except (OSError, ValueError, KeyError, TypeError):
            raise DataError("This is no whole ensemble.", where=str(folder)) from None
        member = saved.settings["member"]
        made._inner = member["successor"]
        spec = member.get("encoder", "embedded")
        made._parts = {"encoder": encoder or spec, "device": device, "judge": judge}
        _, made._options = settled(made.inner, saved.task, encoder or spec)
        made._trained_members = [
            load_successor(folder / f"member-{number}", encoder=encoder, device=device, judge=judge)
            for number in range(made.members)
        ]
        return made

    @cached_property
    def _member_settings(self) -> dict[str, Any]:
        found = dict(self._member(0).settings())
        found.pop("seed")
        return found

    def _member(self, number: int) -> Successor:
        """An untrained member."""
        seed = int(generator(self.seed, "ensemble", number).integers(2**31))
        return make_successor(self._inner, self.task, seed=seed, **self._parts, **self._options)

    def _weights(self, number: int, examples: int, given: Weights | None) -> Weights | None:
        """What a member's examples count: as given, and by chance where training is not random."""
        if getattr(SUCCESSORS.get(self._inner), "random", True):
            return given
        drawn = generator(self.seed, "ensemble", "weights", number).exponential(size=examples)
        drawn /= drawn.mean()
        return np.asarray(drawn if given is None else drawn * given)

    def _all(self, contents: Sequence[Content], progress: Progress) -> Probabilities:
        """The members' probabilities, shape (members, n, labels)."""
        self._check_trained()
        check_contents(contents, self.task)
        return np.stack(
            [
                member.predict_proba(contents, progress=part_of(progress, number, 1, self.members))
                for number, member in enumerate(self._trained_members)
            ]
        )

    def _check_trained(self) -> SavedFacts:
        if not self._trained_members or self._saved is None:
            raise UsageError("This classifier is not trained yet.")
        return self._saved
