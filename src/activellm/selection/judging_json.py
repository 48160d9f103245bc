"""Judging by models that give no log-probabilities: many texts in one prompt, JSON back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from activellm.errors import QueryModelError, UsageError
from activellm.llm.audit import sending
from activellm.llm.protocol import Completion, Messages, QueryModel, Usage
from activellm.llm.side_by_side import Job, side_by_side
from activellm.pool.example import Content, Example
from activellm.progress import Progress
from activellm.selection.fitting import shorten, tokens_of
from activellm.selection.judgements import Judgements
from activellm.selection.plan import Plan, Planned
from activellm.selection.prompts.render import render
from activellm.selection.suspicion import unordered
from activellm.task import Task

TEMPLATE = "judge-batch-1"

TEXT_TOKENS = 300
"""Longer texts are shortened for the judge."""

MOST_TEXTS = 200
"""In one question: what models may answer is far less than what they can read."""

LINE_TOKENS = 8
"""For a text's number and quotation marks."""

BEYOND_DOUBT = 0.98
"""The probability of a label that the model calls perfectly clear."""

_OBJECT = re.compile(r"\{[^{}]*\}")


@dataclass
class _Answers:
    """What has been understood so far: text number -> (label's position, clearness 0 to 1)."""

    given: dict[int, tuple[int, float]] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    recordings: tuple[str, ...] = ()


def judge_in_json(
    model: QueryModel, task: Task, examples: Sequence[Example], progress: Progress
) -> Judgements:
    """Have a model label texts and say how clear each is; ask once more for what is missing.

    A label that is called perfectly clear gets probability 0.98, one that is called not clear at
    all an even share; what is left goes to the other labels evenly. There is no calibration: the
    model sees the texts side by side.

    Raises:
        UsageError: If the model's context has no room for a single text.
        QueryModelError: If the model failed, or judged no text usably.
    """
    whole, suspicious = unordered(examples)
    contents = [shorten(content, TEXT_TOKENS, model.count_tokens) for content in whole]
    answers = _Answers()
    for attempt in range(2):
        missing = [number for number in range(1, len(contents) + 1) if number not in answers.given]
        batches = list(_batches(model, task, missing, contents))
        jobs = [
            Job(model, partial(_ask, model, task, batch, contents, seed=attempt))
            for batch in batches
        ]
        what = "Judging the candidates" if attempt == 0 else "Judging those without an answer"
        said = side_by_side(jobs, what=what, progress=progress) if jobs else []
        for batch, completion in zip(batches, said, strict=True):
            _take(answers, completion, batch, task)
    if not answers.given:
        raise QueryModelError(
            f"{model.name} was asked for labels in JSON and gave none that can be read.",
            remedy="Name a stronger query model with --llm, or choose the strategy kmeans.",
        )
    cut = sum(new != old for new, old in zip(contents, whole, strict=True))
    return replace(_judgements(task, examples, cut, answers), suspicious=suspicious)


def plan_judging_in_json(model: QueryModel, task: Task, examples: Sequence[Example]) -> Plan:
    """The questions that `judge_in_json` would ask first; nothing is sent."""
    whole, _ = unordered(examples)
    contents = [shorten(content, TEXT_TOKENS, model.count_tokens) for content in whole]
    batches = _batches(model, task, range(1, len(contents) + 1), contents)
    return Plan(
        tuple(
            Planned(
                model,
                _prompt(task, batch, contents),
                _answer_tokens(model, task, len(batch)),
                len(batch),
                schema(task),
            )
            for batch in batches
        )
    )


def _ask(
    model: QueryModel,
    task: Task,
    numbers: Sequence[int],
    contents: Sequence[Content],
    *,
    seed: int,
) -> Completion:
    with sending(texts=len(numbers)):
        return model.complete(
            _prompt(task, numbers, contents),
            max_tokens=_answer_tokens(model, task, len(numbers)),
            seed=seed,
            json_schema=schema(task),
        )


def _take(answers: _Answers, completion: Completion, numbers: Sequence[int], task: Task) -> None:
    answers.usage += completion.usage
    answers.recordings += (completion.recording,) if completion.recording else ()
    for number, label, clear in read_judgements(completion.text, task):
        if number in numbers:
            answers.given.setdefault(number, (label, clear))


