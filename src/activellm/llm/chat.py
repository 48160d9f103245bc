"""How a conversation is written for a model: our own few chat formats.

A model file's own template is a program by whoever made the file. It is only looked at, to
recognise which of these formats it writes; it is never run. Contents are kept apart from the
format's control words, so a text that holds "<|im_end|>" stays text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from activellm.errors import QueryModelError
from activellm.llm.protocol import Message, Messages

VERSION = "1"
"""Part of a local model's identity: change it when any format below changes what models read."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a written conversation: control words of the format, or plain content."""

    text: str
    control: bool


@dataclass(frozen=True)
class ChatFormat:
    """One way to write a conversation.

    Attributes:
        name: What it is called.
        marker: Occurs in the templates that write this format; empty for plain text.
        before: Stands before each turn, with {role} in it.
        after: role -> what stands after a turn.
        reply: What the model's own turn begins with.
        roles: Roles that are called something else here.
        folds_system: Whether the system's turn is joined to the first user's turn.
    """

    name: str
    marker: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    reply: str
    roles: Mapping[str, str] = field(default_factory=dict)
    folds_system: bool = False

    def write(self, messages: Messages) -> tuple[Part, ...]:
        """The conversation, ready for the model's reply; empty parts left out."""
        parts: list[Part] = []
        for message in _folded(messages) if self.folds_system else messages:
            role = self.roles.get(message.role, message.role)
            before = self.before.get(message.role, self.before.get("", ""))
            parts.append(Part(before.replace("{role}", role), control=True))
            parts.append(Part(message.content, control=False))
            parts.append(Part(self.after.get(message.role, self.after.get("", "")), control=True))
        parts.append(Part(self.reply, control=True))
        return tuple(part for part in parts if part.text)


def _folded(messages: Messages) -> Messages:
    """The same conversation with the system's turn at the head of the first user's."""
    system = [message.content for message in messages if message.role == "system"]
    rest = [message for message in messages if message.role != "system"]
    if system and rest and rest[0].role == "user":
        rest[0] = Message("user", "\n\n".join([*system, rest[0].content]))
    return tuple(rest)


PLAIN = ChatFormat("plain", "", {"": ""}, {"": "\n\n"}, "")
"""For base models, which know no turns: the contents, each followed by an empty line."""

FORMATS = (
    ChatFormat(
        "chatml",
        "<|im_start|>",
        {"": "<|im_start|>{role}\n"},
        {"": "<|im_end|>\n"},
        "<|im_start|>assistant\n",
    ),
    ChatFormat(
        "llama3",
        "<|start_header_id|>",
        {"": "<|start_header_id|>{role}<|end_header_id|>\n\n"},
        {"": "<|eot_id|>"},
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
    ),
    ChatFormat(
        "gemma",
        "<start_of_turn>",
        {"": "<start_of_turn>{role}\n"},
        {"": "<end_of_turn>\n"},
        "<start_of_turn>model\n",
        roles={"assistant": "model"},
        folds_system=True,
    ),
    ChatFormat("phi3", "<|end|>", {"": "<|{role}|>\n"}, {"": "<|end|>\n"}, "<|assistant|>\n"),
    ChatFormat(
        "mistral",
        "[INST]",
        {"user": "[INST] "},
        {"user": " [/INST]", "assistant": "</s>"},
        "",
        folds_system=True,
    ),
)


def find_format(template: str | None, *, where: str = "") -> ChatFormat:
    """The chat format that a model's template writes; `PLAIN` for a model without template.

    Raises:
        QueryModelError: If the template writes none of our formats.
    """
    if not template:
        return PLAIN
    for known in FORMATS:
        if known.marker in template:
            return known
    raise QueryModelError(
        "The model's chat format is not one that ActiveLLM writes.",
        where=where,
        remedy=f"Known: {', '.join(known.name for known in FORMATS)}. Serve the model with "
        "another program and name its address.",
    )
