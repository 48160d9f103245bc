"""How the dialects write questions and read answers, without any server."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activellm.llm import Message
from activellm.llm.retry import CallFailed
from activellm.llm.servers.anthropic_dialect import AnthropicDialect
from activellm.llm.servers.dialect import Dialect, Question, Reply
from activellm.llm.servers.gemini_dialect import THINKING, GeminiDialect, thinks
from activellm.llm.servers.narrowing import COMMON, narrowed
from activellm.llm.servers.ollama_dialect import OllamaDialect

MESSAGES = (
    Message("system", "Judge."),
    Message("user", "Is it good?"),
    Message("assistant", "Yes."),
    Message("user", "And this?"),
)
SCHEMA = {
    "type": "object",
    "properties": {
        "minimum": {"type": "integer", "minimum": 0, "maximum": 100},
        "picks": {"type": "array", "items": {"type": "object", "properties": {}}, "minItems": 3},
    },
    "required": ["minimum"],
}
QUESTION = Question(MESSAGES, 50, temperature=1.5, seed=2**31 + 3, json_schema=SCHEMA)
NOTHING: frozenset[str] = frozenset()
OPTIONAL = frozenset({"temperature", "seed", "json_schema"})


class TestAnthropic:
    def test_a_question(self) -> None:
        assert AnthropicDialect().body("claude", QUESTION, NOTHING) == {
            "model": "claude",
            "max_tokens": 50,
            "system": "Judge.",
            "messages": [
                {"role": "user", "content": "Is it good?"},
                {"role": "assistant", "content": "Yes."},
                {"role": "user", "content": "And this?"},
            ],
            "temperature": 1.0,
            "output_config": {
                "format": {
                    "type": "json_schema",
                    "schema": {
                        "type": "object",
                        "properties": {
                            "minimum": {"type": "integer"},
                            "picks": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "properties": {},
                                    "additionalProperties": False,
                                },
                            },
                        },
                        "required": ["minimum"],
                        "additionalProperties": False,
                    },
                }
            },
        }

    def test_what_is_refused_is_left_out(self) -> None:
        body = AnthropicDialect().body("claude", QUESTION, OPTIONAL)
        assert set(body) == {"model", "max_tokens", "system", "messages"}

    @pytest.mark.parametrize(
        ("reason", "finish"),
        [
            ("end_turn", "stop"),
            ("stop_sequence", "stop"),
            ("max_tokens", "length"),
            ("model_context_window_exceeded", "length"),
            ("refusal", "refusal"),
            (None, "stop"),
        ],
    )
    def test_an_answer(self, reason: str | None, finish: str) -> None:
        answer = {
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "x"},
                {"type": "text", "text": "It is "},
                {"type": "text", "text": "good."},
            ],
            "stop_reason": reason,
            "usage": {
                "input_tokens": 5,
                "cache_read_input_tokens": 100,
                "cache_creation_input_tokens": 20,
                "output_tokens": 4,
            },
        }
        assert AnthropicDialect().read(answer) == Reply("It is good.", finish, 125, 4)  # type: ignore[arg-type]

    def test_an_answer_without_counts(self) -> None:
        assert AnthropicDialect().read({"content": []}) == Reply("", "stop", None, None)


class TestGemini:
    def test_a_question(self) -> None:
        assert GeminiDialect().body("gemini-2.0-flash", QUESTION, NOTHING) == {
            "systemInstruction": {"parts": [{"text": "Judge."}]},
            "contents": [
                {"role": "user", "parts": [{"text": "Is it good?"}]},
                {"role": "model", "parts": [{"text": "Yes."}]},
                {"role": "user", "parts": [{"text": "And this?"}]},
            ],
            "generationConfig": {
                "maxOutputTokens": 50,
                "temperature": 1.5,
                "seed": 3,
                "responseMimeType": "application/json",
                "responseJsonSchema": SCHEMA,
            },
        }

    def test_what_is_refused_is_left_out(self) -> None:
        body = GeminiDialect().body("gemini-2.0-flash", QUESTION, OPTIONAL)
        assert body["generationConfig"] == {"maxOutputTokens": 50}

    @pytest.mark.parametrize(
        ("model", "does"),
        [
            ("gemini-2.5-pro", True),
            ("models/gemini-3-flash", True),
            ("gemini-flash-latest", True),
            ("gemini-2.0-flash", False),
            ("models/gemini-1.5-pro", False),
            ("gemma-3-27b-it", False),
        ],
    )
    def test_thinking_has_tokens_of_its_own(self, model: str, does: bool) -> None:
        assert thinks(model) is does
        config = GeminiDialect().body(model, QUESTION, NOTHING)["generationConfig"]
        assert config["maxOutputTokens"] == 50 + (THINKING if does else 0)

    def test_a_model_s_name_cannot_change_the_path(self) -> None:
        dialect = GeminiDialect()
        assert dialect.url("https://h/v1beta", "models/g-1") == (
            "https://h/v1beta/models/g-1:generateContent"
        )
        assert dialect.url("https://h/v1beta", "../x?key=1").startswith(
            "https://h/v1beta/models/..%2Fx%3Fkey"
        )

    @pytest.mark.parametrize(
        ("reason", "finish"),
        [
            ("STOP", "stop"),
            ("MAX_TOKENS", "length"),
            ("SAFETY", "refusal"),
            ("PROHIBITED_CONTENT", "refusal"),
            ("RECITATION", "refusal"),
            ("SPII", "refusal"),
            ("OTHER", "stop"),
        ],
    )
    def test_an_answer(self, reason: str, finish: str) -> None:
        answer = {
            "candidates": [
                {
                    "content": {"parts": [{"text": "Hm.", "thought": True}, {"text": "Good."}]},
                    "finishReason": reason,
                }
            ],
            "usageMetadata": {
                "promptTokenCount": 30,
                "candidatesTokenCount": 2,
                "thoughtsTokenCount": 100,
            },
        }
        assert GeminiDialect().read(answer) == Reply("Good.", finish, 30, 102)  # type: ignore[arg-type]

    def test_tokens_ran_out_while_it_thought(self) -> None:
        answer = {
            "candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}],
            "usageMetadata": {"promptTokenCount": 30, "thoughtsTokenCount": 100},
        }
        assert GeminiDialect().read(answer) == Reply("", "length", 30, 100)

    def test_a_blocked_prompt_is_a_refusal(self) -> None:
        answer = {
            "promptFeedback": {"blockReason": "SAFETY"},
            "usageMetadata": {"promptTokenCount": 30},
        }
        assert GeminiDialect().read(answer) == Reply(
            "The prompt was blocked: SAFETY.", "refusal", 30, 0
        )
        with pytest.raises(CallFailed, match="no candidate"):
            GeminiDialect().read({"usageMetadata": {}})


class TestOllama:
    def test_a_question(self) -> None:
        body = OllamaDialect(4096).body("llama3.1", QUESTION, NOTHING)
        assert body == {
            "model": "llama3.1",
            "messages": [{"role": turn.role, "content": turn.content} for turn in MESSAGES],
            "stream": False,
            "think": False,
            "truncate": False,
            "shift": False,
            "options": {
                "num_ctx": 4096,
                "num_predict": 50,
                "temperature": 1.5,
                "seed": 2**31 + 3,
            },
            "format": SCHEMA,
        }

    def test_what_is_refused_is_left_out(self) -> None:
        body = OllamaDialect(4096).body("llama3.1", QUESTION, OPTIONAL)
        assert body["options"] == {"num_ctx": 4096, "num_predict": 50}
        assert "format" not in body

    @pytest.mark.parametrize(("reason", "finish"), [("stop", "stop"), ("length", "length")])
    def test_an_answer(self, reason: str, finish: str) -> None:
        answer = {
            "message": {"role": "assistant", "content": "Good.", "thinking": "Hm."},
            "done": True,
            "done_reason": reason,
            "prompt_eval_count": 30,
            "eval_count": 2,
        }
        assert OllamaDialect(4096).read(answer) == Reply("Good.", finish, 30, 2)  # type: ignore[arg-type]

    def test_an_unfinished_answer_is_none(self) -> None:
        with pytest.raises(CallFailed, match="not finished"):
            OllamaDialect(4096).read({"message": {"content": "Go"}, "done": False})

    def test_an_answer_from_elsewhere_is_no_answer_of_this_machine(self) -> None:
        answer = {
            "message": {"content": "Good."},
            "done": True,
            "remote_model": "gpt-oss:120b",
            "remote_host": "https://ollama.com:443",
        }
        with pytest.raises(CallFailed, match="passed the question on to https://ollama") as caught:
            OllamaDialect(4096).read(answer)
        assert caught.value.kind == "fatal"
        assert OllamaDialect(4096, stays=False).read(answer).text == "Good."


DIALECTS: list[Dialect] = [AnthropicDialect(), GeminiDialect(), OllamaDialect(4096)]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
PARTS = (
    *("content", "type", "text", "usage", "input_tokens", "candidates", "parts", "thought"),
    *("promptFeedback", "usageMetadata", "finishReason", "message", "done", "eval_count"),
)


@given(st.sampled_from(DIALECTS), JSON | st.dictionaries(st.sampled_from(PARTS), JSON))
def test_any_answer_is_read_or_refused(dialect: Dialect, answer: Any) -> None:
    try:
        reply = dialect.read(answer)
    except CallFailed:
        return
    assert isinstance(reply.text, str)
    assert reply.finish in ("stop", "length", "refusal")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_key_no_header(dialect: Dialect) -> None:
    assert "secret" in dialect.headers("secret").values() or (
        "Bearer secret" in dialect.headers("secret").values()
    )
    assert not {"x-api-key", "x-goog-api-key", "Authorization"} & set(dialect.headers(""))


def test_narrowing_keeps_names_that_look_like_keywords() -> None:
    found = narrowed(SCHEMA, COMMON)
    assert found["properties"]["minimum"] == {"type": "integer"}
    assert found["properties"]["picks"] == {
        "type": "array",
        "items": {"type": "object", "properties": {}},
    }
    assert narrowed({"anyOf": [{"type": "string", "minLength": 2}]}, COMMON) == {
        "anyOf": [{"type": "string"}]
    }
    assert narrowed({"$defs": {"a": {"type": "number", "minimum": 1}}, "oneOf": []}, COMMON) == {
        "$defs": {"a": {"type": "number"}}
    }
