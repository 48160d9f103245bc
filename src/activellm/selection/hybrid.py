"""Hybrid: judgement, diversity and the classifier's doubt, weighed against each other."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from activellm.errors import UsageError
from activellm.llm.protocol import FloatArray
from activellm.selection.breaking_ties import margins
from activellm.selection.context import SelectionContext, check_request
from activellm.selection.contract import Health, Pick, Selection
from activellm.selection.correction import corrected, to_judge
from activellm.selection.judgements import Judgements
from activellm.selection.judging import judge, plan_judging
from activellm.selection.kmeans import representatives, resemblance
from activellm.selection.plan import Plan
from activellm.selection.ranking import Rows, best

JUDGEMENT = 0.6
"""Measured: docs/design/choosing-by-coverage.md."""


class Hybrid:
    """Representatives of k-means clusters of the embeddings with the judgements beside them.

    Texts are like if they mean alike and are judged alike. The less decided a judge is, the less
    its judgements move, so one that knows nothing does little harm. The labels given so far
    correct it, and a trained successor can pass over the candidates of which it is surest.

    Args:
        judgement: The weight of the label probabilities beside the embeddings; 0 is `kmeans`.
        diversity: The weight of the embeddings, of length 1; 0 leaves the judgements alone.
        uncertainty: The part of the candidates, from 0 to below 1, that is passed over because
            the successor is surest of them. Only once one is trained.

    Raises:
        UsageError: If a weight is negative, both are 0, or `uncertainty` is not below 1.
    """

    name: ClassVar[str] = "hybrid"
    needs: ClassVar[frozenset[str]] = frozenset({"model", "embeddings"})
    source: ClassVar[str] = (
        "ActiveLLM; see docs/design/choosing-by-coverage.md. Clusters of the uncertain: Zhdanov, "
        "Diverse mini-batch Active Learning (2019), section 3"
    )

    def __init__(
        self, judgement: float = JUDGEMENT, diversity: float = 1.0, uncertainty: float = 0.0
    ) -> None:
        if not (0 <= judgement < math.inf and 0 <= diversity < math.inf and judgement + diversity):
            raise UsageError(
                f"judgement and diversity must be weights, one of them above 0, not {judgement} "
                f"and {diversity}."
            )
        if not 0 <= uncertainty < 1:
            raise UsageError(f"uncertainty must be from 0 to below 1, not {uncertainty}.")
        self.judgement = judgement
        self.diversity = diversity
        self.uncertainty = uncertainty

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Judge the candidates and the labelled texts, then choose representatives.

        Raises:
            UsageError: If n does not fit the candidates, or model or encoder are missing.
            QueryModelError: If the query model failed.
        """
        check_request(context, n)
        model, _ = context.model, context.vectors  # both needs are met before anything is paid
        judgements = judge(model, context.task, to_judge(context), progress=context.progress)
        return self.choose(context, n, judgements)

    def plan(self, context: SelectionContext, n: int) -> Plan:
        """The questions for judgements; nothing is sent.

        Raises:
            UsageError: As `select`.
        """
        check_request(context, n)
        return plan_judging(context.model, context.task, to_judge(context))

    def choose(self, context: SelectionContext, n: int, judgements: Judgements) -> Selection:
        """Choose n candidates that are judged already.

        Args:
            context: Its embeddings, its successor and its random generator are used.
            n: From 1 to the number of candidates.
            judgements: Of `to_judge(context)`, in this order.
        """
        own = judgements.first(len(context.candidates))
        probabilities = corrected(context, judgements)
        rows, tied = self._unsure(context, n)
        beside = np.hstack(
            [
                self.diversity * context.vectors[rows],
                self.judgement * probabilities[rows],
            ]
        )
        picks = []
        for one in representatives(beside.astype(np.float32), n, context.rng):
            row = int(rows[one.index])
            why = _reason(own, probabilities[row], row, one.size)
            picks.append(Pick(context.candidates[row].id, why))
        return Selection(
            strategy=self.name,
            picks=tuple(picks),
            explanation=self._explain(len(context.candidates), len(rows), n),
            health=Health(
                suspicious=judgements.suspicious,
                warnings=judgements.warnings,
                tied=tuple(context.candidates[row].id for row in tied),
            ),
            judgements=own.as_tuple(),
            usage=judgements.usage,
            recordings=judgements.recordings,
        )

    def _unsure(self, context: SelectionContext, n: int) -> tuple[Rows, Rows]:
        """The candidates to choose from, without the surest, and those that tied for it."""
        everything = np.arange(len(context.candidates))
        if not self.uncertainty or context.open_successor is None:
            return everything, everything[:0]
        kept = max(n, math.ceil((1 - self.uncertainty) * len(everything)))
        leads = margins(context.probabilities, multi=context.task.multi)
        ranking = best(-leads, kept, context.rng)
        return np.sort(ranking.rows), ranking.tied

    def _explain(self, count: int, kept: int, n: int) -> str:
        passed = (
            f" The {count - kept} of which the classifier is surest were passed over."
            if kept < count
            else ""
        )
        return (
            f"The query model said which label it expects for each of {count} candidates; texts "
            f"that mean alike and are judged alike were put into {n} groups, and the most typical "
            f"text of each was picked.{passed}"
        )


def _reason(judgements: Judgements, probabilities: FloatArray, row: int, size: int) -> str:
    if not judgements.judged[row]:
        return f"the query model gave no usable judgement, {resemblance(size)}"
    label = int(probabilities.argmax())
    return (
        f"expected label {judgements.labels[label]} (probability {probabilities[label]:.2f}), "
        f"{resemblance(size)}"
    )
