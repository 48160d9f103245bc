"""An engine inside this process that computes very many questions together.

Questions are added at any time, each step of the engine computes a little of all of them, and an
answer is there as soon as its own question is done: nobody waits for a batch to fill or to end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from activellm.llm.protocol import FloatArray
from activellm.llm.scoring import Tokens


@dataclass(frozen=True, slots=True)
class Question:
    """What an engine is asked.

    Attributes:
        prompt: The tokens to go on from.
        max_tokens: The longest answer.
        temperature: 0.0 for the likeliest answer.
        seed: For drawing.
        json_schema: The answer must be JSON of this schema, where the engine can promise it.
        plain: The answer may not end by itself, and is drawn from the whole distribution.
        wanted: Tokens whose log-probability as the next one is asked for, in place of an answer.
        read: Whether the log-probability of the prompt's own tokens is asked for, likewise.
    """

    prompt: Tokens
    max_tokens: int = 1
    temperature: float = 0.0
    seed: int = 0
    json_schema: Mapping[str, Any] | None = None
    plain: bool = False
    wanted: Tokens = ()
    read: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine says.

    Attributes:
        text: The answer in words, and of how many `tokens` it was made.
        stopped: Whether it ended by itself.
        logprobs: Natural log of the probability of each wanted token, by the full softmax.
        read: The same for each token of the prompt after the first, shape (tokens - 1,); empty
            where it is not asked for.
    """

    text: str = ""
    tokens: int = 0
    stopped: bool = True
    logprobs: Mapping[int, float] = field(default_factory=dict)
    read: FloatArray = field(default_factory=lambda: np.zeros(0))


class Engine(Protocol):
    """Computes questions together. It gets one call at a time, on whatever thread."""

    @property
    def busy(self) -> bool:
        """Whether there are questions without an answer."""
        ...

    def add(self, number: int, question: Question) -> None:
        """Take a question.

        Raises:
            QueryModelError: If the engine cannot answer it.
        """
        ...

    def step(self) -> Sequence[tuple[int, Answer]]:
        """Compute a little of everything; the questions that are done with it.

        Raises:
            QueryModelError: If the engine failed; it is not used any more.
        """
        ...

    def drop(self, numbers: Sequence[int]) -> None:
        """Forget questions that nobody waits for any more."""
        ...
