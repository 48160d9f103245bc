"""One question for picks, asked: from candidates to a ballot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from activellm.llm.audit import sending
from activellm.llm.protocol import QueryModel
from activellm.pool.example import Example
from activellm.seeding import generator
from activellm.selection.canaries import check_whole
from activellm.selection.composing import Composed, compose
from activellm.selection.context import SelectionContext
from activellm.selection.contract import Ballot
from activellm.selection.conversation import Heard, converse
from activellm.selection.health import no_selection
from activellm.selection.prompts.variants import Prompt


def ask(
    model: QueryModel,
    context: SelectionContext,
    examples: Sequence[Example],
    n: int,
    prompt: Prompt,
    *,
    seed: int,
    heat: int = 0,
) -> tuple[Ballot, ...]:
    """Have a query model choose n of the examples.

    Missing picks are asked for in further turns. An answer that is no choice (the first n, a
    regular grid, what is labelled already) is set aside, and the question asked once more in
    another order. Several may be asked side by side on one context.

    Args:
        model: Who is asked.
        context: As in `compose`.
        examples: What is to be chosen from.
        n: From 1 to their number.
        prompt: How it is asked.
        seed: Decides order and code words, and is given to models that take one.
        heat: The stage of a selection in heats; 0 if there is none.

    Returns:
        The ballots in the order in which they were cast; the last one counts.

    Raises:
        UsageError: As `compose`.
        QueryModelError: If no answer came, or the prompt was cut on its way to the model.
    """
    first = _cast(model, context, examples, n, prompt, seed, heat)
    if not first.flaw:
        return (first,)
    another = int(generator(seed, "another order").integers(2**31))
    return (first, _cast(model, context, examples, n, prompt, another, heat))


def _cast(
    model: QueryModel,
    context: SelectionContext,
    examples: Sequence[Example],
    n: int,
    prompt: Prompt,
    seed: int,
    heat: int,
) -> Ballot:
    composed = compose(model, context, examples, n, prompt, seed=seed)
    with sending(texts=composed.texts):
        heard = converse(
            model,
            composed.messages,
            len(composed.shown),
            n,
            max_tokens=composed.max_tokens,
            seed=seed,
            taken=composed.taken,
            json_schema=composed.json_schema,
            check=lambda answer: check_whole(model, composed.messages, composed.words, answer),
        )
    return replace(_ballot(model, composed, heard), heat=heat)


def _ballot(model: QueryModel, composed: Composed, heard: Heard) -> Ballot:
    named = {number: composed.shown[number - 1] for number in heard.numbers}
    return Ballot(
        model=model.name,
        shown=composed.shown,
        named=tuple(named.values()),
        wanted=composed.wanted,
        reasons={
            id: heard.reasons[number] for number, id in named.items() if number in heard.reasons
        },
        dropped=tuple(heard.dropped),
        rule=heard.rule,
        asked_again=heard.questions - 1,
        flaw=_flaw(composed, heard),
        warnings=(*composed.warnings, *heard.warnings),
        usage=heard.usage,
        recordings=heard.recordings,
    )


def _flaw(composed: Composed, heard: Heard) -> str:
    """Why the answer is no choice: judged by all that was named, and by the first answer alone."""
    flaw_of = partial(no_selection, shown=len(composed.shown), taken_places=composed.taken)
    return flaw_of(heard.numbers) or flaw_of(heard.named_first)
