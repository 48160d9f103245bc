"""The listwise conversation: show the list, read the answer, ask again for what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from activellm.llm.protocol import Completion, Message, Messages, QueryModel, Usage
from activellm.selection.answer import explanations, read_answer
from activellm.selection.contract import Dropped
from activellm.selection.prompts.render import render

REPAIR = "listwise-repair-1"

QUESTION_TOKENS = 80
"""For the words of a question for missing picks."""

MOST_REPAIRS = 2
"""So often a further turn asks for missing picks; then they are drawn at random."""


@dataclass
class Heard:
    """What a conversation has given so far. Numbers are those of its prompt.

    Attributes:
        numbers: The valid picks, in the order in which the model named them.
        reasons: The model's own words on a number, where it gave some.
        dropped: What was named and is no valid pick.
        questions: How many questions it took.
        warnings: What went wrong, as sentences.
    """

    numbers: list[int] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)
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
    model: QueryModel, messages: Messages, shown: int, n: int, *, max_tokens: int, seed: int
) -> Heard:
    """Ask for n of the numbers 1 to `shown`, and again for those that are missing.

    Args:
        model: Asked up to three times.
        messages: The prompt with the list.
        shown: How many texts it shows.
        n: How many picks are wanted.
        max_tokens: The longest first answer.
        seed: For models that take one.

    Raises:
        QueryModelError: If no answer came.
    """
    heard = Heard()
    numbers = range(1, shown + 1)
    for _ in range(1 + MOST_REPAIRS):
        answer = model.complete(messages, max_tokens=max_tokens, seed=seed)
        _take(heard, answer, numbers, n)
        if len(heard.numbers) == n or answer.finish == "refusal":
            break
        max_tokens = repair_tokens(n)
        messages = (*messages, Message("assistant", answer.text), *_repair(heard, numbers, n))
    return heard


def _take(heard: Heard, answer: Completion, numbers: Sequence[int], n: int) -> None:
    reading = read_answer(answer.text, numbers, n - len(heard.numbers), taken=heard.numbers)
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


def _repair(heard: Heard, numbers: Sequence[int], n: int) -> Messages:
    free = [number for number in numbers if number not in heard.numbers]
    found = len(heard.numbers)
    return render(REPAIR, {"found": found, "missing": n - found, "free": free})
