"""Files of recorded LLM sessions: reading them, and checking how their answers are read."""

from __future__ import annotations

from activellm.recorded.check import CheckReport, Difference, Tally, check_recordings
from activellm.recorded.sessions import Instance, Session, read_sessions

__all__ = [
    "CheckReport",
    "Difference",
    "Instance",
    "Session",
    "Tally",
    "check_recordings",
    "read_sessions",
]
