"""Replaces personal data by placeholders before anything is sent, and keeps the map here.

A placeholder is [KIND-LETTERS], without a digit, so that no number in an answer can be one. The
same datum has the same placeholder in all texts of a project.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from activellm.errors import DataError
from activellm.files import write_text
from activellm.llm.protocol import Completion, Message, Messages, QueryModel, Scores
from activellm.llm.redaction_rules import Found, find, without_overlaps
from activellm.llm.scoring import Row
from activellm.llm.wrapper import WrappedModel
from activellm.progress import Progress, silent

_PLACEHOLDER = re.compile(r"\[[A-Z_]+-[A-Z]+\]")


class Analyzer(Protocol):
    """Finds more personal data than our rules: names, places. It must send texts nowhere.

    Several threads may call it at once.
    """

    def find(self, text: str) -> Iterable[Found]:
        """What it found; its kinds are upper-case letters and "_"."""
        ...


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    placeholder: str
    value: str
    spelling: str


class _Map(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    entries: tuple[_Entry, ...] = ()


class Redactor:
    """Replaces personal data, the same datum always by the same placeholder. Thread-safe.

    Args:
        map_path: The file that keeps which placeholder stands for what, readable by its owner
            only; None keeps it in memory. It is never sent and is in no report.
        analyzer: Finds more than our own rules, which come first.

    Raises:
        DataError: If the file is damaged.
    """

    def __init__(self, map_path: Path | None = None, *, analyzer: Analyzer | None = None) -> None:
        self._path = map_path
        self._analyzer = analyzer
        self._lock = threading.Lock()
        self._placeholders: dict[tuple[str, str], str] = {}
        self._spellings: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        for entry in _load(map_path):
            self._keep(entry)

    def learn(self, texts: Iterable[str]) -> None:
        """Give placeholders to all personal data of these texts, in their order.

        Do so before questions are asked side by side: then neither their order nor the machine
        decides which placeholder is whose, and recordings of the same texts are the same.
        """
        with self._lock:
            before = len(self._spellings)
            for text in texts:
                for found in self._find(text):
                    self._placeholder(found, text)
            if len(self._spellings) > before:
                self._save()

    def redact(self, text: str, *, answer: bool = False) -> str:
        """The text with placeholders. What they stand for is in the file before this returns.

        Args:
            text: Any text.
            answer: The text is a model's answer to redacted texts: placeholders in it are ours.
                In other texts, what looks like one is a datum itself, so that nothing is confused.
        """
        return self._redact(text, answer=answer, known_only=False)

    def for_counting(self, text: str) -> str:
        """The text as it would be redacted, for counting: new data get no placeholder of their own.

        They are all called [KIND-A], which is about as long.
        """
        return self._redact(text, answer=False, known_only=True)

    def restore(self, text: str) -> str:
        """The text with the data in the place of their placeholders, as they were first spelled."""
        with self._lock:
            return _PLACEHOLDER.sub(lambda match: self._spellings.get(match[0], match[0]), text)

    def _redact(self, text: str, *, answer: bool, known_only: bool) -> str:
        pieces, done = [], 0
        found_here = self._find(text)
        with self._lock:
            before = len(self._spellings)
            for found in found_here:
                if answer and found.kind == "LITERAL":
                    continue
                name = self._placeholders.get((found.kind, found.value))
                if name is None:
                    name = f"[{found.kind}-A]" if known_only else self._placeholder(found, text)
                pieces += [text[done : found.start], name]
                done = found.end
            if len(self._spellings) > before:
                self._save()
        return "".join([*pieces, text[done:]])

    def _find(self, text: str) -> Sequence[Found]:
        ours = find(text)
        if self._analyzer is None:
            return ours
        return without_overlaps([*ours, *self._analyzer.find(text)])

    def _placeholder(self, found: Found, text: str) -> str:
        key = (found.kind, found.value)
        if key not in self._placeholders:
            name = f"[{found.kind}-{letters(self._counts.get(found.kind, 0))}]"
            spelling = text[found.start : found.end]
            self._keep(_Entry(placeholder=name, value=found.value, spelling=spelling))
        return self._placeholders[key]

    def _keep(self, entry: _Entry) -> None:
        kind = entry.placeholder[1:].rpartition("-")[0]
        self._placeholders[kind, entry.value] = entry.placeholder
        self._spellings[entry.placeholder] = entry.spelling
        self._counts[kind] = self._counts.get(kind, 0) + 1

    def _save(self) -> None:
        if self._path is None:
            return
        entries = [
            {"placeholder": name, "value": value, "spelling": self._spellings[name]}
            for (_, value), name in self._placeholders.items()
        ]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # A file that is written atomically is its owner's only.
        write_text(
            self._path,
            json.dumps({"version": 1, "entries": entries}, ensure_ascii=False, indent=1) + "\n",
        )


def letters(number: int) -> str:
    """0, 1, ... as A, B, ..., Z, AA, AB, ..."""
    text = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        text = chr(ord("A") + letter) + text
    return text


def _load(path: Path | None) -> Sequence[_Entry]:
    if path is None:
        return ()
    try:
        entries = _Map.model_validate_json(path.read_bytes()).entries
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise DataError(f"Cannot read it: {error.strerror}.", where=str(path)) from None
    except ValidationError:
        raise _damaged(path) from None
    if len({entry.placeholder for entry in entries}) < len(entries) or not all(
        _PLACEHOLDER.fullmatch(entry.placeholder) for entry in entries
    ):
        raise _damaged(path)
    return entries


def _damaged(path: Path) -> DataError:
    return DataError(
        "The map of redacted data is damaged.",
        where=str(path),
        remedy="Bring it back from a copy; without it, answers cannot be put back into words.",
    )


class RedactedModel(WrappedModel):
    """A query model that never sees personal data. Answers come back with placeholders.

    Put it outside the recording, so that recordings hold no personal data either.

    Args:
        model: The model inside.
        redactor: Shared by all models of a project.
    """

    def __init__(self, model: QueryModel, redactor: Redactor) -> None:
        super().__init__(model)
        self.redactor = redactor

    def count_tokens(self, text: str) -> int:
        """The model's count of the text as it would be sent."""
        return self.model.count_tokens(self.redactor.for_counting(text))

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """The model's answer to the redacted messages."""
        return self.model.complete(
            self.redacted(messages),
            max_tokens=max_tokens,
            temperature=temperature,
            seed=seed,
            json_schema=json_schema,
        )

    def score(
        self,
        prompts: Sequence[Messages],
        continuations: Sequence[str],
        *,
        progress: Progress = silent,
    ) -> Scores:
        """The model's scores for the redacted prompts."""
        redacted = [self.redacted(prompt) for prompt in prompts]
        return self.model.score(redacted, continuations, progress=progress)

    def score_rows(
        self, prompts: Sequence[Messages], continuations: Sequence[str]
    ) -> Iterator[Row]:
        """The same, each prompt's scores as soon as they are there."""
        yield from super().score_rows([self.redacted(prompt) for prompt in prompts], continuations)

    def redacted(self, messages: Messages) -> Messages:
        """The messages as they are sent."""
        return tuple(self._message(message) for message in messages)

    def _message(self, message: Message) -> Message:
        answer = message.role == "assistant"
        return replace(message, content=self.redactor.redact(message.content, answer=answer))
