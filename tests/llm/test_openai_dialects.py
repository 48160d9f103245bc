"""What OpenAI's own models, Azure and Mistral take differently."""

from __future__ import annotations

import pytest

from activellm.llm import Message
from activellm.llm.servers.dialect import Question
from activellm.llm.servers.openai_dialect import (
    THINKING,
    AzureDialect,
    CompatibleDialect,
    MistralDialect,
    OpenAIDialect,
    known_context,
    reasons,
)

QUESTION = Question((Message("system", "S"), Message("user", "U")), 50, 0.5, 7)
NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("model", "thinks"),
    [
        ("o1", True),
        ("o1-mini", True),
        ("o3-2025-04-16", True),
        ("o4-mini", True),
        ("gpt-5", True),
        ("gpt-5-mini", True),
        ("gpt-5.2", True),
        ("gpt-5-chat-latest", False),
        ("gpt-4o", False),
        ("gpt-4.1", False),
        ("gpt-3.5-turbo", False),
    ],
)
def test_models_that_think_get_room_and_no_temperature(model: str, thinks: bool) -> None:
    assert reasons(model) is thinks
    body = OpenAIDialect().body(model, QUESTION, NONE)
    assert ("temperature" not in body) is thinks
    assert body["max_completion_tokens"] == 50 + (THINKING if thinks else 0)
    assert "max_tokens" not in body
    assert OpenAIDialect().hidden_tokens(model) == (THINKING if thinks else 0)
    assert CompatibleDialect().hidden_tokens(model) == 0  # others may use OpenAI's names


def test_azure_names_a_deployment() -> None:
    dated, plain = AzureDialect("2024-10-21"), AzureDialect("")
    assert dated.url("https://x", "d") == (
        "https://x/openai/deployments/d/chat/completions?api-version=2024-10-21"
    )
    assert plain.url("https://x", "d") == "https://x/openai/v1/chat/completions"
    assert plain.headers("k") == {"api-key": "k"}
    assert plain.headers("") == {}


def test_mistral_has_its_own_name_for_the_seed() -> None:
    body = MistralDialect().body("m", QUESTION, NONE)
    assert body["random_seed"] == 7
    assert body["max_tokens"] == 50
    assert "seed" not in body


def test_what_was_refused_is_left_out() -> None:
    refused = frozenset({"temperature", "seed", "json_schema", "max_tokens"})
    assert set(CompatibleDialect().body("m", QUESTION, refused)) == {
        "model",
        "messages",
        "max_completion_tokens",
    }


def test_an_answer_in_parts_is_read_without_the_thoughts() -> None:
    parts = [{"type": "thinking", "thinking": [{"text": "Hm."}]}, {"type": "text", "text": "3, 4"}]
    choice = {"message": {"content": parts}, "finish_reason": "stop"}
    assert MistralDialect().read({"choices": [choice]}).text == "3, 4"


def test_contexts_by_the_longest_name() -> None:
    assert known_context("gpt-4o-2024-11-20") == 128_000
    assert known_context("gpt-4-0613") == 8_192
    assert known_context("gpt-4.1-mini") == 1_047_576
    assert known_context("something-new") is None
