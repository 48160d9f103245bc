"""Addresses of servers: whose machine they are on, and who can read what is sent there."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

OLLAMA_PORT = 11434


def host_of(address: str) -> str:
    """The host of an address; empty if it has none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_private(address: str) -> bool:
    """Whether nobody on the way can read what is sent to an address."""
    return address.lower().startswith("https://") or is_loopback(host_of(address))


def runs_in_the_cloud(model: str) -> bool:
    """Whether an Ollama model's name says that a local server passes it on to ollama.com.

    Such tags are "cloud" and "...-cloud": glm-4.6:cloud, gpt-oss:120b-cloud.
    """
    return model.lower().endswith((":cloud", "-cloud"))


def ollama_address(text: str) -> str:
    """The address that OLLAMA_HOST means, in all the forms that Ollama itself takes.

    A host alone has Ollama's port, https:// alone the usual one. The addresses that a server
    listens on everywhere with (0.0.0.0, ::) mean this machine.
    """
    scheme, found, rest = text.strip().rstrip("/").partition("://")
    if not found:
        scheme, rest = "http", scheme
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname or "127.0.0.1", parts.port
    except ValueError:
        return text
    if parts.username is not None:
        return text
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not bound to
    port = port or {"https": 443, "http": 80 if found else OLLAMA_PORT}.get(scheme)
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{port}{parts.path}"
