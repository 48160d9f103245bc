"""Keys of providers: from the environment, or from the system's keyring. Kept nowhere."""

from __future__ import annotations

import importlib
import importlib.util
import os
from dataclasses import dataclass, field

from activellm.errors import QueryModelError

SERVICE = "activellm"
"""Under which the keyring keeps our keys; the user name there is the variable's name."""


@dataclass(frozen=True, slots=True)
class FoundKey:
    """What was found where a key is looked for.

    Attributes:
        key: The key; empty if there is none. It is not shown.
        source: "environment" or "keyring"; empty if there is none.
        trouble: Why the keyring could not be read; empty if it could, or is not installed.
    """

    key: str = field(default="", repr=False)
    source: str = ""
    trouble: str = ""


def find_key(variable: str) -> FoundKey:
    """Look for a key in the environment, then in the keyring if `keyring` is installed."""
    if key := os.environ.get(variable, "").strip():
        return FoundKey(key, "environment")
    if not has_keyring():
        return FoundKey()
    keyring = importlib.import_module("keyring")
    errors = importlib.import_module("keyring.errors")
    try:
        key = (keyring.get_password(SERVICE, variable) or "").strip()
    except errors.NoKeyringError:
        return FoundKey()
    except errors.KeyringError as error:
        return FoundKey(trouble=type(error).__name__)
    return FoundKey(key, "keyring") if key else FoundKey()


def read_key(variable: str, *, where: str, needed_by: str = "") -> str:
    """The key, ready for a header.

    Args:
        variable: Its environment variable.
        where: The model that it is for, for messages.
        needed_by: Who cannot be asked without one; empty if a key is not needed.

    Returns:
        The key; empty if there is none and none is needed.

    Raises:
        QueryModelError: If it is missing, or cannot be a key. It is never shown.
    """
    found = find_key(variable)
    if not found.key and needed_by:
        trouble = f" (the keyring could not be read: {found.trouble})" if found.trouble else ""
        raise QueryModelError(
            f"{needed_by} needs a key{trouble}.", where=where, remedy=how_to_give(variable)
        )
    if not (found.key.isascii() and found.key.isprintable()) or " " in found.key:
        place = variable if found.source == "environment" else f"the keyring for {variable}"
        raise QueryModelError(f"What {place} holds cannot be a key.", where=where)
    return found.key


def how_to_give(variable: str) -> str:
    """What to do about a missing key."""
    install = "" if has_keyring() else "pip install 'activellm[keyring]' && "
    return (
        f"Set {variable}, or keep it in the system's keyring: "
        f"{install}keyring set {SERVICE} {variable}"
    )


def has_keyring() -> bool:
    """Whether the package `keyring` is installed."""
    return importlib.util.find_spec("keyring") is not None
