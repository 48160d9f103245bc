"""The executor that a command's options name."""

from __future__ import annotations

from activellm.blocks.contract import BlockExecutor
from activellm.blocks.executors.here import HERE
from activellm.errors import UnknownNameError, UsageError

EXECUTORS = ("here", "processes", "ray")


def open_executor(
    name: str | None = None, workers: int | None = None, address: str = ""
) -> BlockExecutor:
    """Make an executor; nothing is started before it runs.

    Args:
        name: One of `EXECUTORS`; None for processes if several workers are asked for, else here.
        workers: How many work side by side; None for one on each core.
        address: Of a Ray cluster, as for `ray.init`; empty for one on this machine.

    Raises:
        UnknownNameError: If there is no such executor.
        UsageError: If options do not go together.
        MissingExtraError: If Ray is asked for and not installed.
    """
    several = (workers or 1) > 1
    name = name or ("processes" if several else "here")
    if name not in EXECUTORS:
        raise UnknownNameError("executor", name, EXECUTORS, where="--executor")
    if address and name != "ray":
        raise UsageError("Only --executor ray has an address.", where="--ray-address")
    if name == "processes":
        from activellm.blocks.executors.processes import Processes

        return Processes(workers)
    if name == "ray":
        from activellm.blocks.executors.ray_data import RayData

        return RayData(workers, address)
    if several:
        raise UsageError(
            "This process is one worker.", where=f"--executor here --workers {workers}"
        )
    return HERE
