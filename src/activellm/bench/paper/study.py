"""What a table of the paper is made of: experiments on pools, or on recorded sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SHORT = "finetune(epochs=25, batch_size=128)"
"""How BERT was trained in most logs: with up to 128 labels that is one step an epoch."""
FOR_SMALL = "finetune(epochs=25, batch_size=8)"
"""In its place for the embedded encoder, which learns nothing in 25 steps."""
LONG = "finetune(epochs=100, batch_size=8)"
"""How it was trained in the logs of the studies of CTI."""


@dataclass(frozen=True, slots=True)
class Study:
    """One experiment that a table is made of.

    Attributes:
        name: What its files are called after the table's name.
        tasks: Data sets, by the names of their presets.
        strategies: Strategies that choose from pools; empty for recorded sessions.
        sessions: Entry -> what recorded sessions call its data set; for recorded sessions. An entry
            is a preset's name, if need be with a comma and more words behind it.
        llms: Whose recorded sessions; empty for everybody's.
        modes: Which of their modes; empty for all.
        prompts: Listwise prompts to ask a live LLM by.
        guidelines: For annotators, which prompts c1 to c3 show.
        candidates, select, rounds: As in `Experiment`.
        successors: The paper's learners in this study.
    """

    name: str
    tasks: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ()
    sessions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    llms: tuple[str, ...] = ("gpt-4",)
    modes: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ("b2",)
    guidelines: str = ""
    candidates: tuple[int, ...] = (200,)
    select: tuple[int, ...] = (32,)
    rounds: int = 1
    successors: tuple[str, ...] = (SHORT,)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the paper.

    Attributes:
        name: What the command calls it.
        about: What it shows.
        needs: What has to be there for all of it.
        studies: Its experiments.
        labels: Numbers of labels that are shown; empty for all that were measured.
    """

    name: str
    about: str
    needs: str
    studies: tuple[Study, ...]
    labels: tuple[int, ...] = ()

    @property
    def tasks(self) -> tuple[str, ...]:
        """All data sets that it is about."""
        entries = (one for study in self.studies for one in (*study.tasks, *study.sessions))
        return tuple(dict.fromkeys(one.partition(",")[0] for one in entries))
