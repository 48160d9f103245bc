"""One JSON question to a server, one answer back; whatever goes wrong becomes `CallFailed`."""

from __future__ import annotations

import json
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import httpx2

from activellm.llm.addresses import host_of
from activellm.llm.retry import CallFailed

LARGEST = 32 * 1024 * 1024
"""Bytes of an answer; more is not an answer."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a server sent back."""

    status: int
    headers: Mapping[str, str]
    text: str


class Transport:
    """The connections to one server. Safe to use on many threads.

    Redirects are not followed: a key goes where the user has sent it and nowhere else.

    Args:
        parallel: Calls at a time; as many connections are kept.
        trust_proxy: Whether the environment's proxy is used; never for this machine.
    """

    def __init__(self, *, parallel: int, trust_proxy: bool) -> None:
        self._parallel = parallel
        self._trust_proxy = trust_proxy
        self._reached = False
        self._opening = threading.Lock()

    @cached_property
    def _shared_client(self) -> httpx2.Client:
        limits = httpx2.Limits(
            max_connections=self._parallel, max_keepalive_connections=self._parallel
        )
        client = httpx2.Client(trust_env=self._trust_proxy, limits=limits)
        weakref.finalize(self, client.close)
        return client

    @property
    def _client(self) -> httpx2.Client:
        with self._opening:
            return self._shared_client

    def post(
        self, url: str, headers: Mapping[str, str], body: Mapping[str, Any], timeout: float
    ) -> Response:
        """Send JSON, and read the answer as `send` does.

        Raises:
            CallFailed: If there is no whole answer.
        """
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json", **headers}
        return self.send("POST", url, headers, timeout, content=content)

    def send(
        self,
        method: Literal["GET", "POST"],
        url: str,
        headers: Mapping[str, str],
        timeout: float,
        *,
        content: bytes = b"",
        largest: int = LARGEST,
    ) -> Response:
        """Send, and read the whole answer within `timeout` seconds, however slowly its bytes come.

        A server that falls silent in the middle of its answer can take twice as long, and one
        that trickles its headers longer still: there, each read has `timeout` seconds.

        Raises:
            CallFailed: If there is no whole answer.
        """
        if timeout <= 0:
            raise CallFailed("transient", "No time is left to ask", unpaid=True)
        request = self._client.build_request(
            method, url, content=content, headers=dict(headers), timeout=timeout
        )
        try:
            response = self._exchange(request, timeout, largest)
        except httpx2.TimeoutException:
            raise CallFailed("transient", f"No answer within {round(timeout, 2):g} s") from None
        except httpx2.ConnectError:
            # Before the first answer it is the address that is wrong, not the moment.
            raise CallFailed(
                "transient" if self._reached else "refused",
                f"Cannot connect to {host_of(url)}",
                remedy="Is the server running, and is the address right?",
                unpaid=True,
            ) from None
        except httpx2.HTTPError as error:
            raise CallFailed(
                "transient", f"The connection broke ({type(error).__name__})"
            ) from None
        self._reached = True
        return response

    def _exchange(self, request: httpx2.Request, timeout: float, largest: int) -> Response:
        deadline = time.monotonic() + timeout
        response = self._client.send(request, stream=True)
        try:
            pieces: list[bytes] = []
            size = 0
            for piece in response.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if time.monotonic() > deadline:
                    raise httpx2.ReadTimeout("the answer came too slowly")
                if size > largest:
                    raise CallFailed("fatal", f"The answer is larger than {largest:,} bytes")
            text = b"".join(pieces).decode("utf-8", "replace")
            return Response(response.status_code, response.headers, text)
        finally:
            response.close()


def server_message(text: str) -> str:
    """What a server said of its failure, on one line; empty for HTML pages."""
    try:
        found = json.loads(text)
        found = found[0] if isinstance(found, list) else found
        error = found.get("error", found.get("message", found.get("detail", "")))
        said = str(error.get("message", "") if isinstance(error, dict) else error)
    except (ValueError, TypeError, AttributeError, IndexError, RecursionError):
        return ""
    return " ".join(said.split())
