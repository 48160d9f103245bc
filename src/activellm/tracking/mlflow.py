"""MLflow as a tracker (`pip install 'activellm[tracking]'`): a server, a database, or a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, ClassVar, Self

from activellm.errors import ActiveLLMError, MissingExtraError
from activellm.llm.addresses import host_of, is_loopback
from activellm.tracking.addresses import refuse_login, without_login
from activellm.tracking.contract import TrackedRun

_LONGEST = 500
"""Characters that MLflow lets a parameter have in all its versions."""


class MlflowTracker:
    """A run of MLflow for each run of ours, a step for each round.

    A login comes from MLflow's own environment variables (`MLFLOW_TRACKING_USERNAME`,
    `MLFLOW_TRACKING_PASSWORD`, `MLFLOW_TRACKING_TOKEN`), or from a whole `MLFLOW_TRACKING_URI`.
    MLflow's telemetry is off unless the user has set `MLFLOW_DISABLE_TELEMETRY`.

    Args:
        address: The tracking URI; empty for that of the environment.
    """

    name: ClassVar[str] = "mlflow"
    takes_files = True

    def __init__(self, address: str) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # else it tries for minutes
        try:
            from mlflow import MlflowClient
        except ImportError:
            raise MissingExtraError("MLflow", "tracking") from None
        used = address or os.environ.get("MLFLOW_TRACKING_URI", "")
        self.runs_here = not used or used.startswith(("sqlite:", "file:", "/", "."))
        self.runs_here = self.runs_here or is_loopback(host_of(used))
        with _told():
            self._client: Any = MlflowClient(tracking_uri=address or None)

    @classmethod
    def from_spec(cls, argument: str, /) -> Self:
        """Make it from "mlflow:URI", or "mlflow" for what the environment names.

        Raises:
            UsageError: If the URI holds a login.
            MissingExtraError: If mlflow is not installed.
        """
        return cls(refuse_login(argument))

    def send(self, run: TrackedRun, experiment: str, earlier: str) -> str:
        """See `Tracker.send`; the address is MLflow's id of the run."""
        from mlflow.entities import Metric, Param

        with _told():
            id_ = earlier or self._new(run, experiment)
            if not earlier:
                parameters = [Param(k, v[:_LONGEST]) for k, v in run.parameters.items()]
                self._client.log_batch(id_, params=parameters)
            for step in run.steps:
                found = [Metric(k, v, _now(), step.number) for k, v in step.metrics.items()]
                self._client.log_batch(id_, metrics=found)
            for path in run.files:
                self._client.log_artifact(id_, str(path))
            self._client.set_terminated(id_)
        return id_

    def _new(self, run: TrackedRun, experiment: str) -> str:
        found = self._client.get_experiment_by_name(experiment)
        place = found.experiment_id if found else self._client.create_experiment(experiment)
        tags = {"activellm.run": run.key}
        made = self._client.create_run(place, run_name=run.name, tags=tags)
        return str(made.info.run_id)


def _now() -> int:
    import time

    return int(time.time() * 1000)


@contextmanager
def _told() -> Iterator[None]:
    """Tell what MLflow, its database or the network said; its own words leave standard output.

    Raises:
        ActiveLLMError: In place of theirs.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except Exception as error:  # noqa: BLE001  # its stores raise whatever their libraries do
        first = without_login(str(error)).strip().partition("\n")[0]
        raise ActiveLLMError(
            f"MLflow did not take it: {type(error).__name__}: {first}", where="--to mlflow"
        ) from None
