"""One question for picks, asked: from candidates to a ballot."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from activellm.llm.audit import sending
from activellm.llm.protocol import QueryModel
from activellm.pool.example import Example
from activellm.seeding import generator
from activellm.selection.canaries import check_whole
from activellm.selection.composing import compose
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
    cast = ballot_of(
        model.name,
        heard,
        dict(enumerate(composed.shown, start=1)),
        composed.wanted,
        taken=composed.taken,
    )
    return replace(cast, heat=heat, warnings=(*composed.warnings, *cast.warnings))


def ballot_of(
    model: str,
    heard: Heard,
    shown: Mapping[int, str],
    wanted: int,
    *,
    taken: Collection[int] = (),
) -> Ballot:
    """What was heard, as a ballot.

    Args:
        model: Who was asked.
        heard: What it answered.
        shown: The list in the order of the prompt: number -> example id. An id that stands there
            twice counts once.
        wanted: How many picks were asked for.
        taken: Numbers that are shown and cannot be picked.
    """
    named = {number: shown[number] for number in heard.numbers}
    return Ballot(
        model=model,
        shown=tuple(shown.values()),
        named=tuple(dict.fromkeys(named.values())),
        wanted=wanted,
        reasons={
            id: heard.reasons[number] for number, id in named.items() if number in heard.reasons
        },
        dropped=tuple(heard.dropped),
        rule=heard.rule,
        asked_again=heard.questions - 1,
        flaw=_flaw(heard, list(shown), taken),
        warnings=tuple(heard.warnings),
        usage=heard.usage,
        recordings=heard.recordings,
    )


def _flaw(heard: Heard, numbers: Sequence[int], taken: Collection[int]) -> str:
    """Why the answer is no choice: judged by all that was named, and by the first answer alone."""
    place = {number: place for place, number in enumerate(numbers, start=1)}
    taken_places = [place[number] for number in taken if number in place]
    flaws = (
        no_selection([place[number] for number in one], len(numbers), taken_places=taken_places)
        for one in (heard.numbers, heard.named_first)
    )
    return next((flaw for flaw in flaws if flaw), "")
