"""From candidates to the one prompt that shows them: shuffled, fenced off, fitted to the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from activellm.errors import UsageError
from activellm.llm.protocol import Messages, QueryModel
from activellm.pool.example import Content, Example
from activellm.seeding import generator
from activellm.selection.canaries import CodeWords, code_words
from activellm.selection.context import Labelled, SelectionContext
from activellm.selection.contract import Suspicion
from activellm.selection.conversation import reserve
from activellm.selection.layout import Layout, lay_out
from activellm.selection.prompts.render import render
from activellm.selection.prompts.variants import Prompt, Steps
from activellm.selection.recap import most_telling_first, recall
from activellm.selection.suspicion import MASK, unordered
from activellm.task import Task

TEMPLATE = "listwise-2"

ANSWER_TOKENS: Mapping[Steps, tuple[int, int]] = {
    "list": (64, 8),
    "think": (932, 8),
    "explain": (96, 56),
}
"""The longest answer: tokens in all, and tokens for each pick."""


@dataclass(frozen=True)
class Composed:
    """A question for picks, ready to be sent.

    Attributes:
        messages: The prompt.
        shown: Example ids in the order of the list: number 1 is the first. With the recap "index"
            labelled examples are among them.
        taken: The numbers of labelled examples, which cannot be picked.
        wanted: How many picks are asked for.
        texts: How many texts the prompt shows, labelled ones included.
        max_tokens: The longest answer.
        json_schema: What an answer in JSON looks like; None for free words.
        words: The code words.
        warnings: How it was made to fit, as sentences.
        suspicious: Candidates whose text gives orders; these are masked.
    """

    messages: Messages
    shown: tuple[str, ...]
    taken: tuple[int, ...]
    wanted: int
    texts: int
    max_tokens: int
    json_schema: Mapping[str, Any] | None
    words: CodeWords
    warnings: tuple[str, ...] = ()
    suspicious: tuple[Suspicion, ...] = ()


@dataclass(frozen=True)
class _Material:
    """What a prompt is made of, apart from how much of it is shown."""

    task: Task
    prompt: Prompt
    n: int
    words: CodeWords
    labelled: tuple[Labelled, ...]
    recalled: tuple[Labelled, ...]
    masked: bool
    keys: tuple[float, ...]

    def write(self, candidates: Sequence[Content], recalled: Sequence[Content]) -> Messages:
        """The prompt that shows these contents, which are the first of all."""
        contents, taken = self.numbered(candidates, recalled)
        told = list(zip(self.recalled, recalled, strict=False))
        recap = recall(self.task, self.prompt.recap, self.labelled, told)
        return render(
            TEMPLATE,
            {
                "task": self.task,
                "variant": self.prompt.parts,
                "json": self.prompt.json,
                "n": self.n,
                "words": self.words,
                "contents": contents,
                "taken": taken,
                "recap": recap,
                "mask": MASK,
                "masked": self.masked,
            },
        )

    def numbered(
        self, candidates: Sequence[Any], recalled: Sequence[Any]
    ) -> tuple[list[Any], list[int]]:
        """The list in the order of the prompt, and the numbers of what is labelled already.

        Candidates are in their order. Labelled ones stand among them at random, if at all.
        """
        if self.prompt.recap != "index" or not recalled:
            return list(candidates), []
        labelled = set(np.argsort(self.keys[: len(candidates) + len(recalled)])[: len(recalled)])
        ordered, taken = [], []
        one, other = iter(candidates), iter(recalled)
        for place in range(len(candidates) + len(recalled)):
            ordered.append(next(other if place in labelled else one))
            if place in labelled:
                taken.append(place + 1)
        return ordered, taken


def compose(
    model: QueryModel,
    context: SelectionContext,
    examples: Sequence[Example],
    n: int,
    prompt: Prompt,
    *,
    seed: int,
) -> Composed:
    """Write the question for n of the examples. Nothing is sent.

    Args:
        model: Its context's length and its token counts decide how much fits.
        context: Its task and its labelled examples are used, not its model, not its generator.
        examples: What is to be chosen from: the candidates, or a part of them.
        n: From 1 to the number of examples.
        prompt: How it is asked.
        seed: Decides the order and the code words.

    Raises:
        UsageError: If n of them do not fit into the model's context, or the variant shows the
            guidelines and the task has none.
    """
    _check(context.task, prompt)
    order = generator(seed, "order").permutation(len(examples)).tolist()
    shuffled = [examples[row] for row in order]
    candidates, suspicious = unordered(shuffled)
    told = most_telling_first(context.labelled, prompt.recap)
    recalled, unsound = unordered(one.example for one in told)
    keys = generator(seed, "recap").random(len(candidates) + len(recalled))
    material = _Material(
        task=context.task,
        prompt=prompt,
        n=n,
        words=code_words(generator(seed, "code words"), _texts((*candidates, *recalled))),
        labelled=context.labelled,
        recalled=told,
        masked=bool(suspicious or unsound),
        keys=tuple(keys.tolist()),
    )
    base, each = ANSWER_TOKENS[prompt.parts.steps]
    room = reserve(len(candidates) + len(recalled), n, base + each * n)
    laid = lay_out(model, candidates, recalled, material.write, least=n, reserve=room)
    return _composed(material, laid, shuffled, suspicious, base + each * n)


def _composed(
    material: _Material,
    laid: Layout,
    shuffled: Sequence[Example],
    suspicious: Sequence[Suspicion],
    max_tokens: int,
) -> Composed:
    ids = [example.id for example in shuffled[: laid.candidates]]
    recalled = [one.example.id for one in material.recalled[: laid.recalled]]
    shown, taken = material.numbered(ids, recalled)
    return Composed(
        messages=laid.messages,
        shown=tuple(shown),
        taken=tuple(taken),
        wanted=material.n,
        texts=laid.candidates + laid.recalled,
        max_tokens=max_tokens,
        json_schema=_schema(material.prompt.parts.steps) if material.prompt.json else None,
        words=material.words,
        warnings=laid.warnings,
        suspicious=tuple(one for one in suspicious if one.id in set(ids)),
    )


def _check(task: Task, prompt: Prompt) -> None:
    if prompt.parts.guidelines and not task.guidelines.strip():
        raise UsageError(
            f"The prompt {prompt.variant} shows the annotators' guidelines, and the task has none.",
            where="--prompt",
            remedy="Give them with --guidelines, or choose a prompt from a1 to b3.",
        )


def _texts(contents: Sequence[Content]) -> list[str]:
    return list(chain.from_iterable((one,) if isinstance(one, str) else one for one in contents))


def _schema(steps: Steps) -> Mapping[str, Any]:
    """The JSON schema of an answer; thoughts and reasons stand before or beside the picks."""
    pick: dict[str, Any] = {"type": "integer"}
    if steps == "explain":
        pick = _object({"number": pick, "why": {"type": "string"}})
    word = {"type": "string"}
    thoughts = {"thoughts": word} if steps == "think" else {}
    return _object(
        {
            "first_code_word": word,
            "second_code_word": word,
            **thoughts,
            "picks": {"type": "array", "items": pick},
        }
    )


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
