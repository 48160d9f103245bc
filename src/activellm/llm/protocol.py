"""What ActiveLLM asks of a query model (an LLM), whoever runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from activellm.progress import Progress, silent

FloatArray: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


Messages: TypeAlias = tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """What calls have cost. None means unknown, never zero.

    Attributes:
        calls: Requests that were really made (a replay adds none).
        replayed: Requests answered from the recording.
        prompt_tokens, completion_tokens: As the model's server counted them.
        seconds: Time spent waiting for the model.
        cost: US dollars; 0.0 for a model that runs here.
    """

    calls: int = 0
    replayed: int = 0
    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0
    seconds: float = 0.0
    cost: float | None = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.replayed + other.replayed,
            _sum(self.prompt_tokens, other.prompt_tokens),
            _sum(self.completion_tokens, other.completion_tokens),
            self.seconds + other.seconds,
            _sum(self.cost, other.cost),
        )

    def as_replay(self) -> Usage:
        """This usage, as a replay of it counts: nothing was called, waited for or paid."""
        return replace(self, calls=0, replayed=self.replayed + self.calls, seconds=0.0, cost=0.0)


def _sum(one: Any, other: Any) -> Any:
    return None if one is None or other is None else one + other


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer in words.

    Attributes:
        text: What it answered.
        finish: "stop" if it ended by itself, "length" if it was cut off at `max_tokens`,
            "refusal" if the provider withheld the answer.
        usage: What the call cost.
        recording: The key under which the call is recorded; empty if it is not.
    """

    text: str
    finish: Literal["stop", "length", "refusal"] = "stop"
    usage: Usage = Usage()
    recording: str = ""


@dataclass(frozen=True, slots=True)
class Scores:
    """Log-probabilities of given continuations.

    Attributes:
        logprobs: Shape (prompts, continuations): natural log of the probability that the model's
            reply to the prompt begins with the continuation (the sum over its tokens).
        tokens: Shape (continuations,): in how many tokens each continuation was scored.
        usage: What the calls cost.
        recordings: The keys under which the calls are recorded.
    """

    logprobs: FloatArray
    tokens: npt.NDArray[np.int64]
    usage: Usage = Usage()
    recordings: tuple[str, ...] = ()

    def means(self) -> FloatArray:
        """Mean log-probability a token, shape (prompts, continuations)."""
        return self.logprobs / self.tokens


@runtime_checkable
class QueryModel(Protocol):
    """A large language model that can be asked.

    Attributes:
        name: How the user names it ("embedded", "openai/gpt-4o", a path).
        context_length: Tokens that prompt and answer may have together; None if unknown.
        runs_here: Whether texts stay on this machine.
        can_score: Whether `score` works.
        parallel: How many questions may be under way at once; 1 for one at a time.
    """

    @property
    def name(self) -> str:
        """How the user names it."""
        ...

    @property
    def context_length(self) -> int | None:
        """Tokens that prompt and answer may have together; None if unknown."""
        ...

    @property
    def runs_here(self) -> bool:
        """Whether texts stay on this machine."""
        ...

    @property
    def can_score(self) -> bool:
        """Whether `score` works."""
        ...

    @property
    def parallel(self) -> int:
        """How many questions may be under way at once; 1 for one at a time."""
        ...

    def identity(self) -> Mapping[str, str]:
        """What decides this model's answers, for the recording's key and the report.

        For a file its SHA-256 and the runtime; for a server its address and model name. No key.
        """
        ...

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """Ask for an answer in words.

        Args:
            messages: The conversation so far; the last turn is the user's.
            max_tokens: The longest answer, in tokens.
            temperature: 0.0 for the likeliest answer.
            seed: For models that take one.
            json_schema: The answer must be JSON of this schema, where the model can promise it.

        Raises:
            QueryModelError: If no answer came.
        """
        ...

    def score(
        self,
        prompts: Sequence[Messages],
        continuations: Sequence[str],
        *,
        progress: Progress = silent,
    ) -> Scores:
        """How probable each continuation is as the reply to each prompt.

        Raises:
            QueryModelError: If the model cannot score, or failed.
        """
        ...

    def count_tokens(self, text: str) -> int:
        """The number of tokens of a text; an estimate on the high side where unknown."""
        ...
