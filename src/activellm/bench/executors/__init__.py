"""Who does the jobs: this process, several beside it, or a Ray cluster."""

from activellm.bench.executors.here import Here
from activellm.bench.executors.processes import Processes
from activellm.bench.executors.protocol import Executor

__all__ = ["Executor", "Here", "Processes"]
