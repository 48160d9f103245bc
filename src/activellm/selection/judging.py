"""Ask the query model which label each text has, without any human label.

A model that can score is asked about each text alone how probable each label's name is as the
answer. Any other model labels the whole batch in one JSON answer. Neither reads the words of a text
that give orders (see `suspicion`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from activellm.errors import UsageError
from activellm.llm.audit import sending
from activellm.llm.calibration import calibrate, softmax
from activellm.llm.protocol import Messages, QueryModel
from activellm.pool.example import Content, Example
from activellm.progress import Progress, silent
from activellm.selection.fitting import shorten
from activellm.selection.judgements import Judgements
from activellm.selection.judging_json import judge_in_json, plan_judging_in_json
from activellm.selection.plan import Plan, Planned
from activellm.selection.prompts.render import render
from activellm.selection.suspicion import unordered
from activellm.task import Task

TEMPLATE = "judge-1"

TEXT_TOKENS = 300
"""Longer texts are shortened for the judge."""

LEAST_TEXT_TOKENS = 16
ROOM_TOKENS = 32
"""For the chat template's own tokens."""

SMALL_BATCH = 8
"""Fewer texts are not calibrated: their mean says more of the texts than of the judge."""


def judge(
    model: QueryModel,
    task: Task,
    examples: Sequence[Example],
    *,
    progress: Progress = silent,
) -> Judgements:
    """Ask a query model for the label probabilities of texts.

    Multi-label tasks are judged like others: the probabilities say which one label fits best.

    Args:
        model: It is scored if it can be, else asked for JSON.
        task: What is to be decided.
        examples: At least one.
        progress: Told how many texts are judged.

    Raises:
        UsageError: If there is no text, or the model's context has no room for one.
        QueryModelError: If the model failed, or judged no text usably.
    """
    if not examples:
        raise UsageError("There is no text to judge.")
    if model.can_score:
        return _judge_by_score(model, task, examples, progress)
    return judge_in_json(model, task, examples, progress)


def plan_judging(model: QueryModel, task: Task, examples: Sequence[Example]) -> Plan:
    """The questions that `judge` would ask; nothing is sent.

    Raises:
        UsageError: As `judge`.
    """
    if not model.can_score:
        return plan_judging_in_json(model, task, examples)
    longest = max(model.count_tokens(name) for name in task.label_names)
    prompts = judging_prompts(model, task, examples)
    names = task.label_names
    return Plan(
        tuple(Planned(model, prompt, longest, 1, continuations=names) for prompt in prompts)
    )


def judging_prompts(model: QueryModel, task: Task, examples: Sequence[Example]) -> list[Messages]:
    """What a model that can score is asked about each text, in their order.

    Raises:
        UsageError: If the model's context has no room for a text.
    """
    whole, _ = unordered(examples)
    return _prompts(task, _fitted(model, task, whole))


def _fitted(model: QueryModel, task: Task, whole: Sequence[Content]) -> list[Content]:
    limit = _text_tokens(model, task)
    return [shorten(content, limit, model.count_tokens) for content in whole]


def _prompts(task: Task, contents: Sequence[Content]) -> list[Messages]:
    return [render(TEMPLATE, {"task": task, "content": content}) for content in contents]


def _judge_by_score(
    model: QueryModel, task: Task, examples: Sequence[Example], progress: Progress
) -> Judgements:
    whole, suspicious = unordered(examples)
    contents = _fitted(model, task, whole)
    prompts = _prompts(task, contents)
    with sending(texts=len(prompts)):
        scores = model.score(prompts, task.label_names, progress=progress)
    logits = scores.means()
    raw = softmax(logits)
    cut = sum(new != old for new, old in zip(contents, whole, strict=True))
    return Judgements(
        ids=tuple(example.id for example in examples),
        labels=task.label_names,
        raw=raw,
        probabilities=calibrate(logits) if len(raw) >= SMALL_BATCH else raw,
        judged=np.ones(len(raw), dtype=np.bool_),
        method="score",
        usage=scores.usage,
        recordings=scores.recordings,
        suspicious=suspicious,
        warnings=(f"The judge saw {cut} long texts shortened ([...]).",) if cut else (),
    )


def _text_tokens(model: QueryModel, task: Task) -> int:
    """How long a text may be beside the instruction and the answer."""
    if model.context_length is None:
        return TEXT_TOKENS
    empty = render(TEMPLATE, {"task": task, "content": ("", "") if task.pair else ""})
    taken = sum(model.count_tokens(message.content) for message in empty) + ROOM_TOKENS
    taken += max(model.count_tokens(name) for name in task.label_names)
    room = min(TEXT_TOKENS, model.context_length - taken)
    if room < LEAST_TEXT_TOKENS:
        raise UsageError(
            f"The task's description takes {taken} tokens, which leaves no room for a text in "
            f"the {model.context_length} tokens that {model.name} reads.",
            remedy="Shorten the description or the label definitions, or name another model.",
        )
    return room
