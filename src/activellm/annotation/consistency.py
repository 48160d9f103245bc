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

    The first answer is the one that stands now.

    Args:
        events: In the order in which they arrived.
    """
    stands = standing(events)
    same: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for again in repeats(events):
        first = stands.get(again.example_id, {}).get(again.annotator)
        if first is not None and first.action == "label":
            seen[again.annotator] += 1
            same[again.annotator] += first.labels == again.labels
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
