"""Every answered call is kept by its content, and never made a second time.

A recording is one JSON file named by the SHA-256 of the question: what decides the model's
answers, the messages, and the parameters. It can be read by people and shared. Failures are not
kept, and no key is in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from activellm.errors import DataError
from activellm.files import write_text
from activellm.llm.counts import TokenCounts
from activellm.llm.in_flight import InFlight
from activellm.llm.protocol import Completion, Messages, QueryModel, Scores, Usage
from activellm.llm.scoring import Row, check_continuations, gather
from activellm.llm.wrapper import WrappedModel
from activellm.progress import Progress, silent

A = TypeVar("A", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Spent(_Strict):
    calls: int = Field(ge=0)
    prompt_tokens: int | None
    completion_tokens: int | None
    seconds: float = Field(ge=0)
    cost: float | None


class _Said(_Strict):
    text: str
    finish: Literal["stop", "length", "refusal"]
    usage: _Spent


class _Scored(_Strict):
    logprobs: tuple[float, ...]
    tokens: tuple[int, ...]
    usage: _Spent


class _Recording(_Strict, Generic[A]):
    """A file: the question, and the answer to it."""

    version: Literal[1] = 1
    question: dict[str, Any]
    answer: A


class RecordedModel(WrappedModel):
    """A query model whose answers are kept in a folder, and taken from there when they are.

    The model behind it loads nothing and needs no key as long as everything is recorded. Threads
    that ask the same question of this object make one call.

    Args:
        model: The model to ask.
        folder: Where the recordings are; made at the first one.
    """

    def __init__(self, model: QueryModel, folder: Path) -> None:
        super().__init__(model)
        self.folder = folder
        self._in_flight = InFlight()

    def count_tokens(self, text: str) -> int:
        """The model's count, recorded too."""
        known = self._counts.get(text)
        if known is None:
            known = self.model.count_tokens(text)
            self._counts.add(text, known)
        return known

    @cached_property
    def _counts(self) -> TokenCounts:
        return TokenCounts(self.folder, self.model.identity())

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """The recorded answer, or a new one, which is on the disk when this returns.

        Raises:
            QueryModelError: If no answer came; nothing is recorded then.
            DataError: If the recording is damaged.
        """
        settings = {
            "max_tokens": max_tokens,
            "temperature": temperature,
            "seed": seed,
            "json_schema": json_schema,
        }
        question = self._question(messages, **settings)
        key = key_of(question)
        with self._in_flight.claim([key]):
            if (known := self._read(key, question, _Said)) is not None:
                return Completion(known.text, known.finish, _replayed(known.usage), key)
            new = super().complete(
                messages,
                max_tokens=max_tokens,
                temperature=temperature,
                seed=seed,
                json_schema=json_schema,
            )
            said = _Said(text=new.text, finish=new.finish, usage=_spent(new.usage))
            self._write(key, question, said)
        return Completion(new.text, new.finish, new.usage, key)

    def score(
        self,
        prompts: Sequence[Messages],
        continuations: Sequence[str],
        *,
        progress: Progress = silent,
    ) -> Scores:
        """The recorded scores, and new ones for the prompts that have none, kept one by one.

        Raises:
            QueryModelError: If the model failed; the prompts scored before that are kept.
            DataError: If a recording is damaged.
        """
        check_continuations(continuations)
        questions = self._questions(prompts, continuations)
        keys = {index: key_of(question) for index, question in enumerate(questions)}
        rows = self._rows(prompts, continuations, questions, keys)
        return gather(rows, (len(prompts), len(continuations)), progress, keys=keys)

    def score_rows(
        self, prompts: Sequence[Messages], continuations: Sequence[str]
    ) -> Iterator[Row]:
        """The same, each prompt's scores as soon as they are there."""
        questions = self._questions(prompts, continuations)
        keys = {index: key_of(question) for index, question in enumerate(questions)}
        yield from self._rows(prompts, continuations, questions, keys)

    def _rows(
        self,
        prompts: Sequence[Messages],
        continuations: Sequence[str],
        questions: Sequence[dict[str, Any]],
        keys: Mapping[int, str],
    ) -> Iterator[Row]:
        places: dict[str, list[int]] = {}
        for index, key in keys.items():
            places.setdefault(key, []).append(index)
        while places:
            with self._in_flight.claim(places) as mine:
                claimed = {key: rows for key, rows in places.items() if key in mine}
                yield from self._claimed_rows(claimed, prompts, continuations, questions)
            places = {key: rows for key, rows in places.items() if key not in mine}

    def _claimed_rows(
        self,
        places: Mapping[str, Sequence[int]],
        prompts: Sequence[Messages],
        continuations: Sequence[str],
        questions: Sequence[dict[str, Any]],
    ) -> Iterator[Row]:
        """The rows of questions that nobody else asks now; first those that are recorded."""
        missing: list[str] = []
        for key, (first, *_) in places.items():
            known = self._read(key, questions[first], _Scored)
            if known is None:
                missing.append(key)
            elif len(known.logprobs) != len(continuations):
                raise _damaged(self._path(key))
            else:
                yield from (_row(index, known) for index in places[key])
        if not missing:
            return  # and load nothing
        asked = [prompts[places[key][0]] for key in missing]
        for row in super().score_rows(asked, continuations):
            key = missing[row.index]
            first, *copies = places[key]
            scored = _Scored(
                logprobs=tuple(row.logprobs.tolist()),
                tokens=tuple(row.tokens.tolist()),
                usage=_spent(row.usage),
            )
            self._write(key, questions[first], scored)
            yield Row(first, row.logprobs, row.tokens, row.usage)
            yield from (_row(copy, scored) for copy in copies)

    def _questions(
        self, prompts: Sequence[Messages], continuations: Sequence[str]
    ) -> list[dict[str, Any]]:
        return [self._question(prompt, continuations=list(continuations)) for prompt in prompts]

    def _question(self, messages: Messages, **settings: Any) -> dict[str, Any]:
        return content_of(self.model.identity(), messages, **settings)

    def _read(self, key: str, question: Mapping[str, Any], kind: type[A]) -> A | None:
        """The recorded answer, or None if there is none.

        Raises:
            DataError: If there is a file that does not hold an answer to this question.
        """
        path = self._path(key)
        try:
            recording = _Recording[kind].model_validate_json(path.read_bytes())  # type: ignore[valid-type]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DataError(f"Cannot read it: {error.strerror}.", where=str(path)) from None
        except ValidationError:
            raise _damaged(path) from None
        if key_of(recording.question) != key:
            raise _damaged(path)
        return recording.answer

    def _write(self, key: str, question: dict[str, Any], answer: BaseModel) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {"version": 1, "question": question, "answer": answer.model_dump(mode="json")}
        write_text(self._path(key), json.dumps(content, ensure_ascii=False, indent=1) + "\n")

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def recording_key(
    model: QueryModel,
    messages: Messages,
    *,
    max_tokens: int,
    seed: int = 0,
    json_schema: Mapping[str, Any] | None = None,
    continuations: Sequence[str] = (),
) -> str:
    """The key under which a question is recorded, and the name of its file without ".json".

    Args:
        model, messages: Who would be asked what.
        max_tokens, seed, json_schema: As for `complete`, at temperature 0.
        continuations: As for `score`, where that is asked.
    """
    if continuations:
        return key_of(content_of(model.identity(), messages, continuations=list(continuations)))
    settings = {"max_tokens": max_tokens, "temperature": 0.0, "seed": seed}
    return key_of(content_of(model.identity(), messages, **settings, json_schema=json_schema))


def content_of(identity: Mapping[str, str], messages: Messages, **settings: Any) -> dict[str, Any]:
    """A question as it is recorded: who is asked what, and how."""
    turns = [{"role": turn.role, "content": turn.content} for turn in messages]
    return {"model": dict(identity), "messages": turns, **settings}


def key_of(question: Mapping[str, Any]) -> str:
    """The SHA-256 of the question as canonical JSON."""
    text = json.dumps(question, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _row(index: int, scored: _Scored) -> Row:
    tokens = np.array(scored.tokens, dtype=np.int64)
    return Row(index, np.array(scored.logprobs), tokens, _replayed(scored.usage))


def _spent(usage: Usage) -> _Spent:
    return _Spent(
        calls=usage.calls,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        seconds=usage.seconds,
        cost=usage.cost,
    )


def _replayed(spent: _Spent) -> Usage:
    usage = Usage(
        spent.calls, 0, spent.prompt_tokens, spent.completion_tokens, spent.seconds, spent.cost
    )
    return usage.as_replay()


def _damaged(path: Path) -> DataError:
    return DataError(
        "This recording is damaged, or not the answer to the question it is named after.",
        where=str(path),
        remedy="Delete the file to ask the model again.",
    )
