"""Named data sets: their task in words, their labels, and where they can be had."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from activellm.errors import UnknownNameError
from activellm.task import Task

Metric: TypeAlias = Literal["accuracy", "macro-F1", "matthews"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HubPlace(_Part):
    """Where the Hugging Face Hub has a data set.

    Attributes:
        path: The repository.
        config: Its configuration, if it has several.
        pool, test: The splits.
        text: The text column, or the two of a pair.
        label: The column of class numbers or names.
    """

    path: str
    config: str = ""
    pool: str = "train"
    test: str = "test"
    text: tuple[str, ...] = ("text",)
    label: str = "label"


class Preset(_Part):
    """A named data set.

    Attributes:
        description: What is to be decided.
        labels: Label -> definition, in the order of class numbers.
        metric: What papers report of it; macro-F1 and accuracy are measured always.
        pair: What the two texts of a pair are called, also in files that join them.
        classes: Label -> what the data may call it, where not by its name.
        hub: Where the Hub has it; None for data that are had elsewhere.
        language: Its texts' language.
    """

    description: str
    labels: dict[str, str]
    metric: Metric
    pair: tuple[str, str] | None = None
    classes: dict[str, tuple[str, ...]] = {}
    hub: HubPlace | None = None
    language: str = "en"

    @property
    def task(self) -> Task:
        """What an annotator and a query model are told."""
        fields: dict[str, Any] = {"pair_names": self.pair} if self.pair else {}
        return Task.build(
            description=self.description,
            labels=[{"name": name, "definition": text} for name, text in self.labels.items()],
            pair=self.pair is not None,
            language=self.language,
            **fields,
        )

    def label(self, value: str) -> str:
        """The label that a value of the data stands for: its name, another spelling, a number.

        A value that is none is given back as it is.
        """
        names = list(self.labels)
        spellings = {other: name for name, others in self.classes.items() for other in others}
        if value in self.labels:
            return value
        if value in spellings:
            return spellings[value]
        return names[int(value)] if value.isdecimal() and int(value) < len(names) else value


@cache
def presets() -> dict[str, Preset]:
    """All presets by name."""
    text = files("activellm.bench").joinpath("presets.toml").read_text(encoding="utf-8")
    return {name: Preset.model_validate(one) for name, one in tomllib.loads(text).items()}


def preset(name: str, *, where: str = "") -> Preset:
    """One preset.

    Raises:
        UnknownNameError: With the list of those that there are.
    """
    if name not in presets():
        raise UnknownNameError("data set", name, presets(), where=where)
    return presets()[name]
