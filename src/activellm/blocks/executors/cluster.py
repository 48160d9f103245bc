"""A Ray cluster: one that is there, or one on this machine for one run."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from activellm.errors import ActiveLLMError, MissingExtraError, UsageError
from activellm.threads import available_cores

STORE_BYTES = 100 * 2**20
"""Memory for what Ray's workers share, near its least: they share tasks and lines of results."""

SHORT = "/tmp"  # noqa: S108
"""Where a local cluster has its logs and sockets, whose paths may not be longer than 100 letters;
its own folder there is for this user's eyes only."""

PATIENCE = 10.0
"""Seconds that a cluster's address may take to answer."""

LOCAL = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(32),
}
"""A cluster of this machine alone listens on its loopback address, as Ray does on a Mac, and does
what is asked only by who knows this process's token, which Ray reads once."""


def ray_library(purpose: str, *, local: bool) -> Any:
    """Ray, which reads its settings when it is imported.

    Args:
        purpose: What needs it, for the message.
        local: Whether a cluster of this machine will be begun.

    Raises:
        MissingExtraError: If Ray is not installed.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # it warns of what it then does itself
    if local:
        os.environ.update(LOCAL)
    try:
        import ray
    except ImportError:
        raise MissingExtraError(purpose, "ray") from None
    return ray


@contextmanager
def cluster(ray: Any, address: str, workers: int | None) -> Iterator[None]:
    """Be connected to a cluster, which is begun and ended here if it has no address.

    Args:
        ray: The library.
        address: As for `ray.init`; empty for a cluster on this machine.
        workers: CPU cores that a cluster on this machine says to have; None for all.

    Raises:
        ActiveLLMError: If it cannot be reached.
    """
    folder = tempfile.TemporaryDirectory(
        prefix="ray", dir=SHORT if Path(SHORT).is_dir() else None, ignore_cleanup_errors=True
    )
    # Ray tells of dead workers on standard output, which is the result's.
    with folder as logs, redirect_stdout(sys.stderr):
        try:
            _begin(ray, address, workers, logs)
            yield
        finally:
            ray.shutdown()


def _begin(ray: Any, address: str, workers: int | None, logs: str) -> None:
    local: dict[str, Any] = {
        "address": "local",  # whatever cluster the environment names
        "num_cpus": workers or available_cores(),
        "include_dashboard": False,
        "object_store_memory": STORE_BYTES,
        "_temp_dir": logs,
    }
    place = {"address": address} if address else local
    where = f"--ray-address {address}" if address else "--executor ray"
    try:
        _knock(address)
        with _silenced():
            ray.init(**place, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # noqa: BLE001  # that a machine is too slow is a plain Exception
        raise ActiveLLMError(f"The Ray cluster cannot be reached: {error}", where=where) from None


def _knock(address: str) -> None:
    """See whether anybody is there: Ray itself would try for many minutes.

    Raises:
        OSError: If nobody is.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if port.isdigit():  # "auto" and the like Ray looks up at once
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE).close()


@contextmanager
def _silenced() -> Iterator[None]:
    """Without standard error, where Ray's C++ part says which log level it was given.

    What goes wrong is an exception.
    """
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def places(ray: Any, workers: int | None) -> int:
    """How many workers there will be: as asked, else one on each core of the cluster.

    Raises:
        UsageError: If it has fewer cores than workers are asked for.
    """
    cores = int(ray.cluster_resources().get("CPU", 0))
    if (workers or 1) > cores:
        raise UsageError(
            f"The cluster has {cores} CPU cores, and each worker needs one.",
            where=f"--workers {workers or 1}",
            remedy="Ask for fewer workers, or add machines.",
        )
    return workers or cores


def gpu_share(ray: Any, workers: int) -> float:
    """The part of a GPU that each of so many workers gets; 0 where there is none."""
    gpus = int(ray.cluster_resources().get("GPU", 0))
    if not gpus:
        return 0.0
    on_each = -(-workers // gpus)
    return int(10_000 / on_each) / 10_000  # Ray counts in ten-thousandths
