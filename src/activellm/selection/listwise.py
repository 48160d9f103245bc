"""The paper's strategy: the LLM sees all candidates in one list and chooses from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal, get_args

from activellm.errors import UsageError
from activellm.llm.protocol import Messages
from activellm.pool.example import Content
from activellm.selection.contract import (
    Health,
    Pick,
    Selection,
    SelectionContext,
    check_request,
)
from activellm.selection.conversation import Heard, converse, reserve
from activellm.selection.health import evenness_p, no_selection
from activellm.selection.prompts.render import render
from activellm.selection.showing import Shown, show
from activellm.task import Task

Steps = Literal["list", "think", "explain"]

TEMPLATE = "listwise-1"

ANSWER_TOKENS = {"list": (32, 8), "think": (900, 8), "explain": (64, 56)}
"""The longest answer: tokens in all, and tokens for each pick."""

SUSPICIOUS = 0.01
"""Below this p-value the places of the picks are called uneven."""


@dataclass(frozen=True)
class _Attempt:
    """One list that was shown, and what was chosen from it."""

    shown: Shown
    heard: Heard

    @property
    def flaw(self) -> str:
        """Why this is no choice, or nothing."""
        return no_selection(self.heard.numbers, len(self.shown.rows))


class Listwise:
    """All candidates in one prompt, in random order with one number each; the LLM names n of them.

    The answer is checked: numbers that were not shown or come twice are dropped, missing ones are
    asked for again and at last drawn at random. An answer that follows the order of the prompt (the
    first n, a regular grid) is asked for once more, in another order. All of it is in the health.

    Args:
        steps: "list": only the numbers; "think": step by step first, the paper's best; "explain":
            a reason for each pick.
    """

    name: ClassVar[str] = "listwise"
    needs: ClassVar[frozenset[str]] = frozenset({"model"})
    source: ClassVar[str] = (
        "Bayer, Lutz and Reuter, ActiveLLM: Large Language Model-Based Active Learning for "
        "Textual Few-Shot Scenarios (TACL 14, 2026; arXiv 2405.10808)"
    )

    def __init__(self, steps: Steps = "think") -> None:
        if steps not in get_args(Steps):
            raise UsageError(
                f"listwise knows no steps {steps!r}.", remedy="Use list, think or explain."
            )
        self.steps = steps

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Ask the query model for n of the candidates.

        Raises:
            UsageError: If n does not fit the candidates or the model's context, or no model is
                configured.
            QueryModelError: If no answer came.
        """
        check_request(context, n)
        attempts = [self._attempt(context, n)]
        if attempts[0].flaw:
            attempts.append(self._attempt(context, n))
        return _selection(context, n, attempts)

    def _attempt(self, context: SelectionContext, n: int) -> _Attempt:
        context.progress(f"Asking {context.model.name}", 0, None)
        base, each = ANSWER_TOKENS[self.steps]
        max_tokens = base + each * n
        shown = show(
            context.model,
            [example.content for example in context.candidates],
            context.rng.permutation(len(context.candidates)).tolist(),
            n,
            reserve(len(context.candidates), n, max_tokens),
            partial(_prompt, context.task, n, self.steps),
        )
        seed = int(context.rng.integers(2**31))
        heard = converse(
            context.model,
            shown.messages,
            len(shown.rows),
            n,
            max_tokens=max_tokens,
            seed=seed,
        )
        return _Attempt(shown, heard)


def _prompt(task: Task, n: int, steps: Steps, contents: Sequence[Content]) -> Messages:
    return render(TEMPLATE, {"task": task, "contents": contents, "n": n, "steps": steps})


def _selection(context: SelectionContext, n: int, attempts: Sequence[_Attempt]) -> Selection:
    last = attempts[-1]
    shown, heard = last.shown, last.heard
    of = len(shown.rows)
    named = [context.candidates[shown.rows[number - 1]].id for number in heard.numbers]
    chosen = f"chosen by {context.model.name} from {of} shown"
    picks = [
        Pick(id, heard.reasons.get(number, chosen))
        for id, number in zip(named, heard.numbers, strict=True)
    ]
    filled = _fill(context, n, named)
    drawn = f"drawn at random, because {context.model.name} named too few"
    usage, recordings = attempts[0].heard.usage, attempts[0].heard.recordings
    for attempt in attempts[1:]:
        usage, recordings = usage + attempt.heard.usage, recordings + attempt.heard.recordings
    return Selection(
        strategy=Listwise.name,
        picks=(*picks, *(Pick(id, drawn) for id in filled)),
        explanation=f"{context.model.name} was shown {of} candidates and chose {len(named)}.",
        health=_health(attempts, named, filled),
        usage=usage,
        recordings=recordings,
    )


def _fill(context: SelectionContext, n: int, named: Sequence[str]) -> tuple[str, ...]:
    """Draw what is missing from the candidates that were not named."""
    rest = [example.id for example in context.candidates if example.id not in set(named)]
    drawn = context.rng.permutation(len(rest))[: n - len(named)]
    return tuple(rest[index] for index in drawn)


def _health(attempts: Sequence[_Attempt], named: Sequence[str], filled: tuple[str, ...]) -> Health:
    last = attempts[-1]
    of = len(last.shown.rows)
    p = evenness_p(last.heard.numbers, of)
    return Health(
        dropped=tuple(dropped for attempt in attempts for dropped in attempt.heard.dropped),
        asked_again=sum(attempt.heard.questions for attempt in attempts) - 1,
        filled=filled,
        positions=dict(zip(named, last.heard.numbers, strict=True)),
        shown=of,
        position_p=p,
        warnings=tuple(_warnings(attempts, len(named), len(filled), p)),
    )


def _warnings(attempts: Sequence[_Attempt], named: int, filled: int, p: float | None) -> list[str]:
    last = attempts[-1]
    found = [*last.shown.warnings, *last.heard.warnings]
    if len(attempts) > 1:
        found.append(f"The first answer was no choice ({attempts[0].flaw}); asked in a new order.")
    if last.flaw:
        found.append(f"The answer is no choice: {last.flaw}.")
    elif p is not None and p < SUSPICIOUS:
        found.append(
            f"The places of the picks in the prompt are uneven (p = {p:.2g}): the order of the "
            "list may have decided more than the texts."
        )
    if filled:
        found.append(
            f"The model named {named} valid texts; the other {filled} were drawn at random."
        )
    return found
