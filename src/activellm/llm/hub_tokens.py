"""Texts and conversations as tokens, by the tokeniser that comes with a hub model or a folder."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from activellm.errors import MissingExtraError, QueryModelError
from activellm.llm import chat
from activellm.llm.protocol import Messages
from activellm.llm.scoring import Tokens


@dataclass
class HubTokens:
    """A tokeniser with the chat template that came with it, for any number of threads.

    Attributes:
        tokenizer: A fast tokeniser of transformers.
        template: The chat template, "" for a base model.
        where: The model's name, for messages.
    """

    tokenizer: Any
    template: str
    where: str
    _encoding: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def load(cls, source: str) -> HubTokens:
        """Load the tokeniser of a folder or hub id alone.

        Raises:
            QueryModelError: If it cannot be loaded.
            MissingExtraError: If transformers is not installed.
        """
        tokenizer = _from_hub("AutoTokenizer", source)
        return cls(tokenizer, str(tokenizer.chat_template or ""), source)

    def tokens(self, text: str, *, control: bool = False, first: bool = False) -> Tokens:
        """The tokens of a text; as in `LlamaServer.tokens`."""
        with self._encoding:  # whether control words count is a state of the tokeniser
            encoded = self.tokenizer(
                text, add_special_tokens=first, split_special_tokens=not control
            )
        return tuple(encoded["input_ids"])

    def written(self, messages: Messages) -> Tokens:
        """The conversation in the model's chat format, as tokens.

        A format that is ours is written by us. Another template of a hub model is run by
        transformers, in its sandbox; one out of a single GGUF file is not run at all.

        Raises:
            QueryModelError: If a GGUF file's template writes none of our formats.
        """
        known = not self.template or any(one.marker in self.template for one in chat.FORMATS)
        if not known and not self.where.endswith(".gguf"):
            turns = [{"role": turn.role, "content": turn.content} for turn in messages]
            with self._encoding:
                ids = self.tokenizer.apply_chat_template(
                    turns, add_generation_prompt=True, tokenize=True, return_dict=False
                )
            return tuple(ids)
        parts = chat.find_format(self.template, where=self.where).write(messages)
        tokens: list[int] = []
        for index, part in enumerate(parts):
            tokens += self.tokens(part.text, control=part.control, first=index == 0)
        return tuple(tokens)


def hub_context(source: str) -> int:
    """Tokens that a hub model was trained to hold; its configuration is fetched for it."""
    config = _from_hub("AutoConfig", source).get_text_config()
    return int(getattr(config, "max_position_embeddings", 0) or 2048)


def _from_hub(kind: str, source: str) -> Any:
    """Load a configuration or tokeniser; no code of the model's is run.

    Raises:
        QueryModelError: If it cannot be loaded.
        MissingExtraError: If transformers is not installed.
    """
    try:
        import transformers
    except ImportError:
        raise MissingExtraError("A query model in an engine", "vllm") from None
    try:
        return getattr(transformers, kind).from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError, ImportError, RuntimeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:300].rstrip(".")
        raise QueryModelError(
            f"transformers cannot load this model's settings: {reason}.",
            where=source,
            remedy="Name a folder with a config.json, or a hub id that can be reached.",
        ) from None