def _prompt(task: Task, numbers: Sequence[int], contents: Sequence[Content]) -> Messages:
    numbered = [(number, contents[number - 1]) for number in numbers]
    return render(TEMPLATE, {"task": task, "numbered": numbered})


def read_judgements(text: str, task: Task) -> Iterator[tuple[int, int, float]]:
    """The usable judgements in a model's answer: number, the label's position, clearness 0 to 1.

    Each JSON object is read by itself, so that an answer that was cut off, or has words around it,
    still gives what it holds. Objects with an unknown label or a clearness outside 0 to 100 are
    left out.
    """
    position = {name.casefold(): index for index, name in enumerate(task.label_names)}
    for found in _OBJECT.findall(text):
        try:
            entry: Any = json.loads(found)
        except ValueError:
            continue
        number, label, clear = (entry.get(key) for key in ("number", "label", "clear"))
        label = position.get(label.strip().casefold()) if isinstance(label, str) else None
        in_range = type(clear) in (int, float) and 0 <= clear <= 100
        if type(number) is int and label is not None and in_range:
            yield number, label, clear / 100


def schema(task: Task) -> Mapping[str, Any]:
    """The JSON schema of an answer, for servers that can promise one."""
    properties = {
        "number": {"type": "integer"},
        "label": {"type": "string", "enum": list(task.label_names)},
        "clear": {"type": "integer", "minimum": 0, "maximum": 100},
    }
    entry = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"judgements": {"type": "array", "items": entry}},
        "required": ["judgements"],
        "additionalProperties": False,
    }


def _batches(
    model: QueryModel, task: Task, numbers: Sequence[int], contents: Sequence[Content]
) -> Iterator[list[int]]:
    """Split texts so that prompt and answer fit into the model's context."""
    if not numbers:
        return
    if model.context_length is None:
        for start in range(0, len(numbers), MOST_TEXTS):
            yield list(numbers[start : start + MOST_TEXTS])
        return
    instruction = "".join(message.content for message in _prompt(task, [], contents))
    room = model.context_length - model.count_tokens(instruction) - _answer_tokens(model, task, 0)
    batch: list[int] = []
    left = room
    for number in numbers:
        size = tokens_of(contents[number - 1], model.count_tokens) + LINE_TOKENS
        size += _entry_tokens(model, task)
        if size > room:
            raise UsageError(
                f"The {model.context_length} tokens that {model.name} reads have no room for the "
                f"judging prompt and a text of {size} tokens.",
                remedy="Name a query model with a longer context.",
            )
        if size > left or len(batch) == MOST_TEXTS:
            yield batch
            batch, left = [], room
        batch.append(number)
        left -= size
    yield batch


def _answer_tokens(model: QueryModel, task: Task, texts: int) -> int:
    return 64 + texts * _entry_tokens(model, task)


def _entry_tokens(model: QueryModel, task: Task) -> int:
    """The tokens of one judgement in the answer, with room for white space."""
    longest = max(task.label_names, key=len)
    return model.count_tokens(f'{{"number": 1000, "label": "{longest}", "clear": 100}}, ') + 6


def _judgements(task: Task, examples: Sequence[Example], cut: int, answers: _Answers) -> Judgements:
    even = 1 / len(task.labels)
    probabilities = np.full((len(examples), len(task.labels)), even)
    for number, (label, clear) in answers.given.items():
        own = even + (BEYOND_DOUBT - even) * clear
        probabilities[number - 1] = (1 - own) / (len(task.labels) - 1)
        probabilities[number - 1, label] = own
    missing = len(examples) - len(answers.given)
    warnings = []
    if cut:
        warnings.append(f"The judge saw {cut} long texts shortened ([...]).")
    if missing:
        warnings.append(f"The judge gave no usable label for {missing} of {len(examples)} texts.")
    return Judgements(
        ids=tuple(example.id for example in examples),
        labels=task.label_names,
        raw=probabilities,
        probabilities=probabilities,
        judged=np.array([number in answers.given for number in range(1, len(examples) + 1)]),
        method="json",
        usage=answers.usage,
        recordings=answers.recordings,
        warnings=tuple(warnings),
    )
