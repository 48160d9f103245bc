"""The default: the more the query model knows of the task, the more its judgements decide."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from activellm.errors import MissingExtraError
from activellm.llm.protocol import QueryModel
from activellm.seeding import generator
from activellm.selection.context import SelectionContext, check_request
from activellm.selection.contract import Selection
from activellm.selection.correction import to_judge
from activellm.selection.coverage import Coverage, choose_by_coverage
from activellm.selection.hybrid import Hybrid
from activellm.selection.judge_check import TRIAL, check_judge, hopeless
from activellm.selection.judgements import Judgements, joined
from activellm.selection.judging import judge
from activellm.selection.kmeans import KMeans
from activellm.selection.plan import Plan


class Auto:
    """Let the query model judge the candidates, and use its judgements as far as they seem sound.

    A judge that seems to know the task decides by `coverage`; one that may know a little is heard
    beside the embeddings, by `hybrid`. Where it shows nothing, or there is no query model, the
    picks are those that `kmeans` makes with the same random generator. A judge that is hopeless
    on a small part of the candidates is not asked about the others. A query model that fails is
    an error, but one whose packages are not installed is not asked.
    """

    name: ClassVar[str] = "auto"
    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})
    source: ClassVar[str] = "ActiveLLM; see docs/design/choosing-by-coverage.md"

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose n candidates by coverage, hybrid or k-means, and say which and why.

        Raises:
            UsageError: If n does not fit the candidates, or there is no encoder.
            QueryModelError: If the query model failed.
        """
        check_request(context, n)
        if context.open_model is None:
            return self._by_kmeans(context, n, "No query model is configured.")
        try:
            model = context.model
        except MissingExtraError as error:
            return self._by_kmeans(context, n, f"The query model could not be asked: {error}")
        vectors = context.vectors
        judgements = self._trial(model, context)
        reason = hopeless(judgements) if model.can_score else None
        if reason is None:
            everything = self._all(model, context, judgements)
            judgements = everything.first(len(context.candidates))
            check = check_judge(judgements, vectors, pair=context.task.pair)
            if check.trust == "full":
                chosen = choose_by_coverage(context, n, everything)
                return self._explained(chosen, Coverage.name, check.reason)
            if check.trust == "some":
                chosen = Hybrid().choose(context, n, everything)
                return self._explained(chosen, Hybrid.name, check.reason)
            reason = check.reason
        chosen = self._by_kmeans(context, n, reason)
        return replace(
            chosen,
            health=replace(
                chosen.health, suspicious=judgements.suspicious, warnings=judgements.warnings
            ),
            judgements=judgements.as_tuple(),
            usage=judgements.usage,
            recordings=judgements.recordings,
        )

    def plan(self, context: SelectionContext, n: int) -> Plan:
        """All questions that may be asked; nothing is sent. A hopeless judge is asked fewer.

        Raises:
            UsageError: As `select`.
        """
        if context.open_model is None:
            return Plan()
        try:
            planned = Coverage().plan(context, n)
        except MissingExtraError as error:
            return Plan(note=f"The query model could not be asked: {error}")
        note = f"If the first {TRIAL} judgements are hopeless, the others are not asked for."
        return replace(planned, note=note if context.model.can_score else "")

    def _trial(self, model: QueryModel, context: SelectionContext) -> Judgements:
        """Some candidates' judgements; those of all texts where the model judges them at once."""
        some = context.candidates
        if not model.can_score:
            some = to_judge(context)
        elif len(some) > 2 * TRIAL:
            # A stream of its own: k-means must make the picks that it makes alone.
            rows = generator(0, "trial").choice(len(some), TRIAL, replace=False)
            some = tuple(some[row] for row in sorted(rows.tolist()))
        return judge(model, context.task, some, progress=context.progress)

    def _all(self, model: QueryModel, context: SelectionContext, trial: Judgements) -> Judgements:
        """The trial's judgements and those of all other texts, in the order of `to_judge`."""
        everything, judged = to_judge(context), set(trial.ids)
        rest = [one for one in everything if one.id not in judged]
        if not rest:
            return trial
        others = judge(model, context.task, rest, progress=context.progress)
        return joined([trial, others], [one.id for one in everything])

    def _by_kmeans(self, context: SelectionContext, n: int, reason: str) -> Selection:
        return self._explained(KMeans().select(context, n), KMeans.name, reason)

    def _explained(self, chosen: Selection, used: str, reason: str) -> Selection:
        explanation = f"{reason} So {used} was used. {chosen.explanation}"
        return replace(chosen, strategy=self.name, used=used, explanation=explanation)
