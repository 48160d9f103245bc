"""Names and addresses that may be told to others: without keys, passwords and local folders."""

from __future__ import annotations

import re
from pathlib import Path

from activellm.errors import UsageError

_LOGIN = re.compile(r"(?<=://)[^/@\s]+@")


def public_name(name: str) -> str:
    """A model's name as others may read it: an address without login and query, a path's end."""
    if "://" in name:
        bare, mark, model = name.partition("#")
        return _LOGIN.sub("", bare).partition("?")[0] + mark + model
    return Path(name).name if Path(name).is_absolute() or Path(name).exists() else name


def without_login(words: str) -> str:
    """A message without what stands before the @ of an address."""
    return _LOGIN.sub("", words)


def refuse_login(address: str) -> str:
    """The address, if it holds no login: others see command lines, and we keep the address.

    Raises:
        UsageError: If it does.
    """
    if _LOGIN.search(address) or re.search(r"[?&][^=&]*(token|key|password)=", address, re.I):
        raise UsageError(
            "The address holds a login or a token, which others could read.",
            where="--to",
            remedy="Leave it out and set the tracker's own environment variables.",
        )
    return address
