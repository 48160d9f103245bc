"""Run the page's server in this process, for as long as somebody labels."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from activellm.errors import ActiveLLMError, UsageError

_TICK = 0.05


def bind(host: str, port: int | None, *, anywhere: bool = False) -> socket.socket:
    """A listening socket; port None or 0 takes a free one.

    Args:
        host: An address of this machine.
        port: Where it listens.
        anywhere: Whether other machines may reach it; else only a loopback address will do.

    Raises:
        UsageError: If the port is taken or not allowed, or the host is not this machine.
    """
    address = _address(host) if anywhere else _loopback(host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # asyncio sends without delay only on sockets that name TCP; else each reply waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port or 0))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise _no_port(port, error) from None
    return listener


def _address(host: str) -> str:
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except (OSError, UnicodeError):
        raise UsageError(
            f"{host!r} is no address of this machine.",
            where="--host",
            remedy="0.0.0.0 stands for all of its addresses.",
        ) from None


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _loopback(host: str) -> str:
    if host == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise UsageError(
            f"The page is served to this machine only, not on {host!r}.",
            where="--host",
            remedy="From another machine, use a tunnel: ssh -L PORT:127.0.0.1:PORT THIS-MACHINE.",
        )
    return host


def _no_port(port: int | None, error: OSError | OverflowError) -> UsageError:
    code = error.errno if isinstance(error, OSError) else None
    why = {
        errno.EADDRINUSE: "is used by another program",
        errno.EACCES: "is not allowed without more rights",
    }.get(code or 0, f"cannot be used ({error})")
    return UsageError(
        f"The port {port} {why}.",
        where="--port",
        remedy="Choose another one, or leave --port out: a free one is taken.",
    )


def hosts_of(listener: socket.socket) -> tuple[str, ...]:
    """The Host headers under which a browser reaches the socket by this machine's own names."""
    address, port = listener.getsockname()[:2]
    names = ["localhost"]
    if ipaddress.ip_address(address).is_unspecified:
        names = [socket.gethostname(), socket.getfqdn(), "127.0.0.1", *_addresses(), *names]
    else:
        names.insert(0, address)
    literal = [f"[{name}]" if ":" in name else name for name in names]
    return tuple(dict.fromkeys(f"{name}:{port}" for name in literal))


def _addresses() -> list[str]:
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [str(one[4][0]).partition("%")[0] for one in found]


def run(
    app: ASGIApp, listener: socket.socket, is_over: Callable[[], bool], *, grace: int = 2
) -> None:
    """Serve until `is_over`, or until Ctrl-C, which is raised as KeyboardInterrupt as usual.

    Inside a running event loop (a notebook) the server gets a thread of its own.

    Args:
        app: What is served.
        listener: Where.
        is_over: Asked now and then whether to stop.
        grace: Seconds that requests under way have to end.

    Raises:
        ActiveLLMError: If the server stopped before it was over.
    """
    config = uvicorn.Config(
        app,
        access_log=False,
        http="h11",
        lifespan="off",
        log_config=None,
        log_level="critical",
        loop="asyncio",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=grace,
        ws="none",
    )
    server = uvicorn.Server(config)
    if _in_event_loop():
        _run_in_thread(server, listener, is_over)
    else:
        asyncio.run(_serve(server, listener, is_over))
    if not is_over():
        raise ActiveLLMError(
            "The page was stopped. All answers are kept.", remedy="Start it again."
        )


async def _serve(
    server: uvicorn.Server, listener: socket.socket, is_over: Callable[[], bool]
) -> None:
    async def stop_when_over() -> None:
        while not is_over():
            await asyncio.sleep(_TICK)
        server.should_exit = True

    watcher = asyncio.create_task(stop_when_over())
    try:
        await server.serve(sockets=[listener])
    finally:
        watcher.cancel()


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _run_in_thread(
    server: uvicorn.Server, listener: socket.socket, is_over: Callable[[], bool]
) -> None:
    failed: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(_serve(server, listener, is_over))
        except BaseException as error:  # noqa: BLE001  # raised again below, in the caller's thread
            failed.append(error)

    thread = threading.Thread(target=work, name="activellm-page")
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        server.should_exit = True
        thread.join()
        raise
    if failed:
        raise failed[0]
