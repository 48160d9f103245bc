"""What to decide about each text: the one description that every other part reads.

The prompt, the annotation page, the successor, the report and the model card all take it from here.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from activellm.errors import DataError, UnknownNameError, UsageError

Answer: TypeAlias = tuple[str, ...]
"""The labels somebody gave one text, in the task's order: exactly one in a single-label task,
any number (also none) in a multi-label task."""

Targets: TypeAlias = npt.NDArray[np.int64]
"""Answers as scikit-learn takes them: shape (n,) of label positions in a single-label task,
shape (n, labels) of 0 and 1 in a multi-label task."""

SEPARATOR = "|"
"""Stands between the labels of a multi-label cell in flat files."""


class Label(BaseModel):
    """One label: its name, and what it means to the people (and the LLM) who give it.

    Attributes:
        name: As people see it.
        definition: What it means.
        was: Earlier names; answers that hold one of them count as this label.
        retired: Whether people are offered it no more. What they answered with it stays.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    definition: str = ""
    was: tuple[str, ...] = ()
    retired: bool = False

    @field_validator("name")
    @classmethod
    def _usable(cls, name: str) -> str:
        name = name.strip()
        if not name:
            raise ValueError("a label's name must not be empty")
        if SEPARATOR in name or not name.isprintable():
            raise ValueError(f"the label {name!r} holds '{SEPARATOR}' or a control character")
        return name


