"""Servers on this machine: whether one answers, and which models it says it has."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from activellm.llm.addresses import is_loopback, runs_in_the_cloud

TIMEOUT = 0.4
"""Seconds for a server on this machine to answer."""
_LARGEST = 4 * 1024 * 1024
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What is known of a server on this machine.

    Attributes:
        answers: Whether it does; None if it was not asked.
        why: What is wrong; empty if nothing is.
        models: The names of the models that it has.
        passed_on: Those of them that run elsewhere although the server is here.
        wants_key: Whether it answers those only who have a key.
    """

    answers: bool | None
    why: str = ""
    models: tuple[str, ...] = ()
    passed_on: tuple[str, ...] = ()
    wants_key: bool = False


def neighbour(address: str, speaks: str, *, timeout: float = TIMEOUT) -> Neighbour:
    """Ask a server on this machine what it has. No key and no text is sent.

    Args:
        address: Where its protocol begins, on a loopback address.
        speaks: "ollama", or anything else for OpenAI's protocol.
        timeout: Seconds to wait for the connection, and then for the whole answer.

    Raises:
        ValueError: If the address is not this machine's: others are never asked.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if not is_loopback(host):
        raise ValueError(f"{address} is not this machine")
    path = parts.path.rstrip("/") + ("/api/tags" if speaks == "ollama" else "/models")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    place = f"{host}:{parts.port or kind.default_port}"
    connection = kind(host, parts.port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        status, data = answer.status, _whole(answer, time.monotonic() + timeout)
    except TimeoutError:
        return Neighbour(False, f"The server on {place} did not answer within {timeout:g} s.")
    except ConnectionRefusedError:
        return Neighbour(False, f"No server answers on {place}.")
    except (OSError, http.client.HTTPException):
        return Neighbour(False, f"What answers on {place} does not speak HTTP as it should.")
    finally:
        connection.close()
    if status in (401, 403):
        return Neighbour(True, wants_key=True)
    return _read(status, data, place, speaks)


def _whole(answer: http.client.HTTPResponse, deadline: float) -> bytes:
    """The answer's bytes, however slowly they come and however many there are."""
    data = b""
    while piece := answer.read1(65_536):
        data += piece
        if time.monotonic() > deadline:
            raise TimeoutError
        if len(data) > _LARGEST:
            raise http.client.HTTPException("too large")
    return data


def _read(status: int, data: bytes, place: str, speaks: str) -> Neighbour:
    try:
        if status != 200:
            raise ValueError
        found = list(_models(json.loads(data), speaks))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        server = "no Ollama" if speaks == "ollama" else "not OpenAI-compatible"
        return Neighbour(False, f"What answers on {place} is {server}.")
    return Neighbour(
        True,
        "" if found else "It has no model yet.",
        tuple(name for name, _ in found),
        tuple(name for name, remote in found if remote),
    )


def _models(answer: Any, speaks: str) -> Iterator[tuple[str, bool]]:
    """Each model's name, and whether it runs elsewhere. What cannot be a name is left out."""
    ollama = speaks == "ollama"
    for entry in answer["models" if ollama else "data"]:
        name = entry["name" if ollama else "id"]
        if isinstance(name, str) and name.isprintable() and 0 < len(name) <= _LONGEST_NAME:
            remote = ollama and (bool(entry.get("remote_host")) or runs_in_the_cloud(name))
            yield name, remote
