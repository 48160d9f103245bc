"""The listwise conversation: show the list, read the answer, ask again for what is missing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from activellm.llm.protocol import Completion, Message, Messages, QueryModel, Usage
from activellm.selection.answer import explanations, read_answer
from activellm.selection.contract import Dropped
from activellm.selection.prompts.render import render

REPAIR = "listwise-repair-2"

QUESTION_TOKENS = 80
"""For the words of a question for missing picks."""

MOST_REPAIRS = 2
"""So often a further turn asks for missing picks; then they are drawn at random."""

REPAIR_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"picks": {"type": "array", "items": {"type": "integer"}}},
    "required": ["picks"],
    "additionalProperties": False,
}


@dataclass
class Heard:
    """What a conversation has given so far. Numbers are those of its prompt.

    Attributes:
        numbers: The valid picks, in the order in which the model named them.
        named_first: What the first answer named, numbers that are labelled already included.
        reasons: The model's own words on a number, where it gave some.
        dropped: What was named and is no valid pick.
        rule: How the first answer was read.
        questions: How many questions it took.
        usage: What all of it cost.
        recordings: Keys of the recorded calls.
        warnings: What went wrong, as sentences.
    """

    numbers: list[int] = field(default_factory=list)
    named_first: tuple[int, ...] = ()
    reasons: dict[int, str] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)
    rule: str = ""
    questions: int = 0
    usage: Usage = field(default_factory=Usage)
    recordings: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)


def reserve(shown: int, n: int, max_tokens: int) -> int:
    """The tokens that a whole conversation may take on top of its first prompt."""
    return max_tokens + MOST_REPAIRS * (QUESTION_TOKENS + 4 * shown + repair_tokens(n))


def repair_tokens(n: int) -> int:
    """The longest answer to a question for missing picks: it holds only numbers."""
    return 32 + 8 * n


def converse(
    model: QueryModel,
    messages: Messages,
    shown: int,
    n: int,
    *,
    max_tokens: int,
    seed: int,
    taken: Collection[int] = (),
    json_schema: Mapping[str, Any] | None = None,
    check: Callable[[Completion], Sequence[str]] = lambda answer: (),
) -> Heard:
    """Ask for n of the numbers 1 to `shown`, and again for those that are missing.

    Args:
        model: Asked up to three times.
        messages: The prompt with the list.
        shown: How many texts it shows.
        n: How many picks are wanted.
        max_tokens: The longest first answer.
        seed: For models that take one.
        taken: Numbers that are shown and cannot be picked.
        json_schema: Of the first answer, if JSON is wanted; then further ones are JSON, too.
        check: Looks at the first answer before anything more is asked; gives warnings.

    Raises:
        QueryModelError: If no answer came.
    """
    heard = Heard()
    numbers = range(1, shown + 1)
    schema = json_schema
    for _ in range(1 + MOST_REPAIRS):
        answer = model.complete(messages, max_tokens=max_tokens, seed=seed, json_schema=schema)
        if not heard.questions:
            heard.warnings += check(answer)
        hear(heard, answer, numbers, n, taken)
        if len(heard.numbers) == n or answer.finish == "refusal":
            break
        max_tokens = repair_tokens(n)
        schema = None if json_schema is None else REPAIR_SCHEMA
        question = _repair(heard, numbers, n, taken, json=schema is not None)
        messages = (*messages, Message("assistant", answer.text), *question)
    return heard


def hear(
    heard: Heard, answer: Completion, numbers: Sequence[int], n: int, taken: Collection[int]
) -> None:
    """Take in one answer.

    Args:
        heard: What was heard before; grows.
        answer: The model's.
        numbers: All that were shown, in the order of the prompt.
        n: How many picks are wanted in all.
        taken: Numbers that are shown and cannot be picked.
    """
    gone = {*taken, *heard.numbers}
    reading = read_answer(answer.text, numbers, n - len(heard.numbers), taken=gone)
    if not heard.questions:
        heard.rule = reading.rule
        heard.named_first = read_answer(answer.text, numbers, n).numbers
    heard.questions += 1
    heard.numbers += reading.numbers
    heard.dropped += reading.dropped
    heard.reasons = explanations(answer.text, numbers) | heard.reasons
    heard.usage += answer.usage
    heard.recordings += (answer.recording,) if answer.recording else ()
    if answer.finish == "length":
        heard.warnings.append("An answer was cut off at its longest length.")
    if answer.finish == "refusal":
        heard.warnings.append("The provider withheld an answer (refusal).")


def _repair(
    heard: Heard, numbers: Sequence[int], n: int, taken: Collection[int], *, json: bool
) -> Messages:
    gone = {*taken, *heard.numbers}
    free = [number for number in numbers if number not in gone]
    found = len(heard.numbers)
    return render(REPAIR, {"found": found, "missing": n - found, "free": free, "json": json})
