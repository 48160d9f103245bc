"""The most that a question to a query model can use: for budgets, and before anything is sent."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from activellm.llm.prices import Price
from activellm.llm.protocol import Messages, QueryModel
from activellm.llm.wrapper import innermost

MARGIN = 1.1
"""Token counts are raised by this factor: servers count with other tokenisers than ours."""
TURN_TOKENS = 8
"""Tokens that a chat format adds to each turn, and once more for the answer."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The most that a call can use.

    Attributes:
        prompt_tokens: Tokens to be read, with a margin.
        completion_tokens_most: Tokens that may be written.
        cost_most: US dollars for both; None if the price is unknown.
    """

    prompt_tokens: int
    completion_tokens_most: int
    cost_most: float | None

    @property
    def tokens_most(self) -> int:
        """All tokens."""
        return self.prompt_tokens + self.completion_tokens_most

    def __add__(self, other: Estimate) -> Estimate:
        known = self.cost_most is not None and other.cost_most is not None
        return Estimate(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens_most + other.completion_tokens_most,
            self.cost_most + other.cost_most if known else None,  # type: ignore[operator]
        )


NOTHING = Estimate(0, 0, 0.0)

UNCOUNTED = Estimate(0, 0, None)
"""Where no limit asks for an estimate."""


def estimate(
    model: QueryModel,
    messages: Messages,
    max_tokens: int,
    price: Price | None,
    *,
    json_schema: Mapping[str, Any] | None = None,
) -> Estimate:
    """The most that one question can use.

    Tokens that a reasoning model thinks in, unseen, are paid for as written ones. They are in the
    estimate as far as the model says how many it is allowed beside the answer (`hidden_tokens`).

    Args:
        model: Counts tokens.
        messages: The question.
        max_tokens: The longest answer.
        price: The model's price; None if unknown.
        json_schema: Goes along with the question, and is counted with it.
    """
    texts = [message.content for message in messages]
    if json_schema is not None:
        texts.append(json.dumps(json_schema))
    counted = sum(model.count_tokens(text) for text in texts)
    read = math.ceil(counted * MARGIN) + TURN_TOKENS * (len(texts) + 1)
    written = max_tokens + hidden_tokens(model)
    return Estimate(read, written, None if price is None else price.cost(read, written))


def estimate_scores(
    model: QueryModel,
    prompts: Sequence[Messages],
    continuations: Sequence[str],
    price: Price | None,
) -> Estimate:
    """The most that scoring can use: each prompt read once, and the longest continuation."""
    longest = max(model.count_tokens(text) for text in continuations)
    return sum((estimate(model, prompt, longest, price) for prompt in prompts), start=NOTHING)


def hidden_tokens(model: QueryModel) -> int:
    """Tokens beside the answer that the model may write unseen; 0 where it says nothing of it."""
    return int(getattr(innermost(model), "hidden_tokens", 0))