class Task(BaseModel):
    """What to decide about each text.

    Attributes:
        description: What is to be decided, in words for an annotator and an LLM alike.
        labels: The labels, at least two, in the order in which they are shown everywhere.
        kind: "single": exactly one label a text; "multi": any number, also none.
        pair: Whether an example is two texts whose relation is judged.
        pair_names: What the two texts of a pair are called ("Premise", "Hypothesis").
        guidelines: Rules for annotators, Markdown; empty if there are none.
        language: The texts' language, a BCP 47 code ("en", "ar").
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str
    labels: tuple[Label, ...] = Field(min_length=2)
    kind: Literal["single", "multi"] = "single"
    pair: bool = False
    pair_names: tuple[str, str] = ("Text A", "Text B")
    guidelines: str = ""
    language: str = Field(default="en", pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")

    @field_validator("description")
    @classmethod
    def _described(cls, description: str) -> str:
        if not description.strip():
            raise ValueError("the task needs a description")
        return description.strip()

    @model_validator(mode="after")
    def _distinct(self) -> Task:
        try:
            self.model_dump_json()
        except ValueError:
            raise ValueError("it holds characters that are no text (lone surrogates)") from None
        folded = [name.casefold() for name in self.label_names]
        twice = {name for name in self.label_names if folded.count(name.casefold()) > 1}
        if twice:
            raise ValueError(f"labels must differ in more than case: {', '.join(sorted(twice))}")
        former = [name for label in self.labels for name in label.was]
        if len({*former, *self.label_names}) < len(former) + len(self.label_names):
            raise ValueError("an earlier name of a label is another label's name")
        if len(self.offered) < 2:
            raise ValueError("at least two labels must be on offer")
        return self

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels' names, in the task's order."""
        return tuple(label.name for label in self.labels)

    @property
    def offered(self) -> tuple[Label, ...]:
        """The labels that people can give: all that are not retired."""
        return tuple(label for label in self.labels if not label.retired)

    @property
    def former(self) -> Mapping[str, str]:
        """What each earlier name of a label is called now."""
        return {name: label.name for label in self.labels for name in label.was}

    @property
    def multi(self) -> bool:
        """Whether a text may have several labels, or none."""
        return self.kind == "multi"

    @property
    def fingerprint(self) -> str:
        """Changes when anything changes that a classifier or an LLM could learn of the task."""
        kept = self.model_dump_json(exclude={"labels": {"__all__": {"was", "retired"}}})
        return hashlib.sha256(kept.encode()).hexdigest()[:16]

    def answer(self, value: str | Iterable[str], *, where: str = "") -> Answer:
        """Check a given label (or several) and put it into the task's form.

        Args:
            value: A name; in a multi-label task also names joined by "|", or several names.
            where: Where it was found, for the message.

        Raises:
            DataError: For an unknown label, or several in a single-label task.
        """
        if isinstance(value, str):
            value = value.split(SEPARATOR) if self.multi else [value]
        given = {self.former.get(name.strip(), name.strip()) for name in value} - {""}
        unknown = given - set(self.label_names)
        if unknown:
            raise DataError(
                f"The label {sorted(unknown)[0]!r} is not one of the task's labels.",
                where=where,
                remedy=f"Known labels: {', '.join(self.label_names)}.",
            )
        if not self.multi and len(given) != 1:
            raise DataError(f"Exactly one label is needed, not {len(given)}.", where=where)
        return tuple(name for name in self.label_names if name in given)

    def renamed(self, old: str, new: str) -> Task:
        """The task with another name for a label; answers with the old name stay its answers.

        Raises:
            UsageError: If there is no such label, or the new name cannot be used.
        """
        label = self._label(old)
        was = tuple(name for name in (*label.was, label.name) if name != new)
        return self._with(label, name=new, was=was)

    def retired(self, name: str, *, retired: bool = True) -> Task:
        """The task with a label on offer no more, or again.

        Raises:
            UsageError: If there is no such label, or fewer than two would be left.
        """
        return self._with(self._label(name), retired=retired)

    def _label(self, name: str) -> Label:
        found = [label for label in self.labels if label.name == name]
        if not found:
            raise UnknownNameError("label", name, self.label_names)
        return found[0]

    def _with(self, label: Label, **changes: Any) -> Task:
        """The task with something changed of one label."""
        labels = [one.model_dump() | (changes if one == label else {}) for one in self.labels]
        return Task.build(**{**self.model_dump(), "labels": labels})

    def targets(self, answers: Sequence[Answer]) -> Targets:
        """Answers as an array: (n,) label positions, or (n, labels) of 0 and 1 if multi-label."""
        position = {name: index for index, name in enumerate(self.label_names)}
        if not self.multi:
            return np.array([position[name] for (name,) in answers], dtype=np.int64)
        matrix = np.zeros((len(answers), len(position)), dtype=np.int64)
        for row, answer in enumerate(answers):
            matrix[row, [position[name] for name in answer]] = 1
        return matrix

    def answers(self, targets: Targets) -> list[Answer]:
        """The inverse of `targets`."""
        if not self.multi:
            return [(self.label_names[index],) for index in targets]
        return [
            tuple(name for name, on in zip(self.label_names, row, strict=True) if on)
            for row in targets
        ]

    @classmethod
    def build(cls, where: str = "", **fields: Any) -> Task:
        """Make a task from unchecked values.

        Raises:
            UsageError: With each problem named, at the place `where`.
        """
        try:
            return cls(**fields)
        except ValidationError as error:
            raise UsageError(f"The task is not usable: {_problems(error)}.", where=where) from None

    @classmethod
    def load(cls, path: Path) -> Task:
        """Read a `task.toml`. `guidelines_file` in it names a Markdown file beside it.

        Raises:
            DataError: If the file is missing, or is not TOML.
            UsageError: If it holds no usable task.
        """
        try:
            fields = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise DataError(f"Cannot read it: {error.strerror}.", where=str(path)) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise DataError(f"Not a TOML file: {error}.", where=str(path)) from None
        if "guidelines_file" in fields:
            fields["guidelines"] = read_guidelines(path.parent / str(fields.pop("guidelines_file")))
        return cls.build(where=str(path), **fields)

    def to_toml(self) -> str:
        """The task as the text of a `task.toml` that `load` reads back."""
        import tomlkit

        return tomlkit.dumps(json.loads(self.model_dump_json()))


def parse_label(option: str) -> Label:
    """Read NAME or NAME=definition, the form of the option --label.

    Raises:
        UsageError: If the name is empty or unusable.
    """
    name, _, definition = option.partition("=")
    try:
        return Label(name=name, definition=definition.strip())
    except ValidationError as error:
        raise UsageError(f"{_problems(error)}.", where=f"--label {option!r}") from None


def read_guidelines(path: Path) -> str:
    """Read annotators' guidelines, a Markdown file.

    Raises:
        DataError: If it cannot be read as UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"Cannot read it: {error.strerror}.", where=str(path)) from None
    except UnicodeDecodeError:
        raise DataError("The guidelines are not UTF-8 text.", where=str(path)) from None


def _problems(error: ValidationError) -> str:
    """All problems of a validation in one line: field, then what is wrong with it."""
    lines = []
    for problem in error.errors():
        field = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{field}: {message}" if field else message)
    return "; ".join(lines)
