"""The providers of query models: what they are called, where they are, and which key they take."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from activellm.errors import UsageError
from activellm.llm.addresses import (
    host_of,
    is_loopback,
    is_private,
    ollama_address,
    runs_in_the_cloud,
)

Speaks: TypeAlias = Literal[
    "openai", "azure", "mistral", "compatible", "anthropic", "gemini", "ollama"
]
"""The protocols; "compatible" is OpenAI's as others serve it."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Who serves query models.

    Attributes:
        name: What users write before the model's name.
        about: Who that is, for people.
        speaks: Its protocol.
        key_variable: The environment variable, and the name in the keyring, of its key.
        examples: Names of models, as users write them.
        base_url: Where its protocol begins; empty where each user has an address of their own.
        url_variables: Environment variables that hold another address, beside
            ACTIVELLM_<NAME>_URL, which goes first. The key is sent to that address.
        hosted: Whether texts leave the machine, whatever the address: a server on this machine
            that stands in for a hosted provider passes them on.
        batches: Whether questions can be handed in by batches.
    """

    name: str
    about: str
    speaks: Speaks
    key_variable: str
    examples: tuple[str, ...]
    base_url: str = ""
    url_variables: tuple[str, ...] = ()
    hosted: bool = True
    batches: bool = False

    @property
    def form(self) -> str:
        """How users name a model of it."""
        names = {"azure": "DEPLOYMENT", "openrouter": "VENDOR/NAME"}
        return f"{self.name}/{names.get(self.name, 'NAME')}"

    @property
    def parallel(self) -> int:
        """Questions at a time, where the user does not say."""
        return 8 if self.hosted else 4

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that may hold its address; the first that is set counts."""
        return (f"ACTIVELLM_{self.name.upper()}_URL", *self.url_variables)

    def address(self) -> str:
        """Where it is: the address in the environment, else its own.

        Raises:
            UsageError: If it has none, or texts and key would cross the network unencrypted.
        """
        for variable in self.variables:
            if given := os.environ.get(variable, "").strip():
                return self._checked(given, variable)
        if not self.base_url:
            raise UsageError(
                f"{self.about} has an address of its own for each customer.",
                where=self.form,
                remedy=f"Set {self.variables[-1]} to yours.",
            )
        return self.base_url

    def _checked(self, given: str, variable: str) -> str:
        address = (ollama_address(given) if self.speaks == "ollama" else given).rstrip("/")
        if self.hosted and not is_private(address):
            raise UsageError(
                f"What {variable} holds is no https:// address; texts and key would cross the "
                "network unencrypted.",
                where=self.form,
                remedy="Write https://HOST, or an http:// address of this machine.",
            )
        return address

    def runs_here(self, address: str, model: str) -> bool:
        """Whether texts for a model of it stay on this machine."""
        if self.hosted or (self.speaks == "ollama" and runs_in_the_cloud(model)):
            return False
        return is_loopback(host_of(address))


_TABLE = (
    Provider(
        "anthropic",
        "Anthropic",
        "anthropic",
        "ANTHROPIC_API_KEY",
        ("anthropic/claude-sonnet-4-5", "anthropic/claude-haiku-4-5"),
        "https://api.anthropic.com",
        ("ANTHROPIC_BASE_URL",),
        batches=True,
    ),
    Provider(
        "azure",
        "Azure OpenAI",
        "azure",
        "AZURE_OPENAI_API_KEY",
        ("azure/my-gpt-4o",),
        url_variables=("AZURE_OPENAI_ENDPOINT",),
    ),
    Provider(
        "gemini",
        "Google Gemini",
        "gemini",
        "GEMINI_API_KEY",
        ("gemini/gemini-2.5-flash", "gemini/gemini-2.5-pro"),
        "https://generativelanguage.googleapis.com/v1beta",
    ),
    Provider(
        "groq",
        "Groq",
        "compatible",
        "GROQ_API_KEY",
        ("groq/llama-3.3-70b-versatile",),
        "https://api.groq.com/openai/v1",
    ),
    Provider(
        "llamacpp",
        "llama.cpp",
        "compatible",
        "LLAMA_API_KEY",
        ("llamacpp/default",),
        "http://127.0.0.1:8080/v1",
        ("LLAMACPP_BASE_URL",),
        hosted=False,
    ),
    Provider(
        "lmstudio",
        "LM Studio",
        "compatible",
        "LM_API_TOKEN",
        ("lmstudio/qwen2.5-7b-instruct",),
        "http://127.0.0.1:1234/v1",
        ("LMSTUDIO_BASE_URL",),
        hosted=False,
    ),
    Provider(
        "mistral",
        "Mistral",
        "mistral",
        "MISTRAL_API_KEY",
        ("mistral/mistral-large-latest", "mistral/open-mixtral-8x22b"),
        "https://api.mistral.ai/v1",
    ),
    Provider(
        "ollama",
        "Ollama",
        "ollama",
        "OLLAMA_API_KEY",
        ("ollama/llama3.1", "ollama/qwen2.5:7b"),
        "http://127.0.0.1:11434",
        ("OLLAMA_HOST",),
        hosted=False,
    ),
    Provider(
        "openai",
        "OpenAI",
        "openai",
        "OPENAI_API_KEY",
        ("openai/gpt-4o", "openai/gpt-4o-mini"),
        "https://api.openai.com/v1",
        ("OPENAI_BASE_URL",),
        batches=True,
    ),
    Provider(
        "openrouter",
        "OpenRouter",
        "compatible",
        "OPENROUTER_API_KEY",
        ("openrouter/meta-llama/llama-3.1-70b-instruct",),
        "https://openrouter.ai/api/v1",
    ),
    Provider(
        "together",
        "Together",
        "compatible",
        "TOGETHER_API_KEY",
        ("together/meta-llama/Llama-3.3-70B-Instruct-Turbo",),
        "https://api.together.xyz/v1",
    ),
    Provider(
        "vllm",
        "vLLM",
        "compatible",
        "VLLM_API_KEY",
        ("vllm/meta-llama/Llama-3.1-8B-Instruct",),
        "http://127.0.0.1:8000/v1",
        ("VLLM_BASE_URL",),
        hosted=False,
    ),
)


def providers() -> Mapping[str, Provider]:
    """The known providers by name."""
    return _PROVIDERS


def takes_batches(model_name: str) -> bool:
    """Whether a model, as users name it, can be asked by batches."""
    provider = _PROVIDERS.get(model_name.partition("/")[0])
    return provider is not None and provider.batches


_PROVIDERS = MappingProxyType({provider.name: provider for provider in _TABLE})
