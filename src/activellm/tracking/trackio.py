"""trackio as a tracker (`pip install 'activellm[tracking]'`): a database on this machine."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, ClassVar, Self

from activellm.errors import ActiveLLMError, MissingExtraError, UsageError
from activellm.tracking.addresses import without_login
from activellm.tracking.contract import TrackedRun


class TrackioTracker:
    """A run of trackio for each run of ours, in a local project.

    Only where the user has set `TRACKIO_SPACE_ID` or `TRACKIO_SERVER_URL`, trackio sends the runs
    there.

    Args:
        project: trackio's project.
    """

    name: ClassVar[str] = "trackio"
    takes_files = False

    def __init__(self, project: str) -> None:
        try:
            import trackio
        except ImportError:
            raise MissingExtraError("trackio", "tracking") from None
        self.project = project
        self.runs_here = not any(
            os.environ.get(variable) for variable in ("TRACKIO_SPACE_ID", "TRACKIO_SERVER_URL")
        )
        self._trackio: Any = trackio

    @classmethod
    def from_spec(cls, argument: str, /) -> Self:
        """Make it from "trackio:PROJECT".

        Raises:
            UsageError: If no project is named.
            MissingExtraError: If trackio is not installed.
        """
        if not argument:
            raise UsageError(
                "Which project?", where="--to trackio", remedy="Write --to trackio:PROJECT."
            )
        return cls(argument)

    def send(self, run: TrackedRun, experiment: str, earlier: str) -> str:
        """See `Tracker.send`; trackio knows a run by its name."""
        name = earlier or f"{run.name} {run.key[:6]}"
        try:
            # It prints to standard output, which is ours to keep clean for programs.
            with contextlib.redirect_stdout(sys.stderr):
                self._trackio.init(
                    project=self.project,
                    name=name,
                    group=experiment,
                    config={**run.parameters, "activellm.run": run.key},
                    resume="allow",
                    embed=False,
                    auto_log_gpu=False,
                    auto_log_cpu=False,
                )
                for step in run.steps:
                    self._trackio.log(dict(step.metrics), step=step.number)
                self._trackio.finish()
        except Exception as error:  # noqa: BLE001  # of its own, of the disk, or of a server
            raise ActiveLLMError(
                f"trackio did not take it: {type(error).__name__}: {without_login(str(error))}",
                where="--to trackio",
            ) from None
        return name
