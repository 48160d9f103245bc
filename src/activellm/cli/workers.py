"""The options that say who works on a large pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from activellm.blocks import BlockExecutor


@dataclass(frozen=True)
class WorkerOptions:
    """Who works on a large pool, block by block."""

    executor: Annotated[
        str | None,
        typer.Option(
            "--executor",
            help="Who does the work: here (this process), processes (several) or ray.",
        ),
    ] = None
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            help="How many work side by side. Default: one on each core of processes or ray.",
        ),
    ] = None
    ray_address: Annotated[
        str, typer.Option("--ray-address", help="A Ray cluster. Default: one on this machine.")
    ] = ""

    def open(self) -> BlockExecutor:
        """The executor; see `activellm.blocks.open_executor`."""
        from activellm.blocks import open_executor

        return open_executor(self.executor, self.workers, self.ray_address)
