"""Our chat formats against the models' published ones, written out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activellm.errors import QueryModelError
from activellm.llm import Message, Messages
from activellm.llm.chat import FORMATS, PLAIN, find_format

TALK = (
    Message("system", "S"),
    Message("user", "U1"),
    Message("assistant", "A"),
    Message("user", "U2"),
)

PUBLISHED = {
    "chatml": "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU1<|im_end|>\n"
    "<|im_start|>assistant\nA<|im_end|>\n<|im_start|>user\nU2<|im_end|>\n<|im_start|>assistant\n",
    "llama3": "<|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\nU1<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\nA<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\nU2<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\n",
    "gemma": "<start_of_turn>user\nS\n\nU1<end_of_turn>\n<start_of_turn>model\nA<end_of_turn>\n"
    "<start_of_turn>user\nU2<end_of_turn>\n<start_of_turn>model\n",
    "phi3": "<|system|>\nS<|end|>\n<|user|>\nU1<|end|>\n<|assistant|>\nA<|end|>\n"
    "<|user|>\nU2<|end|>\n<|assistant|>\n",
    "mistral": "[INST] S\n\nU1 [/INST]A</s>[INST] U2 [/INST]",
    "plain": "S\n\nU1\n\nA\n\nU2\n\n",
}


def written(name: str, messages: Messages) -> str:
    (known,) = [one for one in (*FORMATS, PLAIN) if one.name == name]
    return "".join(part.text for part in known.write(messages))


@pytest.mark.parametrize("name", PUBLISHED)
def test_formats(name: str) -> None:
    assert written(name, TALK) == PUBLISHED[name]
    assert len(PUBLISHED) == len(FORMATS) + 1


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_contents_are_never_control_words(contents: list[str]) -> None:
    messages = tuple(Message("user", text) for text in contents)
    for known in (*FORMATS, PLAIN):
        parts = known.write(messages)
        assert [part.text for part in parts if not part.control] == [t for t in contents if t]


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{{'<|im_start|>' + role}}", "chatml"),
        ("<|start_header_id|>{{ role }}", "llama3"),
        ("<start_of_turn>{{ role }}", "gemma"),
        ("<|user|>{{ content }}<|end|>", "phi3"),
        ("[INST] {{ content }} [/INST]", "mistral"),
        ("", "plain"),
        (None, "plain"),
    ],
)
def test_a_template_is_recognised(template: str | None, name: str) -> None:
    assert find_format(template).name == name


def test_an_unknown_template_is_not_guessed() -> None:
    with pytest.raises(QueryModelError, match="chat format"):
        find_format("{{ messages }}", where="model.gguf")
