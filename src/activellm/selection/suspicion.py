"""Finds texts that give orders to a language model, and takes the orders out of what it reads.

A quoted text cannot leave its line; this is for models that obey what stands inside quotation
marks. Only patterns that hardly occur in ordinary texts are looked for, so it cannot find every
order: docs/design/prompt-injection.md says what that is worth.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from activellm.pool.example import Content, Example
from activellm.selection.contract import Suspicion
from activellm.selection.folding import HIDDEN_LETTERS, View, views
from activellm.selection.orders import compiled, further

MASK = "[order removed]"
"""Stands where words were taken out that gave orders."""

LONGEST_EXCERPT = 160
"""Characters of a finding that are shown to people."""

LONGEST_ORDER = 300
"""So many characters are taken out at most where a sentence does not end."""

GOES_WITH_IT = "goes with the order"

_SENTENCE_END = re.compile(r"[.!?;。！？؟](?=\W|$)|[。！？]|\n")
_SENTENCE = re.compile(r"[^\n.!?。！？؟]+[.!?。！？؟]*")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")


@dataclass(frozen=True, slots=True)
class Finding:
    """An order in a text.

    Attributes:
        why: What was found, as the end of a sentence that begins with "the text".
        start, end: Where, in characters.
        excerpt: The words in question; untrusted text.
        part: 1 for the second text of a pair.
    """

    why: str
    start: int
    end: int
    excerpt: str
    part: int = 0


def suspicions(content: Content) -> tuple[Finding, ...]:
    """The orders in a text, or in both texts of a pair, in their order; they do not overlap.

    Found are demands to ignore instructions or to be chosen, marks of a conversation's turns, false
    list items and list ends, and false answers; in several languages, and also behind hidden or
    look-alike letters, letters that are spaced out, and base64. A finding reaches to the end of its
    sentence. Where a text has given one order, further sentences that speak of choosing go with it.
    """
    parts = (content,) if isinstance(content, str) else content
    return tuple(
        Finding(why, start, end, " ".join(text[start:end].split())[:LONGEST_EXCERPT], part)
        for part, text in enumerate(parts)
        for start, end, why in _spans(text)
    )


def masked(content: Content, findings: Sequence[Finding]) -> Content:
    """The text with "[order removed]" in place of each finding.

    Args:
        content: The text, or both texts of a pair.
        findings: Those of this very content.
    """
    if not findings:
        return content
    if isinstance(content, str):
        return _masked_text(content, findings)
    first, second = (
        _masked_text(text, [one for one in findings if one.part == part])
        for part, text in enumerate(content)
    )
    return first, second


def unordered(
    examples: Iterable[Example],
) -> tuple[tuple[Content, ...], tuple[Suspicion, ...]]:
    """What a query model may read of examples, and which of them are suspicious.

    Returns:
        The contents with orders masked, one for each example; and a record for each example in
        which something was found.
    """
    contents: list[Content] = []
    found: list[Suspicion] = []
    for example in examples:
        findings = suspicions(example.content)
        contents.append(masked(example.content, findings))
        if findings:
            orders = [one for one in findings if one.why != GOES_WITH_IT]
            why = "; ".join(dict.fromkeys(one.why for one in orders))
            found.append(Suspicion(example.id, f"the text {why}", orders[0].excerpt))
    return tuple(contents), tuple(found)


def suspicious(examples: Iterable[Example]) -> tuple[Suspicion, ...]:
    """A record for each example whose text gives orders."""
    return unordered(examples)[1]


def _spans(text: str) -> list[tuple[int, int, str]]:
    found = [(start, _sentence_end(text, end), why) for start, end, why in _orders(text)]
    found += [
        (token.start(), token.end(), "hides an order in base64")
        for token in _BASE64.finditer(text)
        if (decoded := _decoded(token.group())) and any(_orders(decoded))
    ]
    if found:
        found += [
            (sentence.start(), sentence.end(), GOES_WITH_IT)
            for sentence in _SENTENCE.finditer(text)
            if any(further().search(view.text) for view in views(sentence.group()))
        ]
    return _joined(text, found)


def _orders(text: str) -> Iterator[tuple[int, int, str]]:
    """Each rule's matches in any view of the text: start, end, why."""
    for hidden in HIDDEN_LETTERS.finditer(text):
        yield hidden.start(), hidden.end(), "holds hidden letters"
    for view in views(text):
        yield from _in_view(view)


def _in_view(view: View) -> Iterator[tuple[int, int, str]]:
    for one in compiled():
        if not any(need in view.text for need in one.needs):
            continue
        pattern = one.loose if view.spaced else one.pattern
        for match in pattern.finditer(view.text):
            if match.end() > match.start():
                yield view.at(match.start()), view.at(match.end() - 1) + 1, one.rule.why


def _sentence_end(text: str, end: int) -> int:
    """Where the sentence ends that goes on at `end`."""
    if end and _SENTENCE_END.match(text, end - 1):
        return end
    limit = min(len(text), end + LONGEST_ORDER)
    stop = _SENTENCE_END.search(text, end, limit)
    return limit if stop is None else stop.end()


def _joined(text: str, spans: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Overlapping spans as one, with the reasons of all but those that only go with it."""
    joined: list[tuple[int, int, list[str]]] = []
    for start, end, why in sorted(
        (_trimmed(text, start, end), end, why) for start, end, why in spans
    ):
        if joined and start <= joined[-1][1]:
            first, last, reasons = joined.pop()
            joined.append((first, max(last, end), [*reasons, why]))
        else:
            joined.append((start, end, [why]))
    return [(start, end, _reason(reasons)) for start, end, reasons in joined]


def _trimmed(text: str, start: int, end: int) -> int:
    """Where a span begins without the white space and the end of the sentence before it."""
    while start < end - 1 and (text[start].isspace() or text[start] in ".!?"):
        start += 1
    return start


def _reason(reasons: Sequence[str]) -> str:
    own = dict.fromkeys(why for why in reasons if why != GOES_WITH_IT)
    return "; ".join(own) or GOES_WITH_IT


def _decoded(token: str) -> str:
    """What a token says in base64; empty if that is no text."""
    plain = token.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        text = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return text if all(letter.isprintable() or letter.isspace() for letter in text) else ""


def _masked_text(text: str, findings: Sequence[Finding]) -> str:
    pieces, done = [], 0
    for one in sorted(findings, key=lambda finding: finding.start):
        pieces += [text[done : one.start], MASK]
        done = one.end
    return "".join([*pieces, text[done:]])
