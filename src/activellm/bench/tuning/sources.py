"""What a user has to tune on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activellm.bench.results import SCORES
from activellm.bench.tuning.labelled import LabelledPart, labelled_of, read_labelled
from activellm.errors import UsageError


@dataclass(frozen=True)
class Sources:
    """What the user has.

    Attributes:
        file: Labelled texts.
        project: A project folder, in place of it.
        like: An experiment file, or the results folder of one.
        columns: As for `read_labelled`.
    """

    file: Path | None = None
    project: Path | None = None
    like: Path | None = None
    columns: Mapping[str, Any] | None = None

    def check(self) -> None:
        """Refuse none, two of one kind, and what is not there.

        Raises:
            UsageError: Naming the option.
        """
        if self.file is not None and self.project is not None:
            raise UsageError("Name a file or a project, not both.", where="--project")
        if self.file is None and self.project is None and self.like is None:
            raise UsageError(
                "There is nothing to learn from.",
                remedy="Name a file of labelled texts, or --project, or --like with data sets.",
            )
        if self.like is not None and not self.like.exists():
            raise UsageError("It does not exist.", where=f"--like {self.like}")
        if self.like is not None and self.like.is_dir() and not (self.like / SCORES).exists():
            raise UsageError("There are no results of an experiment.", where=f"--like {self.like}")

    @property
    def folder(self) -> Path:
        """Where results are kept if the user names no place."""
        first = self.file or self.project or self.like or Path("tune")
        return first.with_name(f"{first.name.partition('.')[0]}.tune")

    @property
    def part(self) -> LabelledPart | None:
        """The labelled part, read anew."""
        if self.project is not None:
            return labelled_of(self.project)
        return read_labelled(self.file, **(self.columns or {})) if self.file is not None else None
