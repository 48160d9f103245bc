"""Can the model go on with the texts? What it writes against how they, and others, go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from activellm.contamination.paired import LEAST_TEXTS, compare
from activellm.contamination.passages import Passage, nearest, words
from activellm.contamination.report import Finding, Untested
from activellm.errors import QueryModelError
from activellm.llm.protocol import Message, QueryModel
from activellm.llm.scoring import token_scores
from activellm.llm.side_by_side import Job, side_by_side
from activellm.progress import Progress

CONTROLS = 3
"""Other texts that a completion is held against; the most similar of them counts."""

MARGIN = 0.1
"""Overlap that the completions must have beyond the controls': as if one text in ten was recalled.

With texts that it cannot have seen a 135M model comes to -0.02; larger ones are not measured.
"""

NEAR = 0.75
"""ROUGE-L from which a completion is nearly word for word."""

_FIRST = 5
"""If so many questions fail at the beginning, the model is not there, and the error is told."""


@dataclass(frozen=True, slots=True)
class _Overlaps:
    """How the completions agree, by place of the passage; refused ones left out."""

    own: dict[int, float]
    other: dict[int, float]
    exact: int
    near: int


def complete_texts(
    passages: Sequence[Passage],
    sample: int,
    model: QueryModel,
    rng: np.random.Generator,
    progress: Progress,
) -> Finding | Untested:
    """Show first halves, and compare what the model writes with the second halves.

    A model that reads plain text goes on with the first half itself; others are asked to. Each
    completion is held against its own second half and against those of the three most similar
    other texts, of which the best counts: what texts of this kind have in common favours neither.
    Words that stand in the first half do not count, for they need no memory. Source: Golchin and
    Surdeanu, "Time Travel in LLMs" (ICLR 2024), section 3 (completion, ROUGE-L, near-exact
    matches); the controls, the counted words and the margin are ours.

    Args:
        passages: Usable texts; the first `sample` are completed, the others only controls.
        sample: How many to complete.
        model: The model.
        rng: For the test.
        progress: Told after every text.

    Raises:
        QueryModelError: If the model does not answer at all.
    """
    if min(sample, len(passages)) < LEAST_TEXTS:
        return too_few("completion", len(passages[:sample]))
    plain = token_scores(model) is not None
    answers = _plain(passages[:sample], model, progress) if plain else None
    if answers is None:
        answers = _asked(passages[:sample], model, "a text", progress)
    found = _overlaps(answers, passages)
    if len(found.own) < max(LEAST_TEXTS, sample / 2):
        return Untested("completion", f"It went on with only {len(found.own)} of {sample} texts.")
    finding = compare(
        "completion",
        "ROUGE-L of the completion with the text's own second half, and with that of the most "
        "similar other texts; words of the first half left out",
        list(found.own.values()),
        list(found.other.values()),
        rng,
        unusable=len(answers) - len(found.own),
        margin=MARGIN,
    )
    return replace(finding, exact=found.exact, near=found.near)


def complete_guided(
    passages: Sequence[Passage],
    sample: int,
    model: QueryModel,
    source: str,
    rng: np.random.Generator,
    progress: Progress,
) -> Finding | Untested:
    """Does it help the model to be told which data set the texts are from?

    The same question with and without the data set's name; the second is the control of the first.
    Each counts by how much its completion is nearer to the text's own second half than to those of
    similar texts, so that knowing the data set's style does not count. Source: Golchin and
    Surdeanu, "Time Travel in LLMs" (ICLR 2024), section 3.1 (guided and general instruction).

    Args:
        passages: As in `complete_texts`.
        sample: As there.
        model: The model.
        source: What the model is told of the texts' origin.
        rng: For the test.
        progress: Told after every text.

    Raises:
        QueryModelError: If the model does not answer at all.
    """
    if min(sample, len(passages)) < LEAST_TEXTS:
        return too_few("guided completion", len(passages[:sample]))
    guided = _overlaps(_asked(passages[:sample], model, source, progress), passages)
    general = _overlaps(_asked(passages[:sample], model, "a text", progress), passages)
    both = [place for place in guided.own if place in general.own]
    if len(both) < max(LEAST_TEXTS, sample / 2):
        return Untested("guided completion", f"It answered for only {len(both)} of {sample} texts.")
    return compare(
        "guided completion",
        "by how much completions are nearer to the texts than to similar ones (ROUGE-L), with and "
        "without the data set's name in the question",
        [guided.own[place] - guided.other[place] for place in both],
        [general.own[place] - general.other[place] for place in both],
        rng,
        unusable=sample - len(both),
    )


def too_few(method: str, number: int) -> Untested:
    """What is said where the data set is too small."""
    return Untested(
        method,  # type: ignore[arg-type]
        f"Only {number} texts are long enough to be cut in two; {LEAST_TEXTS} are needed.",
    )


def rouge_l(found: Sequence[str], wanted: Sequence[str]) -> float:
    """ROUGE-L: F1 of the longest common subsequence. Source: Lin (2004), "ROUGE", section 3.

    Args:
        found: The words of what was written.
        wanted: The words of what should have been.
    """
    if not found or not wanted:
        return 0.0
    row = [0] * (len(wanted) + 1)
    for word in found:
        before = row
        row = [0]
        for place, other in enumerate(wanted):
            row.append(before[place] + 1 if word == other else max(before[place + 1], row[place]))
    return 2 * row[-1] / (len(found) + len(wanted))


def overlap(completion: Sequence[str], passage: Passage, rest: Sequence[str]) -> float:
    """ROUGE-L of a completion with a second half, over the words that were not shown.

    Args:
        completion: The words that the model wrote.
        passage: The text that it was shown the first half of.
        rest: The second half to compare with: the text's own, or another's.
    """
    length, shown = min(len(rest), len(passage.rest_words)), set(passage.shown_words)
    return rouge_l(
        [word for word in completion[:length] if word not in shown],
        [word for word in rest[:length] if word not in shown],
    )


def _overlaps(answers: Sequence[str | None], passages: Sequence[Passage]) -> _Overlaps:
    """Hold each answer against its own text and against the most similar others."""
    alike = nearest(passages, CONTROLS)
    own: dict[int, float] = {}
    other: dict[int, float] = {}
    exact = near = 0
    for place, answer in enumerate(answers):
        if answer is None:
            continue
        passage = passages[place]
        said = _without_echo(words(answer), passage.shown_words)
        own[place] = overlap(said, passage, passage.rest_words)
        rests = [passages[one].rest_words for one in alike[place]]
        other[place] = max(overlap(said, passage, rest) for rest in rests)
        whole = rouge_l(said[: len(passage.rest_words)], passage.rest_words)
        exact += whole == 1.0
        near += NEAR <= whole < 1.0
    return _Overlaps(own, other, exact, near)


def _without_echo(said: tuple[str, ...], shown: tuple[str, ...]) -> tuple[str, ...]:
    """What the model wrote, without the first half where it repeats that first."""
    return said[len(shown) :] if said[: len(shown)] == shown else said


def _plain(
    passages: Sequence[Passage], model: QueryModel, progress: Progress
) -> list[str | None] | None:
    """The likeliest continuation of each first half, without any question."""
    reader = token_scores(model)
    if reader is None:
        return None
    found: list[str | None] = []
    for passage in passages:
        tokens = model.count_tokens(passage.rest)
        found.append(reader.continue_text(passage.shown, tokens=tokens, temperature=0.0, seed=0))
        progress("completing texts", len(found), len(passages))
    return found


def _asked(
    passages: Sequence[Passage], model: QueryModel, source: str, progress: Progress
) -> list[str | None]:
    """The model's answers; None where it refused or said nothing.

    Raises:
        QueryModelError: If the first questions all fail.
    """
    questions = [(Message("user", question(one, source)),) for one in passages]
    limits = [model.count_tokens(one.rest) * 3 // 2 + 16 for one in passages]

    def ask(place: int) -> str | QueryModelError | None:
        try:
            answer = model.complete(questions[place], max_tokens=limits[place])
        except QueryModelError as error:
            return error
        return None if answer.finish == "refusal" else answer.text

    def job(place: int) -> Job[str | QueryModelError | None]:
        return Job(model, lambda: ask(place))

    first = [ask(place) for place in range(_FIRST)]
    failed = [one for one in first if isinstance(one, QueryModelError)]
    if len(failed) == _FIRST:
        raise failed[0]
    jobs = [job(place) for place in range(_FIRST, len(passages))]
    answers = [*first, *side_by_side(jobs, what="completing texts", progress=progress)]
    return [None if isinstance(one, QueryModelError) else one for one in answers]


def question(passage: Passage, source: str) -> str:
    """What the model is asked.

    Args:
        passage: The text.
        source: Where it is from, to be read after "the beginning of".
    """
    return (
        f"Here is the beginning of {source}. Write how it goes on, word for word if you know it, "
        f"else as you think likely. Write about {len(passage.rest_words)} words and nothing but "
        f"the continuation.\n\n{passage.shown}"
    )
