"""Files of what LLMs said: sessions and judgements; and how sessions' answers are read."""

from __future__ import annotations

from activellm.recorded.check import CheckReport, Difference, Tally, check_recordings
from activellm.recorded.judgements import JudgedSet, read_judged_sets
from activellm.recorded.replay import choose_as_recorded
from activellm.recorded.sessions import Instance, Session, lines_of, read_sessions

__all__ = [
    "CheckReport",
    "Difference",
    "Instance",
    "JudgedSet",
    "Session",
    "Tally",
    "check_recordings",
    "choose_as_recorded",
    "lines_of",
    "read_judged_sets",
    "read_sessions",
]
