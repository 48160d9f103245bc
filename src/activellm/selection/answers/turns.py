"""Whole conversations in place of one answer: where a further request stands between the turns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_REQUEST = 160
"""Characters of a line that may be a request; longer lines are text."""

_USER = re.compile(r"(?:you|user|human)(?: said| wrote)?:?", re.IGNORECASE)
_MODEL = re.compile(
    r"(?:assistant|ai|bot|(?:[\w.]{1,20}-)?(?:chatgpt|gpt|claude|gemini|bard|copilot|mistral|"
    r"mixtral|llama)(?:[ -](?:large|ultra|pro|[\w.]{0,12}\d[\w.]{0,12})){0,3})(?: said)?:?",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"\S{1,80} cover image|avatar|profile picture|profilbild", re.IGNORECASE)
_COUNT = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|a few|some|\d{1,4})"
_REQUEST = re.compile(
    rf"(?:{_COUNT} (?:more|others?)\b(?!.*\d).{{0,30}}"
    r"|(?:and )?(?:further|continue|go on|more|next|finally|carry on|keep going)"
    r"|(?:now |so |ok(?:ay)?,? |and )?(?:please )?(?:can|could|would|will) you\b.+"
    r"|(?:please|pls)\b.+"
    r"|(?:give|show|tell|send) me\b.+"
    r"|(?:add|choose|select|pick|list|name) (?:me )?(?:the )?" + _COUNT + r"\b(?!.*,\s*\d).{0,60}"
    r"|(?:are|is) (?:those|these|this|that|there|they)\b.+\?"
    r"|(?:i|we) (?:need|asked|wanted|want)\b.+"
    r"|(?:only|just) \d{1,4}\b.{0,40}|what (?:are|is) the (?:ind|num|list|id).+"
    r"|(?:replace|swap|remove|drop) .+)[.!?]*",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"[(\[]")
_MORE = re.compile(
    r"\b(?:more|further|continue|go on|add|additional|another|missing|remaining|rest|keep going|"
    r"carry on|next)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What an LLM said in one go.

    Attributes:
        text: Its words.
        request: What was asked before it, where the text shows it; empty for the first.
    """

    text: str
    request: str = ""

    @property
    def asked_for_more(self) -> bool:
        """Whether picks were to be added to earlier ones."""
        return _MORE.search(self.request) is not None


def turns(text: str) -> list[Turn]:
    """Split a conversation at the short lines that ask something of an LLM, and at role names.

    A usual answer is one turn. The rules know how people ask for a list in English and the marks
    that chat pages leave in copied text; where they see none, the answer is read as one.
    """
    lines = text.splitlines()
    found: list[Turn] = []
    words: list[str] = []
    request: list[str] = []
    spoken = _spoken_by_people(lines)
    for place, line in enumerate(lines):
        bare = line.strip(" \t*#>_")
        asks = place in spoken or _is_request(bare)
        if asks or _is_mark(bare):
            if words and any(map(str.strip, words)):
                found.append(Turn("\n".join(words), "\n".join(request)))
                request = []
            words = []
            request += [bare] if asks else []
        else:
            words.append(line)
    if words:
        found.append(Turn("\n".join(words), "\n".join(request)))
    return found


def _is_request(line: str) -> bool:
    """Short, and without brackets: quoted texts with a number behind may ask something, too."""
    short = len(line) <= LONGEST_REQUEST and not _BRACKETS.search(line)
    return short and _REQUEST.fullmatch(line) is not None


def _is_mark(line: str) -> bool:
    return 0 < len(line) <= LONGEST_REQUEST and any(
        mark.fullmatch(line) for mark in (_USER, _MODEL, _PICTURE)
    )


def _spoken_by_people(lines: Sequence[str]) -> set[int]:
    """The lines between a person's mark and the LLM's next one."""
    found: set[int] = set()
    since: int | None = None
    for place, line in enumerate(lines):
        bare = line.strip(" \t*#>_")
        if len(bare) > LONGEST_REQUEST:
            continue
        if _USER.fullmatch(bare):
            since = place
        elif since is not None and _MODEL.fullmatch(bare):
            found.update(range(since + 1, place))
            since = None
    return found
