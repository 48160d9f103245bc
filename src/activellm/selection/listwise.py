"""The paper's strategy: the LLM sees all candidates in one list and chooses from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

from activellm.errors import UsageError
from activellm.llm.protocol import QueryModel
from activellm.llm.side_by_side import Job, side_by_side
from activellm.pool.example import Example
from activellm.selection.ballot import ask
from activellm.selection.composing import compose
from activellm.selection.context import SelectionContext, check_request
from activellm.selection.contract import Selection
from activellm.selection.heats import Stage, deal, stages
from activellm.selection.outcome import Cast, outcome, winners
from activellm.selection.plan import Later, Plan, Planned
from activellm.selection.prompts.variants import Prompt


class Listwise:
    """All candidates in one prompt, in random order with one number each; the LLM names n of them.

    The answer is checked: numbers that were not shown or come twice are dropped, missing ones are
    asked for again and at last drawn at random. An answer that follows the order of the prompt (the
    first n, a regular grid) is asked for once more, in another order.

    Several query models, or one in several orders, vote: most votes first. More candidates than one
    list may show are judged in heats: lists side by side, winners meeting winners, until one list
    is left; the members of a committee take turns in the heats and all vote on the last list.

    Args:
        prompt: The variant of the question, the paper's a1 to c3; b2 is the paper's best.
        recap: What is told of earlier picks: "none", "text", "index" or "classes".
        answers: What is answered in: "text" or "json".
        orders: In how many orders each query model sees the last list.
        shown: The longest list.
    """

    name: ClassVar[str] = "listwise"
    needs: ClassVar[frozenset[str]] = frozenset({"model"})
    source: ClassVar[str] = (
        "Bayer, Lutz and Reuter, ActiveLLM: Large Language Model-Based Active Learning for "
        "Textual Few-Shot Scenarios (TACL 14, 2026; arXiv 2405.10808)"
    )

    def __init__(
        self,
        prompt: str = "b2",
        recap: str = "classes",
        answers: Literal["text", "json"] = "text",
        orders: int = 1,
        shown: int = 200,
    ) -> None:
        if answers not in ("text", "json"):
            raise UsageError(
                f"listwise knows no answers in {answers!r}.", remedy="Use text or json."
            )
        self.prompt = Prompt(prompt, recap, json=answers == "json")
        self.orders = orders
        self.shown = shown

    def select(self, context: SelectionContext, n: int) -> Selection:
        """Ask the query models for n of the candidates.

        Raises:
            UsageError: If n does not fit the candidates or the model's context, or no model is
                configured.
            QueryModelError: If no answer came.
        """
        check_request(context, n)
        rows = list(range(len(context.candidates)))
        heats: list[Cast] = []
        heat = 0
        while not (stage := stages(len(rows), n, self.shown)[0]).final:
            heat += 1
            cast = self._cast(context, self._heat(context, rows, stage, heat))
            heats += cast
            if sum(stage.keep) <= n:  # so many picks that these lists share them out
                return outcome(context, n, heats, [])
            rows = winners(context, cast, rows, n)
        final = self._cast(context, self._final(context, rows, n, heat + 1 if heat else 0))
        return outcome(context, n, heats, final)

    def plan(self, context: SelectionContext, n: int) -> Plan:
        """The calls that `select` would make, those of the first stage as they would be sent.

        Raises:
            UsageError: As `select`.
        """
        check_request(context, n)
        rows = list(range(len(context.candidates)))
        first, *later = stages(len(rows), n, self.shown)
        asked = (
            self._final(context, rows, n, 0) if first.final else self._heat(context, rows, first, 1)
        )
        return Plan(
            tuple(question.planned(context, self.prompt) for question in asked),
            tuple(self._later(context, stage) for stage in later),
        )

    def _later(self, context: SelectionContext, stage: Stage) -> Later:
        voters = len(context.committee) * self.orders if stage.final else 1
        return Later(len(stage.sizes) * voters, max(stage.sizes))

    def _heat(
        self, context: SelectionContext, rows: Sequence[int], stage: Stage, heat: int
    ) -> list[_Question]:
        models = context.committee
        lists = deal(rows, stage.sizes, context.rng)
        return [
            _Question(
                models[turn % len(models)], _examples(context, one), keep, heat, _seed(context)
            )
            for turn, (one, keep) in enumerate(zip(lists, stage.keep, strict=True))
        ]

    def _final(
        self, context: SelectionContext, rows: Sequence[int], n: int, heat: int
    ) -> list[_Question]:
        examples = _examples(context, rows)
        return [
            _Question(model, examples, n, heat, _seed(context))
            for model in context.committee
            for _ in range(self.orders)
        ]

    def _cast(self, context: SelectionContext, questions: Sequence[_Question]) -> list[Cast]:
        jobs = [Job(one.model, partial(one.ask, context, self.prompt)) for one in questions]
        heat = questions[0].heat
        what = f"Asking for picks, heat {heat}" if heat else "Asking for picks"
        return side_by_side(jobs, what=what, progress=context.progress)


@dataclass(frozen=True)
class _Question:
    """One list for one query model."""

    model: QueryModel
    examples: tuple[Example, ...]
    n: int
    heat: int
    seed: int

    def ask(self, context: SelectionContext, prompt: Prompt) -> Cast:
        return ask(
            self.model, context, self.examples, self.n, prompt, seed=self.seed, heat=self.heat
        )

    def planned(self, context: SelectionContext, prompt: Prompt) -> Planned:
        composed = compose(self.model, context, self.examples, self.n, prompt, seed=self.seed)
        return Planned(
            self.model,
            composed.messages,
            composed.max_tokens,
            composed.texts,
            composed.json_schema,
            self.seed,
            composed.warnings,
        )


def _examples(context: SelectionContext, rows: Sequence[int]) -> tuple[Example, ...]:
    return tuple(context.candidates[row] for row in rows)


def _seed(context: SelectionContext) -> int:
    return int(context.rng.integers(2**31))
