"""Run the classifier's server until it is told to stop."""

from __future__ import annotations

import secrets
import signal
import threading
from collections.abc import Callable
from contextlib import suppress

from activellm.annotation.web.server import bind, hosts_of, run
from activellm.errors import UsageError
from activellm.serving.app import create_app
from activellm.serving.asker import Asker
from activellm.successors.contract import Classifier

GRACE = 30
"""Seconds that requests under way have to end, once the server is told to stop."""

SHORTEST = 16
"""Characters of a token."""


def serve(
    classifier: Classifier,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    token: str = "",
    public_host: str = "",
    announce: Callable[[str, str], None],
) -> None:
    """Serve a classifier until Ctrl-C or SIGTERM; requests under way are answered first.

    Args:
        classifier: What is asked.
        host: The address that is listened on.
        port: The port; None for a free one.
        token: What lets in; empty for a new one.
        public_host: The Host header that a reverse proxy passes on ("example.org"), if there is
            one.
        announce: Told the address and the token.

    Raises:
        UsageError: If the port is taken, the host is not this machine, or the token is too short.
    """
    if token and len(token) < SHORTEST:
        raise UsageError(
            f"The token has {len(token)} characters; {SHORTEST} are the least.",
            where="ACTIVELLM_SERVE_TOKEN",
            remedy="Leave it unset: a new one is made at each start.",
        )
    token = token or secrets.token_urlsafe(24)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with bind(host, port, anywhere=True) as listener:
        hosts = hosts_of(listener)
        asker = Asker(classifier)
        try:
            allowed = [*hosts, *([public_host] if public_host else [])]
            app = create_app(classifier.task, asker, hosts=allowed, token=token)
            announce(f"http://{hosts[0]}", token)
            with suppress(KeyboardInterrupt):
                run(app, listener, lambda: False, grace=GRACE)
        finally:
            asker.close()
