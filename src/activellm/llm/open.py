"""From the name that a user gives to a query model."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from activellm import weights
from activellm.errors import DataError, UnknownNameError, UsageError
from activellm.llm.protocol import QueryModel
from activellm.llm.retry import Limits
from activellm.registry import Registry

EMBEDDED_CONTEXT = 8192
"""Tokens that the embedded model was trained to hold."""


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """How models are run; each takes what concerns it.

    Attributes:
        threads: For models on this machine's CPU; None to choose by what is free.
        context: Tokens that prompt and answer may have together in a model that runs here.
        limits: For models on servers.
    """

    threads: int | None = None
    context: int = 8192
    limits: Limits = field(default_factory=Limits)


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
        "http": "activellm.llm.open:http",
        "https": "activellm.llm.open:https",
        "openai": "activellm.llm.open:openai",
        "scripted": "activellm.llm.open:scripted",
        "transformers": "activellm.llm.open:transformers",
    },
)
"""The kinds of query models by name. Other packages add theirs in the entry-point group
"activellm.models": a callable like `OpensModel`."""

_FORMS = (
    "embedded",
    "FILE.gguf",
    "FOLDER",
    "transformers/HUB_ID",
    "openai/NAME",
    "http://HOST/v1#NAME",
    "scripted/FILE.json",
)


def open_model(
    spec: str = "embedded",
    *,
    recordings: Path | None = None,
    threads: int | None = None,
    context: int = 8192,
    limits: Limits | None = None,
) -> QueryModel:
    """The query model of a name. Nothing is loaded, sent or read from the environment yet.

    Args:
        spec: "embedded"; a path to a GGUF file; a folder with a config.json;
            "transformers/HUB_ID_OR_FOLDER"; "openai/NAME"; "http(s)://HOST/v1#NAME";
            "scripted/FILE.json"; or a registered "KIND/...".
        recordings: A folder in which every call is kept, and replayed from.
        threads: For a model on this machine's CPU; None to choose by what is free.
        context: Tokens that prompt and answer may have together in a model that runs here.
        limits: How long to wait for a server and how often to try; None for the defaults.

    Raises:
        UnknownNameError: If nothing is meant by that name; it lists what can be.
        UsageError: If a file or folder is missing, or an address is none.
    """
    kind, rest = _parse(spec)
    options = ModelOptions(threads, context, limits or Limits())
    model = MODELS.get(kind)(rest, options)
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
    raise UnknownNameError("query model", spec, {*_FORMS, *(f"{name}/..." for name in _added())})


def _added() -> list[str]:
    """The kinds that other packages have added."""
    return [name for name, target in MODELS.targets().items() if not target.startswith(__name__)]


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


def openai(rest: str, options: ModelOptions) -> QueryModel:
    """A model of OpenAI."""
    from activellm.llm.openai_server import OPENAI, OpenAIServerModel

    if not rest:
        raise UsageError("Which model of OpenAI?", where="openai/", remedy="Write openai/NAME.")
    return OpenAIServerModel(OPENAI, rest, name=f"openai/{rest}", limits=options.limits)


def http(rest: str, options: ModelOptions) -> QueryModel:
    """A model on any OpenAI-compatible server."""
    from activellm.llm.openai_server import OpenAIServerModel

    address, _, model = rest.partition("#")
    found = OpenAIServerModel(address, model, limits=options.limits)
    if not model:
        raise UsageError("Which model of this server?", where=address, remedy="Write ADDRESS#NAME.")
    return found


https = http


def scripted(rest: str, options: ModelOptions) -> QueryModel:
    """A script file's model."""
    from activellm.llm.scripted import ScriptedModel

    return ScriptedModel.load(Path(rest))


def _existing(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise DataError("There is no such model file.", where=text)
    return path
