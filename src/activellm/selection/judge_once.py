"""A query model's opinion of bare texts, as a classifier asks for it: each text once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from activellm.llm.protocol import FloatArray, QueryModel
from activellm.pool.example import Content, Example
from activellm.progress import Progress
from activellm.selection.judging import judge
from activellm.task import Task

MOST = 100_000
"""So many texts' judgements are remembered: bounds the memory."""


class JudgeOnce:
    """Label probabilities by a query model. What it judged before is not asked again.

    Args:
        open_model: Gives the query model, when it is first needed.
        name: What users call it.
        task: What is to be decided.
        before: Told the texts before they are asked about.
    """

    def __init__(
        self,
        open_model: Callable[[], QueryModel],
        name: str,
        task: Task,
        before: Callable[[Sequence[Example]], None],
    ) -> None:
        self.name = name
        self._open_model, self._task, self._before = open_model, task, before
        self._known: dict[Content, FloatArray] = {}

    def __call__(self, contents: Sequence[Content], progress: Progress) -> FloatArray:
        """The model's own probabilities, without calibration: shape (n, labels).

        They do not depend on the company that a text is in, as far as the model judges each text
        alone. A row without a usable answer is NaN, and is asked again next time.

        Raises:
            QueryModelError: If the model failed, or judged no text usably.
        """
        texts = [one for one in dict.fromkeys(contents) if one not in self._known]
        asked = {}
        if texts:
            examples = [_example(content, number) for number, content in enumerate(texts)]
            self._before(examples)
            judged = judge(self._open_model(), self._task, examples, progress=progress)
            asked = dict(zip(texts, judged.raw, strict=True))
            for content, usable in zip(texts, judged.judged, strict=True):
                if not usable:
                    asked[content] = np.full(len(self._task.labels), np.nan)
                elif len(self._known) < MOST:
                    self._known[content] = asked[content]
        rows = [asked[one] if one in asked else self._known[one] for one in contents]
        return np.array(rows, dtype=np.float64).reshape(len(contents), len(self._task.labels))


def _example(content: Content, number: int) -> Example:
    text, pair = (content, None) if isinstance(content, str) else content
    return Example(str(number), text, pair)
