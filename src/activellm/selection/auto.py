"""The default: coverage where the query model knows the task, k-means where it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from activellm.errors import MissingExtraError
from activellm.selection.contract import Selection, SelectionContext, check_request
from activellm.selection.coverage import Coverage, choose_by_coverage
from activellm.selection.judge_check import check_judge
from activellm.selection.judging import judge
from activellm.selection.kmeans import KMeans


class Auto:
    """Let the query model judge the candidates, and use its judgements only if they seem sound.

    Where they do not, or there is no query model, the picks are those that `kmeans` makes with the
    same random generator; where they do, those of `coverage`. A query model that fails is an error,
    but one whose packages are not installed is not asked.
    """

    name: ClassVar[str] = "auto"
    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})
    source: ClassVar[str] = "ActiveLLM; see docs/design/choosing-by-coverage.md"

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Choose n candidates by coverage or by k-means, and say which and why.

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
        judgements = judge(model, context.task, context.candidates, progress=context.progress)
        check = check_judge(judgements, vectors, pair=context.task.pair)
        if check.knows:
            chosen = choose_by_coverage(context, n, judgements)
            return self._explained(chosen, Coverage.name, check.reason)
        chosen = self._by_kmeans(context, n, check.reason)
        return replace(
            chosen,
            health=replace(chosen.health, warnings=judgements.warnings),
            judgements=judgements.as_tuple(),
            usage=judgements.usage,
            recordings=judgements.recordings,
        )

    def _by_kmeans(self, context: SelectionContext, n: int, reason: str) -> Selection:
        return self._explained(KMeans().select(context, n), KMeans.name, reason)

    def _explained(self, chosen: Selection, used: str, reason: str) -> Selection:
        explanation = f"{reason} So {used} was used. {chosen.explanation}"
        return replace(chosen, strategy=self.name, used=used, explanation=explanation)
