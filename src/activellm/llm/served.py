"""Query models behind servers, opened by the names that users give them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from activellm.errors import UsageError
from activellm.llm.addresses import is_private
from activellm.llm.batches.contract import MOST_WAITING, BatchOptions
from activellm.llm.keys import read_key
from activellm.llm.protocol import QueryModel
from activellm.llm.providers import Provider, providers

if TYPE_CHECKING:
    from activellm.llm.open import ModelOptions
    from activellm.llm.servers.dialect import Dialect
    from activellm.llm.servers.server_model import ServerModel

ANY_KEY = "ACTIVELLM_API_KEY"
"""The key's variable for servers that are named by their address."""

PARALLEL = 4
"""Questions at a time to such a server, where the user does not say."""

API_VERSION = "OPENAI_API_VERSION"
"""Azure's dated version of the protocol; unset for its version-free address (/openai/v1)."""

_CLAUDE, _GEMINI = 200_000, 1_048_576
"""Tokens of context that every model of these families has at least, as their pages say."""


@dataclass(frozen=True)
class Served:
    """Opens the models of one provider.

    Args:
        provider: The provider's name.
    """

    provider: str

    def __call__(self, rest: str, options: ModelOptions, /) -> QueryModel:
        """The model of that name. The address is read from the environment, the key not yet.

        Raises:
            UsageError: If no model is named, or the provider's address cannot be used.
        """
        from activellm.llm.servers.server_model import ServerModel
        from activellm.llm.staying import StaysHere

        provider = providers()[self.provider]
        if not rest:
            raise UsageError(
                f"Which model of {provider.about}?",
                where=f"{provider.name}/",
                remedy=f"Write {provider.form}.",
            )
        name, address = f"{provider.name}/{rest}", provider.address()
        runs_here = provider.runs_here(address, rest)
        made: Callable[..., ServerModel] = ServerModel
        parallel = options.parallel or provider.parallel
        if options.batches is not None and provider.batches:
            made, parallel = _batched(provider, options.batches), options.parallel or MOST_WAITING
        model = made(
            _dialect(provider, options, stays=runs_here),
            address,
            rest,
            name=name,
            limits=options.limits,
            parallel=parallel,
            key=_key(provider, address, name),
            context=_context(provider, rest, options),
            requests_per_minute=options.requests_per_minute,
            tokens_per_minute=options.tokens_per_minute,
            runs_here=runs_here,
            identity_extra=_identity(provider, options),
        )
        if provider.speaks == "ollama" and runs_here:
            return StaysHere(model, address, rest)
        return model


anthropic = Served("anthropic")
azure = Served("azure")
gemini = Served("gemini")
groq = Served("groq")
llamacpp = Served("llamacpp")
lmstudio = Served("lmstudio")
mistral = Served("mistral")
ollama = Served("ollama")
openai = Served("openai")
openrouter = Served("openrouter")
together = Served("together")
vllm = Served("vllm")


def http(rest: str, options: ModelOptions) -> QueryModel:
    """A model on any OpenAI-compatible server, by its address."""
    from activellm.llm.servers.openai_dialect import CompatibleDialect
    from activellm.llm.servers.server_model import ServerModel

    address, _, model = rest.partition("#")
    name = f"{address.rstrip('/')}#{model}"
    found = ServerModel(
        CompatibleDialect(),
        address,
        model,
        name=name,
        limits=options.limits,
        parallel=options.parallel or PARALLEL,
        key=partial(read_key, ANY_KEY, where=name),
        requests_per_minute=options.requests_per_minute,
        tokens_per_minute=options.tokens_per_minute,
    )
    if not model:
        raise UsageError("Which model of this server?", where=address, remedy="Write ADDRESS#NAME.")
    return found


https = http


def _dialect(provider: Provider, options: ModelOptions, *, stays: bool) -> Dialect:
    """The provider's protocol."""
    if provider.speaks == "anthropic":
        from activellm.llm.servers.anthropic_dialect import AnthropicDialect

        return AnthropicDialect()
    if provider.speaks == "gemini":
        from activellm.llm.servers.gemini_dialect import GeminiDialect

        return GeminiDialect()
    if provider.speaks == "ollama":
        from activellm.llm.servers.ollama_dialect import OllamaDialect

        return OllamaDialect(options.context, stays=stays)
    from activellm.llm.servers import openai_dialect

    if provider.speaks == "azure":
        return openai_dialect.AzureDialect(_api_version())
    if provider.speaks == "mistral":
        return openai_dialect.MistralDialect()
    if provider.speaks == "openai":
        return openai_dialect.OpenAIDialect()
    return openai_dialect.CompatibleDialect()


def _batched(provider: Provider, batches: BatchOptions) -> Callable[..., ServerModel]:
    """Makes a model whose questions are handed in by batches."""
    from activellm.llm.batches.anthropic_batches import AnthropicBatches
    from activellm.llm.batches.batched_model import BatchedModel
    from activellm.llm.batches.openai_batches import OpenAIBatches

    interface = AnthropicBatches() if provider.speaks == "anthropic" else OpenAIBatches()
    return partial(BatchedModel, interface=interface, batches=batches)


def _api_version() -> str:
    return os.environ.get(API_VERSION, "").strip()


def _key(provider: Provider, address: str, name: str) -> Callable[[], str]:
    """Gives the key when it is first needed.

    Ollama's key is for ollama.com: a server in the local network does not need it, and whoever
    listens there must not read it.
    """
    if provider.speaks == "ollama" and not is_private(address):
        return str
    needed_by = provider.about if provider.hosted else ""
    return partial(read_key, provider.key_variable, where=name, needed_by=needed_by)


def _context(provider: Provider, model: str, options: ModelOptions) -> int | None:
    """Tokens that prompt and answer may have together; None if unknown."""
    if provider.speaks == "ollama":
        return options.context
    if provider.speaks == "openai":
        from activellm.llm.servers.openai_dialect import known_context

        return known_context(model)
    if provider.speaks == "anthropic" and model.startswith("claude-"):
        return _CLAUDE
    return _GEMINI if provider.speaks == "gemini" and model.startswith("gemini-") else None


def _identity(provider: Provider, options: ModelOptions) -> dict[str, str]:
    """What decides the answers beside address and model."""
    if provider.speaks == "ollama":
        return {"context": str(options.context)}
    version = _api_version() if provider.speaks == "azure" else ""
    return {"api_version": version} if version else {}
