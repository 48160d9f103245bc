"""Code words in a prompt: they fence the list off, and show whether the model has read it whole.

Some servers cut a long prompt without a word and answer as if nothing had happened. A word at the
head and one at the end of the list, both to be repeated, tell: who knows one and not the other has
not seen all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from activellm.errors import QueryModelError
from activellm.llm.protocol import Completion, Messages, QueryModel
from activellm.llm.tokens import fewest_tokens

CLEARLY_FEWER = 0.8
"""A reported prompt below this share of its words was cut: tokenisers join no words."""

_CONSONANTS, _VOWELS, _SYLLABLES = "bdfgklmnprstvz", "aeiou", 4


@dataclass(frozen=True, slots=True)
class CodeWords:
    """The words of one prompt. Letters only, so that none is read as a pick.

    Attributes:
        fence: Stands where the list begins and ends; no text can know it.
        first: Stands at the head of the list, and is to be repeated.
        second: Stands at the end of the list, and is to be repeated.
    """

    fence: str
    first: str
    second: str


def code_words(rng: np.random.Generator, texts: Sequence[str] = ()) -> CodeWords:
    """Draw three different words of eight letters that occur in none of the texts."""
    everything = "\n".join(texts).casefold()
    found: list[str] = []
    while len(found) < 3:
        word = _word(rng)
        if word not in found and word not in everything:
            found.append(word)
    return CodeWords(*found)


def _word(rng: np.random.Generator) -> str:
    letters = []
    for _ in range(_SYLLABLES):
        letters += [_CONSONANTS[rng.integers(len(_CONSONANTS))], _VOWELS[rng.integers(5)]]
    return "".join(letters)


def check_whole(
    model: QueryModel, messages: Messages, words: CodeWords, answer: Completion
) -> tuple[str, ...]:
    """Say whether the prompt was cut on its way; nothing if it was read whole or nobody can tell.

    Args:
        model: Who was asked.
        messages: The prompt.
        words: The prompt's.
        answer: An answer that was to repeat two of them.

    Returns:
        A warning if the answer has exactly one of the two code words.

    Raises:
        QueryModelError: If the server, too, reports far fewer tokens than the prompt has words.
    """
    text = answer.text.casefold()
    missing = [word for word in (words.first, words.second) if word not in text]
    if len(missing) != 1 or answer.finish != "stop":
        return ()
    lost = "beginning" if missing[0] == words.first else "end"
    fewest = sum(fewest_tokens(message.content) for message in messages)
    read = answer.usage.prompt_tokens
    if read is not None and read < CLEARLY_FEWER * fewest:
        raise QueryModelError(
            f"The prompt was cut before {model.name} read it: it has at least {fewest} tokens, "
            f"{read} were read, and the code word at the {lost} of the list is unknown to it.",
            where=model.name,
            remedy="Give the server a longer context, or show fewer candidates with --shown.",
        )
    return (
        f"{model.name} did not repeat the code word at the {lost} of the list: the prompt was "
        "probably cut, and part of the list not read.",
    )
