import subprocess
import sys
from pathlib import Path

import pytest

from activellm.errors import DataError, UnknownNameError, UsageError
from activellm.llm import MODELS, RecordedModel, open_model
from activellm.llm.engine_model import EngineModel
from activellm.llm.gguf import GgufModel
from activellm.llm.providers import providers
from activellm.llm.servers.server_model import ServerModel
from activellm.llm.staying import StaysHere
from activellm.llm.transformers_local import TransformersModel


def test_the_kinds_of_models() -> None:
    own = {"embedded", "gguf", "http", "https", "scripted", "transformers", "vllm-offline"}
    assert set(MODELS.names()) >= own | set(providers())
    for name in MODELS.names():
        assert callable(MODELS.get(name))


def test_names_lead_to_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.gguf").write_bytes(b"GGUF")
    Path("folder").mkdir()
    Path("folder/config.json").write_text("{}", encoding="utf-8")
    kinds = {
        "embedded": GgufModel,
        "model.gguf": GgufModel,
        "./model.gguf": GgufModel,
        "gguf/model.gguf": GgufModel,
        "folder": TransformersModel,
        "transformers/folder": TransformersModel,
        "transformers/model.gguf": TransformersModel,
        "transformers/some/hub-id": TransformersModel,
        "vllm-offline/folder": EngineModel,
        "vllm-offline/some/hub-id": EngineModel,
        "openai/gpt-4o": ServerModel,
        "anthropic/claude-sonnet-4-5": ServerModel,
        "mistral/mistral-large-latest": ServerModel,
        "gemini/gemini-2.5-flash": ServerModel,
        "groq/llama-3.3-70b-versatile": ServerModel,
        "together/org/llama": ServerModel,
        "openrouter/org/llama": ServerModel,
        "ollama/llama3.1": StaysHere,
        "vllm/org/llama": ServerModel,
        "llamacpp/any": ServerModel,
        "lmstudio/any": ServerModel,
        "http://localhost:8080/v1#llama": ServerModel,
        "https://host.example/v1/#org/model": ServerModel,
    }
    for spec, kind in kinds.items():
        model = open_model(spec)
        assert isinstance(model, kind), spec
        elsewhere = spec.startswith("https:") or (
            spec.partition("/")[0] in providers() and providers()[spec.partition("/")[0]].hosted
        )
        assert model.runs_here is not elsewhere, spec
    assert dict(open_model("https://host.example/v1/#org/model").identity()) == {
        "runtime": "openai",
        "server": "https://host.example/v1",
        "model": "org/model",
    }


def test_opening_and_replaying_needs_neither_weights_nor_key(tmp_path: Path) -> None:
    model = open_model("openai/gpt-4o", recordings=tmp_path)
    assert isinstance(model, RecordedModel)
    assert model.name == "openai/gpt-4o"
    assert list(tmp_path.iterdir()) == []


def test_limits_of_calls_reach_the_model() -> None:
    assert open_model("openai/gpt-4o").parallel == 8
    assert open_model("vllm/llama").parallel == 4
    assert open_model("vllm/llama", parallel=32).parallel == 32
    assert open_model("http://localhost/v1#m", parallel=2).parallel == 2


@pytest.mark.parametrize(
    ("spec", "error", "words"),
    [
        ("gpt-4o", UnknownNameError, "openai/NAME"),
        ("embeded", UnknownNameError, "Did you mean 'embedded'"),
        ("opnai/gpt-4o", UnknownNameError, "Did you mean 'openai'"),
        ("mistal/large", UnknownNameError, "Did you mean 'mistral'"),
        ("some/where", UnknownNameError, "openrouter/VENDOR/NAME"),
        ("embedded/x", UsageError, "The embedded model is one"),
        ("ftp://host/v1#m", UnknownNameError, "https"),
        ("nowhere/model.gguf", DataError, "no such model file"),
        ("transformers/nowhere.gguf", DataError, "no such model file"),
        ("openai/", UsageError, "Which model of OpenAI"),
        ("openrouter/", UsageError, "Write openrouter/VENDOR/NAME"),
        ("azure/gpt", UsageError, "Set AZURE_OPENAI_ENDPOINT"),
        ("http://host/v1", UsageError, "Which model"),
        ("http://#m", UsageError, "Not an address"),
        ("http://[/v1#m", UsageError, "Not an address"),
        ("scripted/nowhere.json", DataError, "Cannot read"),
        ("", UnknownNameError, "embedded"),
    ],
)
def test_what_is_no_model_says_what_could_be(
    spec: str, error: type[UsageError], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        open_model(spec)
    assert caught.value.exit_code == 2


def test_the_room_is_light() -> None:
    code = """
import sys
import activellm.llm
heavy = {"torch", "transformers", "httpx2", "xllamacpp", "sklearn", "pydantic"} & set(sys.modules)
assert not heavy, heavy
for name in activellm.llm.__all__:
    assert getattr(activellm.llm, name) is not None
assert not {"torch", "transformers", "vllm", "xllamacpp"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_an_unknown_public_name() -> None:
    import activellm.llm

    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = activellm.llm.no_such_thing
