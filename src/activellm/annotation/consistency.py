"""How far annotators agree with themselves, and with answers that are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from activellm.annotation.contract import Annotation
from activellm.annotation.shares import Share, share_of
from activellm.annotation.votes import repeats, standing
from activellm.task import Answer


def with_self(events: Sequence[Annotation]) -> dict[str, Share]:
    """How often each annotator gave a text that they saw twice the same answer both times.

    The first answer is the one that stood when they saw the text again; what they corrected
    afterwards was not the same.

    Args:
        events: In the order in which they arrived.
    """
    twice = {(one.example_id, one.annotator) for one in repeats(events)}
    before: dict[tuple[str, str], list[Annotation]] = {pair: [] for pair in twice}
    same: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for event in events:
        key = (event.example_id, event.annotator)
        if event.action != "repeat":
            if key in twice:
                before[key].append(event)
            continue
        first = standing(before[key]).get(event.example_id, {}).get(event.annotator)
        if first is not None and first.action == "label":
            seen[event.annotator] += 1
            same[event.annotator] += first.labels == event.labels
    return _shares(same, seen)


def with_known(events: Sequence[Annotation], known: Mapping[str, Answer]) -> dict[str, Share]:
    """How often each annotator gave a text of known label the right answer. Skips do not count.

    Args:
        events: In the order in which they arrived.
        known: The right answers, by example.
    """
    stands = standing(events)
    right: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for id_, answer in known.items():
        for annotator, given in stands.get(id_, {}).items():
            if given.action == "label":
                seen[annotator] += 1
                right[annotator] += given.labels == answer
    return _shares(right, seen)


def _shares(hits: Counter[str], of: Counter[str]) -> dict[str, Share]:
    found = {name: share_of(hits[name], n) for name, n in of.items()}
    return {name: share for name, share in found.items() if share is not None}
