"""Where a table's texts, selections and settings come from: what the user has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from activellm.bench.paper.study import Study
from activellm.bench.presets import preset
from activellm.errors import DataError, UsageError
from activellm.recorded import Session, read_sessions

POOL, TEST = "pool.jsonl.gz", "test.jsonl.gz"
"""A data set's files, in the folder that has its preset's name."""


@dataclass(frozen=True)
class Sources:
    """What the user has, and how much is to be computed.

    Attributes:
        data: A folder with PRESET/pool.jsonl.gz and PRESET/test.jsonl.gz; None for the Hub.
        sessions: A file of recorded LLM sessions; None for none.
        llms: Query models to ask live.
        successors: Learners; none for the paper's.
        encoder: Their encoder; the paper's is bert-base-uncased.
        tasks: Data sets, by their presets' names; none for all of the table.
        draws: How often candidates are drawn from a pool; of recorded sessions all are used.
        base_draws: Random selections from the same candidates; None for 20 beside recorded
            sessions, which are few, and 5 beside others.
        seeds: How often a learner is trained on the same labels.
        seed: Decides all that is random.
        device: Where learners compute.
    """

    data: Path | None = None
    sessions: Path | None = None
    llms: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()
    encoder: str = "embedded"
    tasks: tuple[str, ...] = ()
    draws: int = 20
    base_draws: int | None = None
    seeds: int = 1
    seed: int = 0
    device: str = "auto"

    def check(self) -> None:
        """Refuse what is not there before anything is computed.

        Raises:
            DataError: If the folder or the file does not exist.
            UsageError: For recorded sessions named as a live LLM.
        """
        if self.data is not None and not self.data.is_dir():
            raise DataError(
                "There is no such folder.",
                where=str(self.data),
                remedy=f"It holds a folder for each data set, with {POOL} and {TEST}.",
            )
        if self.sessions is not None and not self.sessions.is_file():
            raise DataError("There is no such file of recorded sessions.", where=str(self.sessions))
        for llm in self.llms:
            if llm.partition("/")[0] == "recorded":
                raise UsageError(
                    f"{llm!r} is no LLM that can be asked.",
                    where="--llm",
                    remedy="Name the file of its sessions with --sessions.",
                )

    def wanted(self, task: str) -> bool:
        """Whether the user wants a data set."""
        return not self.tasks or task in self.tasks

    def place(self, task: str, *names: str) -> dict[str, str | bool] | None:
        """Where a data set's files are, by "pool" and "test"; None if they are nowhere."""
        if self.data is None:
            return {"hub": True} if preset(task).hub else None
        files = {"pool": POOL, "test": TEST}
        paths = {name: (self.data / task / files[name]).resolve() for name in names}
        return (
            {name: str(path) for name, path in paths.items()}
            if all(path.is_file() for path in paths.values())
            else None
        )

    def sessions_of(self, study: Study) -> Mapping[str, list[Session]]:
        """The recorded sessions that a study is about, by its entries."""
        found: dict[str, list[Session]] = {}
        for entry, tasks in study.sessions.items():
            own = [
                one
                for one in self._all_sessions
                if one.task in tasks
                and (not study.llms or one.llm in study.llms)
                and (not study.modes or one.mode in study.modes)
                and (one.iteration is not None) == (study.rounds > 1)
            ]
            if own and self.wanted(entry.partition(",")[0]):
                found[entry] = own
        return found

    @cached_property
    def _all_sessions(self) -> tuple[Session, ...]:
        return tuple(read_sessions(self.sessions)) if self.sessions else ()


def labelled(session: Session) -> bool:
    """Whether all texts that it showed have a label."""
    return all(one.label is not None for one in session.instances)
