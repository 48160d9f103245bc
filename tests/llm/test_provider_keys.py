"""Keys: from the environment, else from a keyring; shown nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from activellm.errors import QueryModelError
from activellm.llm.keys import FoundKey, find_key, read_key

PLANTED = "sk-planted-secret-0123456789"
VARIABLE = "MISTRAL_API_KEY"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[tuple[str, str], Any]]:
    """A real backend of the package `keyring`, which keeps its passwords in this dictionary."""
    package = pytest.importorskip("keyring", reason="the package keyring is not installed")
    kept: dict[tuple[str, str], Any] = {}

    class InMemory(package.backend.KeyringBackend):  # type: ignore[misc, name-defined]
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            found = kept.get((service, username))
            if isinstance(found, Exception):
                raise found
            return found

        def set_password(self, service: str, username: str, password: str) -> None:
            kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del kept[service, username]

    monkeypatch.setattr("activellm.llm.keys.has_keyring", lambda: True)
    before = package.get_keyring()
    package.set_keyring(InMemory())
    yield kept
    package.set_keyring(before)


def test_the_environment_goes_first(
    monkeypatch: pytest.MonkeyPatch, keyring: dict[tuple[str, str], Any]
) -> None:
    keyring["activellm", VARIABLE] = "from-keyring"
    assert find_key(VARIABLE) == FoundKey("from-keyring", "keyring")
    monkeypatch.setenv(VARIABLE, f"  {PLANTED}\n")
    assert find_key(VARIABLE) == FoundKey(PLANTED, "environment")
    assert read_key(VARIABLE, where="m") == PLANTED


def test_a_key_that_the_keyring_command_stored_is_found(keyring: Any) -> None:
    import keyring as package

    package.set_password("activellm", VARIABLE, PLANTED)
    assert read_key(VARIABLE, where="mistral/m", needed_by="Mistral") == PLANTED
    package.delete_password("activellm", VARIABLE)
    assert find_key(VARIABLE) == FoundKey()


def test_a_missing_key_names_the_variable_and_the_keyring_line(keyring: Any) -> None:
    with pytest.raises(QueryModelError, match="Mistral needs a key") as caught:
        read_key(VARIABLE, where="mistral/m", needed_by="Mistral")
    assert f"Set {VARIABLE}" in caught.value.remedy
    assert f"keyring set activellm {VARIABLE}" in caught.value.remedy
    assert "pip install" not in caught.value.remedy
    assert caught.value.where == "mistral/m"


def test_without_the_package_the_install_line_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activellm.llm.keys.has_keyring", lambda: False)
    with pytest.raises(QueryModelError, match=r"pip install 'activellm\[keyring\]' && keyring set"):
        read_key(VARIABLE, where="m", needed_by="Mistral")


def test_no_key_is_fine_where_none_is_needed(keyring: Any) -> None:
    assert read_key(VARIABLE, where="m") == ""


def test_a_keyring_that_cannot_be_read_says_so_and_not_why_it_broke(
    keyring: dict[tuple[str, str], Any],
) -> None:
    from keyring.errors import KeyringLocked, NoKeyringError

    keyring["activellm", VARIABLE] = KeyringLocked(f"cannot open: {PLANTED}")
    with pytest.raises(QueryModelError, match="could not be read: KeyringLocked") as caught:
        read_key(VARIABLE, where="m", needed_by="Mistral")
    assert PLANTED not in str(caught.value)
    keyring["activellm", VARIABLE] = NoKeyringError("none")
    assert find_key(VARIABLE) == FoundKey()


@pytest.mark.parametrize("wrong", ["two words", "line\nbreak", "schlüssel", "nul\x00"])
def test_what_cannot_be_a_key_is_refused_and_not_shown(
    wrong: str, keyring: dict[tuple[str, str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring["activellm", VARIABLE] = wrong
    with pytest.raises(QueryModelError, match=f"the keyring for {VARIABLE} holds") as caught:
        read_key(VARIABLE, where="m")
    assert wrong not in str(caught.value)
    if "\x00" not in wrong:  # which no environment can hold
        monkeypatch.setenv(VARIABLE, wrong)
        with pytest.raises(QueryModelError, match=f"What {VARIABLE} holds"):
            read_key(VARIABLE, where="m")


def test_a_found_key_is_not_in_its_own_description() -> None:
    assert PLANTED not in repr(FoundKey(PLANTED, "environment"))
