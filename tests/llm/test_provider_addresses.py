"""The table of providers, where they are, and whose machine that is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activellm.errors import UsageError
from activellm.llm.addresses import host_of, is_loopback, is_private, ollama_address
from activellm.llm.open import MODELS
from activellm.llm.providers import Provider, providers

ALL = list(providers().values())
HOSTED = [provider for provider in ALL if provider.hosted]
LOCAL = [provider for provider in ALL if not provider.hosted]


@pytest.fixture(autouse=True)
def _no_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in ALL:
        for variable in provider.variables:
            monkeypatch.delenv(variable, raising=False)


def named(provider: Provider) -> str:
    return provider.name


@pytest.mark.parametrize("provider", ALL, ids=named)
def test_each_provider_is_in_order(provider: Provider) -> None:
    assert providers()[provider.name] is provider
    assert callable(MODELS.get(provider.name))
    assert provider.examples
    assert all(name.startswith(f"{provider.name}/") for name in provider.examples)
    assert provider.form.startswith(f"{provider.name}/")
    assert provider.key_variable.isupper()
    assert provider.parallel == (8 if provider.hosted else 4)


def test_the_table_is_frozen() -> None:
    with pytest.raises(TypeError):
        providers()["mine"] = ALL[0]  # type: ignore[index]
    with pytest.raises(AttributeError):
        ALL[0].base_url = "http://elsewhere"  # type: ignore[misc]


@pytest.mark.parametrize("provider", HOSTED, ids=named)
def test_hosted_providers_are_reached_over_https_and_never_run_here(provider: Provider) -> None:
    if provider.base_url:
        assert provider.address().startswith("https://")
    assert not provider.runs_here("http://127.0.0.1:4000/v1", "m")


@pytest.mark.parametrize("provider", LOCAL, ids=named)
def test_local_servers_run_here_unless_the_address_says_otherwise(provider: Provider) -> None:
    assert provider.runs_here(provider.address(), "m")
    assert not provider.runs_here("http://192.168.1.2:1234/v1", "m")


@pytest.mark.parametrize("provider", ALL, ids=named)
def test_the_environment_gives_another_address(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in reversed(provider.variables):  # the first of them counts
        address = f"https://{variable.lower().replace('_', '-')}:8443/v1"
        monkeypatch.setenv(variable, f" {address}/ ")
        assert provider.address() == address
    assert provider.variables[0] == f"ACTIVELLM_{provider.name.upper()}_URL"


@pytest.mark.parametrize("provider", HOSTED, ids=named)
@pytest.mark.parametrize("address", ["http://proxy.example.org/v1", "http://10.0.0.1", "ftp://x"])
def test_a_hosted_provider_s_key_never_goes_out_unencrypted(
    provider: Provider, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(provider.variables[0], address)
    with pytest.raises(UsageError, match=f"{provider.variables[0]} holds is no https"):
        provider.address()
    monkeypatch.setenv(provider.variables[0], "http://localhost:4000")
    assert provider.address() == "http://localhost:4000"


def test_azure_has_no_address_of_its_own() -> None:
    with pytest.raises(UsageError, match="Set AZURE_OPENAI_ENDPOINT"):
        providers()["azure"].address()


@pytest.mark.parametrize(
    ("model", "here"),
    [
        ("llama3.1", True),
        ("llama3.1:8b", True),
        ("cloudy:7b", True),
        ("gpt-oss:120b-cloud", False),
        ("glm-4.6:cloud", False),
        ("GLM-4.6:Cloud", False),
    ],
)
def test_ollama_s_cloud_models_leave_the_machine(model: str, here: bool) -> None:
    ollama = providers()["ollama"]
    assert ollama.runs_here(ollama.address(), model) is here


@pytest.mark.parametrize(
    ("given_host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:11434"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        (":8080", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:9000", "http://127.0.0.1:9000"),
        ("[::]:9000", "http://[::1]:9000"),
        ("[::1]", "http://[::1]:11434"),
        ("gpu.example.org", "http://gpu.example.org:11434"),
        ("http://gpu.example.org", "http://gpu.example.org:80"),
        ("http://gpu.example.org:11434/", "http://gpu.example.org:11434"),
        ("https://ollama.com", "https://ollama.com:443"),
        ("https://proxy.example.org/ollama/", "https://proxy.example.org:443/ollama"),
        ("127.0.0.1:no", "127.0.0.1:no"),
        ("http://me:secret@host", "http://me:secret@host"),
    ],
)
def test_what_ollama_host_means(given_host: str, address: str) -> None:
    assert ollama_address(given_host) == address


@given(st.text(max_size=40))
def test_no_address_breaks_the_reading_of_addresses(text: str) -> None:
    assert isinstance(ollama_address(text), str)
    assert isinstance(host_of(text), str)
    assert isinstance(is_private(text), bool)


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("0.0.0.0", False),
        ("192.168.1.2", False),
        ("", False),
    ],
)
def test_whose_machine_a_host_is(host: str, here: bool) -> None:
    assert is_loopback(host) is here
