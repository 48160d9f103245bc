"""How an experiment's file names a data set."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from activellm.bench.presets import HubPlace, Metric


class DataEntry(BaseModel):
    """How an experiment names a data set: a preset, files, the Hub, or parts of each.

    Attributes:
        name: What results call it. Default: the preset's name, or the pool file's.
        preset: A named data set, for task, labels, pair format and metric.
        pool: A file of labelled texts; relative to the experiment file.
        sessions: A file of recorded LLM sessions: candidates are what these showed.
        session_tasks: What the sessions call this data set. Default: the preset's name, or its own.
        session_modes: Only sessions of these modes. Default: all.
        judgements: Judge's name -> a file of its label probabilities of fixed candidate sets. One
            of the files names the texts; the others may leave them out.
        test: A file to measure on; without one, pool texts are set aside.
        hub: Whether the preset's texts come from the Hub, or where else they are there. Beside
            sessions or judgements it gives the texts to measure on.
        text, text_b, label: Columns of the files.
        description, labels: The task, where no preset gives it; without labels those of the data.
        guidelines: Rules for annotators, which the prompts c1 to c3 show.
        multi: Whether a text may have several labels.
        metric: What results are read by first.
        test_size: The most texts to measure on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    preset: str = ""
    pool: str = ""
    sessions: str = ""
    session_tasks: tuple[str, ...] = ()
    session_modes: tuple[str, ...] = ()
    judgements: dict[str, str] = {}
    test: str = ""
    hub: HubPlace | bool = False
    text: str | None = None
    text_b: str | None = None
    label: str = "label"
    description: str = ""
    labels: dict[str, str] | None = None
    guidelines: str = ""
    multi: bool = False
    metric: Metric | None = None
    test_size: int = Field(default=1000, ge=1)

    @model_validator(mode="after")
    def _somewhere(self) -> DataEntry:
        if [bool(self.pool), bool(self.sessions), bool(self.judgements)].count(True) > 1:
            raise ValueError("pool, sessions and judgements exclude each other: name one of them")
        if self.gives_sets and bool(self.test) == bool(self.hub):
            raise ValueError("sessions and judgements need a test file, or the Hub for it")
        if not self.gives_sets and bool(self.pool) == bool(self.hub):
            raise ValueError("a data set comes from a pool file or from the Hub: name one of them")
        if (self.session_tasks or self.session_modes) and not self.sessions:
            raise ValueError("session_tasks or session_modes without a file of sessions")
        if not (self.preset or self.description):
            raise ValueError("a data set without a preset needs a description of the task")
        return self

    @property
    def called(self) -> str:
        """What results call it."""
        file = self.pool or self.sessions or next(iter(self.judgements.values()), "")
        return self.name or self.preset or Path(file).name.partition(".")[0]

    @property
    def gives_sets(self) -> bool:
        """Whether its candidates are given, in place of drawn from a pool."""
        return bool(self.sessions or self.judgements)
