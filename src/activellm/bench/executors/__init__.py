"""Who does the jobs: this process, several beside it, or a Ray cluster."""

from __future__ import annotations

from activellm.bench.executors.here import Here
from activellm.bench.executors.processes import Processes
from activellm.bench.executors.protocol import Executor
from activellm.bench.workshop import Workshop

__all__ = ["Executor", "Here", "Processes", "on_this_machine"]


def on_this_machine(workshop: Workshop, workers: int) -> Executor:
    """This process for one worker, processes beside it for several."""
    if workers == 1:
        return Here(workshop)
    parts = workshop.experiment, workshop.base, workshop.folder, workshop.max_cost
    return Processes(workers, *parts)
