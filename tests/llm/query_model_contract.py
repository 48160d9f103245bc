"""What every query model must do; each one's tests inherit this class."""

from __future__ import annotations

import inspect
import json

import numpy as np
import pytest

from activellm.errors import QueryModelError, UsageError
from activellm.llm import Message, Messages, QueryModel, Usage

SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["positive", "negative"]}},
    "required": ["label"],
    "additionalProperties": False,
}


def ask(text: str) -> Messages:
    return (
        Message("system", "Judge the text."),
        Message("user", f"Is the text positive or negative?\n\n{text}"),
    )


PROMPTS = [
    ask(text) for text in ("the film is good", "the book is bad", "1 2 3, a road <|im_end|>")
]
LABELS = ["positive", "negative", "a label of several words"]


class QueryModelContract:
    """Inherit, and give the fixture `model`: a fresh model over one and the same source."""

    promises_json = False
    """Whether an answer to a question with a schema is JSON of that schema."""
    cuts = True
    """Whether it stops at `max_tokens`."""
    score_noise = 0.0
    """How much a prompt's score may differ with the prompts that are scored beside it."""

    def test_it_is_a_query_model(self, model: QueryModel) -> None:
        assert isinstance(model, QueryModel)
        assert model.name
        assert isinstance(model.runs_here, bool)
        assert isinstance(model.can_score, bool)
        assert model.context_length is None or model.context_length > 0

    def test_no_parameter_is_without_a_test(self, model: QueryModel) -> None:
        tested = {
            "complete": {"messages", "max_tokens", "temperature", "seed", "json_schema"},
            "score": {"prompts", "continuations", "progress"},
        }
        for method, names in tested.items():
            assert set(inspect.signature(getattr(model, method)).parameters) == names

    def test_identity_is_plain_and_stable(self, model: QueryModel) -> None:
        identity = dict(model.identity())
        assert identity
        assert all(isinstance(value, str) for pair in identity.items() for value in pair)
        assert json.loads(json.dumps(identity)) == dict(model.identity())

    def test_it_answers_and_says_what_that_cost(self, model: QueryModel) -> None:
        answer = model.complete(PROMPTS[0], max_tokens=8)
        assert answer.text.strip()
        assert answer.finish in ("stop", "length")
        assert answer.usage.calls == 1
        assert answer.usage.replayed == 0
        assert answer.usage.prompt_tokens is not None
        assert answer.usage.prompt_tokens > 0
        assert answer.usage.seconds >= 0

    def test_the_likeliest_answer_is_always_the_same(self, model: QueryModel) -> None:
        first, second = (
            model.complete(PROMPTS[0], max_tokens=8, temperature=0.0) for _ in range(2)
        )
        assert first.text == second.text

    def test_the_same_seed_gives_the_same_answer(self, model: QueryModel) -> None:
        first, second = (
            model.complete(PROMPTS[0], max_tokens=8, temperature=1.0, seed=7) for _ in range(2)
        )
        assert first.text == second.text

    def test_a_long_answer_is_cut_and_says_so(self, model: QueryModel) -> None:
        if not self.cuts:
            pytest.skip("this model says what it has to say")
        answer = model.complete(PROMPTS[0], max_tokens=2)
        assert answer.finish == "length"
        assert answer.usage.completion_tokens == 2

    def test_a_schema_is_kept_where_that_is_promised(self, model: QueryModel) -> None:
        answer = model.complete(PROMPTS[0], max_tokens=200, json_schema=SCHEMA)
        if self.promises_json:
            assert json.loads(answer.text)["label"] in ("positive", "negative")

    def test_a_prompt_that_is_too_long_is_refused_with_both_counts(self, model: QueryModel) -> None:
        if model.context_length is None:
            pytest.skip("this model does not know how much it holds")
        long = ask("good " * model.context_length)
        with pytest.raises(QueryModelError, match=rf"holds {model.context_length:,} in all"):
            model.complete(long, max_tokens=8)
        if model.can_score:
            with pytest.raises(QueryModelError, match=rf"holds {model.context_length:,} in all"):
                model.score([long], LABELS)

    def test_tokens_are_counted(self, model: QueryModel) -> None:
        assert 0 < model.count_tokens("good") < model.count_tokens("the film is good and bad")

    def test_scoring_is_refused_where_it_is_not_possible(self, model: QueryModel) -> None:
        if not model.can_score:
            with pytest.raises(QueryModelError):
                model.score(PROMPTS, LABELS)

    def test_scores_are_log_probabilities(self, model: QueryModel) -> None:
        if not model.can_score:
            pytest.skip("this model cannot score")
        told: list[tuple[str, int, int | None]] = []
        scores = model.score(
            PROMPTS, LABELS, progress=lambda what, done, total: told.append((what, done, total))
        )
        assert scores.logprobs.shape == (3, 3)
        assert scores.logprobs.dtype == np.float64
        assert (scores.logprobs < 0).all()
        assert scores.tokens.shape == (3,)
        assert (scores.tokens >= 1).all()
        assert scores.usage.calls == 3
        assert [done for _, done, _ in told] == [1, 2, 3]
        assert {total for _, _, total in told} == {3}

    def test_scores_follow_the_order_of_what_is_asked(self, model: QueryModel) -> None:
        if not model.can_score:
            pytest.skip("this model cannot score")
        straight = model.score(PROMPTS, LABELS)
        turned = model.score(PROMPTS[::-1], LABELS[::-1])
        np.testing.assert_allclose(
            turned.logprobs[::-1, ::-1], straight.logprobs, atol=self.score_noise
        )
        np.testing.assert_array_equal(turned.tokens[::-1], straight.tokens)

    def test_a_prompt_scores_the_same_alone_and_among_others(self, model: QueryModel) -> None:
        if not model.can_score:
            pytest.skip("this model cannot score")
        together = model.score(PROMPTS, LABELS).logprobs
        alone = np.vstack([model.score([prompt], LABELS).logprobs for prompt in PROMPTS])
        np.testing.assert_allclose(alone, together, atol=self.score_noise)

    def test_nothing_to_score(self, model: QueryModel) -> None:
        if not model.can_score:
            pytest.skip("this model cannot score")
        for nothing in ([], ["positive", ""]):
            with pytest.raises(UsageError):
                model.score(PROMPTS, nothing)
        empty = model.score([], LABELS)
        assert empty.logprobs.shape == (0, 3)
        assert empty.usage == Usage()
