"""The trackers by name, and how a user's `--to` becomes one."""

from __future__ import annotations

from activellm.registry import Registry
from activellm.tracking.contract import Tracker

TRACKERS: Registry[type[Tracker]] = Registry(
    "tracker",
    "activellm.trackers",
    {
        "jsonl": "activellm.tracking.json_lines:JsonLinesTracker",
        "mlflow": "activellm.tracking.mlflow:MlflowTracker",
        "trackio": "activellm.tracking.trackio:TrackioTracker",
    },
    wants=("name", "from_spec", "send", "runs_here", "takes_files"),
)
"""All trackers; other packages add theirs under the entry point `activellm.trackers`."""


def open_tracker(spec: str) -> Tracker:
    """Make the tracker that `spec` names: "mlflow:URI", "trackio:PROJECT" or "jsonl:FILE".

    Raises:
        UsageError: If there is none of that name (with the list), or its argument does not fit.
        MissingExtraError: If its library is not installed.
    """
    name, _, argument = spec.partition(":")
    return TRACKERS.get(name.strip(), where="--to").from_spec(argument.strip())
