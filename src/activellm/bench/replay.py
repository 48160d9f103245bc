"""A workshop whose query models only repeat what is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Never

from activellm.bench.experiment import Experiment
from activellm.bench.workshop import Workshop
from activellm.errors import QueryModelError
from activellm.llm import open_model
from activellm.llm.guard import Guard
from activellm.llm.protocol import Completion, Messages, QueryModel
from activellm.llm.recording import RecordedModel
from activellm.llm.scoring import Row
from activellm.llm.wrapper import WrappedModel
from activellm.tools import Tools


class Replay(Workshop):
    """Asks nothing: what is not recorded is an error, and noted.

    Args:
        experiment, base: As for `Workshop`.
        scratch: Where embeddings are kept.
        recordings: The folder of recorded answers.

    Attributes:
        missing: The query models that would have been asked, a name a question.
    """

    def __init__(self, experiment: Experiment, base: Path, scratch: Path, recordings: Path) -> None:
        super().__init__(experiment, base, scratch)
        self.recordings = recordings
        self.missing: list[str] = []

    def _first_tools(self, llm: str) -> Tools:
        tools = super()._first_tools(llm)
        tools.guard = Guard(recordings=self.recordings)
        if tools.has_model:
            tools.model = RecordedModel(_Unasked(open_model(llm), self.missing), self.recordings)
        return tools


class _Unasked(WrappedModel):
    def __init__(self, model: QueryModel, missing: list[str]) -> None:
        super().__init__(model)
        self._missing = missing

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        self._refuse()

    def score_rows(
        self, prompts: Sequence[Messages], continuations: Sequence[str]
    ) -> Iterator[Row]:
        self._refuse()

    def _refuse(self) -> Never:
        self._missing.append(self.name)
        raise QueryModelError("This answer is not recorded.", where=self.name)
