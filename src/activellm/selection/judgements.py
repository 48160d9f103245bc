"""A query model's opinion of a batch of texts, and its calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from activellm.llm.calibration import calibrate
from activellm.llm.protocol import FloatArray, Usage
from activellm.selection.contract import Judgement, Suspicion


@dataclass(frozen=True)
class Judgements:
    """A query model's opinion of n texts. Columns are in the task's label order.

    Attributes:
        ids: The examples' ids.
        labels: The task's label names.
        raw: Shape (n, labels), rows sum to 1: as the model gave them.
        probabilities: Shape (n, labels), rows sum to 1: the same, calibrated over the batch.
        judged: Shape (n,): False where the model gave no usable judgement; such rows are even.
        method: "score": each text alone, by log-probability; "json": many texts in one answer.
        usage: What it cost.
        recordings: Keys of the recorded calls.
        suspicious: Texts that give orders; the model read them with these masked.
        warnings: What a careful reader should know, as sentences.
    """

    ids: tuple[str, ...]
    labels: tuple[str, ...]
    raw: FloatArray
    probabilities: FloatArray
    judged: npt.NDArray[np.bool_]
    method: Literal["score", "json"]
    usage: Usage = field(default_factory=Usage)
    recordings: tuple[str, ...] = ()
    suspicious: tuple[Suspicion, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def expected(self) -> npt.NDArray[np.int64]:
        """Shape (n,): the position of each text's most probable label."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)

    def first(self, count: int) -> Judgements:
        """Those of the first texts, calibrated with all; what all of them cost stays."""
        return replace(
            self,
            ids=self.ids[:count],
            raw=self.raw[:count],
            probabilities=self.probabilities[:count],
            judged=self.judged[:count],
        )

    def as_tuple(self) -> tuple[Judgement, ...]:
        """One `Judgement` for each text that was judged."""
        return tuple(
            Judgement(id, tuple(float(value) for value in row))
            for id, row, judged in zip(self.ids, self.probabilities, self.judged, strict=True)
            if judged
        )


def joined(parts: Sequence[Judgements], order: Sequence[str]) -> Judgements:
    """Judgements by score of several batches as of one batch, calibrated together.

    Args:
        parts: By the same model on the same task, no id twice.
        order: All their ids, in the order wanted.
    """
    place = {id: row for row, id in enumerate(id for part in parts for id in part.ids)}
    rows = [place[id] for id in order]
    raw = np.concatenate([part.raw for part in parts])[rows]
    return Judgements(
        ids=tuple(order),
        labels=parts[0].labels,
        raw=raw,
        probabilities=calibrate(np.log(np.clip(raw, 1e-300, 1.0))),
        judged=np.concatenate([part.judged for part in parts])[rows],
        method=parts[0].method,
        usage=sum((part.usage for part in parts), start=Usage()),
        recordings=tuple(key for part in parts for key in part.recordings),
        suspicious=tuple(one for part in parts for one in part.suspicious),
        warnings=tuple(dict.fromkeys(line for part in parts for line in part.warnings)),
    )
