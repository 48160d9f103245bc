"""From the name that a user gives to a query model."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from activellm import weights
from activellm.errors import DataError, UnknownNameError, UsageError
from activellm.llm.batches.contract import BatchOptions
from activellm.llm.protocol import QueryModel
from activellm.llm.providers import providers
from activellm.llm.retry import Limits
from activellm.llm.wrapper import waits_for_batches
from activellm.registry import Registry

EMBEDDED_CONTEXT = 8192
"""Tokens that the embedded model was trained to hold."""


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """How models are run; each takes what concerns it.

    Attributes:
        threads: For models on this machine's CPU; None to choose by what is free.
        context: Tokens that prompt and answer may have together, in a model that runs here or in
            Ollama.
        limits: How long to wait for a server and how often to try.
        parallel: Questions to a server at a time; None for 8 to a hosted provider and 4 to a
            server that usually runs on this machine.
        requests_per_minute: The most questions that a server is sent; None for no limit.
        tokens_per_minute: The most tokens that they hold together; None for no limit.
        batches: How questions are handed in by batches; None to ask each at once.
    """

    threads: int | None = None
    context: int = 8192
    limits: Limits = field(default_factory=Limits)
    parallel: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    batches: BatchOptions | None = None


class OpensModel(Protocol):
    """What is registered under a name: makes the model from the rest of the user's text."""

    def __call__(self, rest: str, options: ModelOptions, /) -> QueryModel:
        """The model; nothing is loaded yet."""
        ...


MODELS: Registry[OpensModel] = Registry(
    "kind of query model",
    "activellm.models",
    {
        "embedded": "activellm.llm.open:embedded",
        "gguf": "activellm.llm.open:gguf",
        "http": "activellm.llm.served:http",
        "https": "activellm.llm.served:https",
        "scripted": "activellm.llm.open:scripted",
        "transformers": "activellm.llm.open:transformers",
        "vllm-offline": "activellm.llm.open:vllm_offline",
        **{name: f"activellm.llm.served:{name}" for name in providers()},
    },
)
"""The kinds of query models by name. Other packages add theirs in the entry-point group
"activellm.models": a callable like `OpensModel`."""

FORMS: Mapping[str, str] = MappingProxyType(
    {
        "embedded": "embedded",
        "gguf": "FILE.gguf",
        "http": "http://HOST/v1#NAME",
        "https": "https://HOST/v1#NAME",
        "scripted": "scripted/FILE.json",
        "transformers": "transformers/HUB_ID",
        "vllm-offline": "vllm-offline/HUB_ID",
        **{name: provider.form for name, provider in providers().items()},
    }
)
"""How users name a model of each of our kinds. A FOLDER with a config.json is one too."""


def open_model(
    spec: str = "embedded",
    *,
    recordings: Path | None = None,
    threads: int | None = None,
    context: int = 8192,
    limits: Limits | None = None,
    parallel: int | None = None,
    requests_per_minute: int | None = None,
    tokens_per_minute: int | None = None,
    batches: BatchOptions | None = None,
) -> QueryModel:
    """The query model of a name.

    Nothing is loaded or sent yet. Where a server is, is read from the environment now
    (`Provider.variables`); a key only when it is needed.

    Args:
        spec: "embedded"; a path to a GGUF file; a folder with a config.json;
            "transformers/HUB_ID_OR_FOLDER"; "vllm-offline/HUB_ID_OR_FOLDER"; "PROVIDER/NAME"
            (`providers`); "http(s)://HOST/v1#NAME"; "scripted/FILE.json"; or a registered
            "KIND/...".
        recordings: A folder in which every call is kept, and replayed from.
        threads, context, limits, parallel, requests_per_minute, tokens_per_minute, batches: As in
            `ModelOptions`.

    Raises:
        UnknownNameError: If nothing is meant by that name; it lists what can be.
        UsageError: If a file or folder is missing, an address is none, or the model takes no
            batches.
    """
    kind, rest = _parse(spec)
    options = ModelOptions(
        threads,
        context,
        limits or Limits(),
        parallel,
        requests_per_minute,
        tokens_per_minute,
        batches,
    )
    model = MODELS.get(kind)(rest, options)
    if batches is not None and not waits_for_batches(model):
        raise UsageError(
            "This model takes no batches.",
            where=spec,
            remedy="Leave out --llm-batch, or name a model of openai/ or anthropic/.",
        )
    if recordings is None:
        return model
    from activellm.llm.recording import RecordedModel

    return RecordedModel(model, recordings)


def _parse(spec: str) -> tuple[str, str]:
    """The kind of model, and the rest of the name."""
    kind, slash, rest = spec.partition("/")
    if "://" in spec:
        return MODELS.check(spec.partition("://")[0]), spec
    if kind in MODELS.names() and (slash or kind == "embedded"):
        return kind, rest
    if spec.endswith(".gguf"):
        return "gguf", spec
    if (Path(spec) / "config.json").is_file():
        return "transformers", spec
    if slash and difflib.get_close_matches(kind, MODELS.names(), n=1):
        MODELS.check(kind)  # says which kind was meant
    added = {f"{name}/..." for name in MODELS.names() if name not in FORMS}
    raise UnknownNameError("query model", spec, {*FORMS.values(), "FOLDER", *added})


def embedded(rest: str, options: ModelOptions) -> QueryModel:
    """The small model that a package carries."""
    from activellm.llm.gguf import GgufModel

    if rest:
        raise UsageError("The embedded model is one.", where=f"embedded/{rest}")
    context = min(options.context, EMBEDDED_CONTEXT)
    return GgufModel(weights.LLM, name="embedded", context=context, threads=options.threads)


def gguf(rest: str, options: ModelOptions) -> QueryModel:
    """A GGUF file, run by llama.cpp."""
    from activellm.llm.gguf import GgufModel

    path = _existing(rest)
    return GgufModel(path, name=rest, context=options.context, threads=options.threads)


def transformers(rest: str, options: ModelOptions) -> QueryModel:
    """A folder, a hub id or a GGUF file, run by transformers."""
    from activellm.llm.transformers_local import TransformersModel

    if rest.endswith(".gguf"):
        _existing(rest)
    return TransformersModel(rest, context=options.context, threads=options.threads)


def vllm_offline(rest: str, options: ModelOptions) -> QueryModel:
    """A folder or a hub id, run by vLLM's engine in this process."""
    from activellm.llm.engine_model import EngineModel
    from activellm.llm.vllm_engine import VllmEngine

    if rest.endswith(".gguf"):
        raise UsageError(
            "vLLM reads folders and hub ids with safetensors.",
            where=rest,
            remedy=f"Name the file itself for llama.cpp, or transformers/{rest} for a GPU.",
        )
    return EngineModel(
        rest,
        name=f"vllm-offline/{rest}",
        runtime="vllm",
        start=lambda context: VllmEngine(rest, context, options.threads),
        context=options.context,
        parallel=options.parallel,
    )


def scripted(rest: str, options: ModelOptions) -> QueryModel:
    """A script file's model."""
    from activellm.llm.scripted import ScriptedModel

    return ScriptedModel.load(Path(rest))


def _existing(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise DataError("There is no such model file.", where=text)
    return path
