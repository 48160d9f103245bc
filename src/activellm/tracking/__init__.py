"""Rounds of projects and results of experiments, sent to where a team tracks its runs."""

from __future__ import annotations

from activellm.tracking.contract import Step, TrackedRun, Tracker
from activellm.tracking.registry import TRACKERS, open_tracker
from activellm.tracking.sending import Sent, send

__all__ = ["TRACKERS", "Sent", "Step", "TrackedRun", "Tracker", "open_tracker", "send"]
