"""Texts that somebody sees a second time, to learn how consistent they are with themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

APART = 10
"""Answers between the two times, so that the first is not simply remembered."""

FEW = 3
"""As many at the end of the queue, where nothing else is left to lie between."""

_RANGE = 2**64


def again_id(example_id: str, annotator: str) -> str:
    """Under which id a text comes the second time: nobody can tell it from another text's."""
    digest = hashlib.sha256(f"again\0{annotator}\0{example_id}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


def is_repeated(example_id: str, annotator: str, share: float) -> bool:
    """Whether a text is one of the share that this annotator sees twice. Always the same answer."""
    digest = hashlib.sha256(f"twice\0{annotator}\0{example_id}".encode("utf-8", "surrogatepass"))
    return int.from_bytes(digest.digest()[:8]) < share * _RANGE


def due(
    labelled: Sequence[str], repeated: set[str], annotator: str, share: float, *, at_end: bool
) -> list[str]:
    """The texts whose second time has come, the longest waiting first.

    Args:
        labelled: What the annotator has labelled, in order.
        repeated: What they have answered twice already.
        annotator: Who.
        share: The part of the texts that is shown twice, 0 to 1.
        at_end: Whether no other text is left for them.
    """
    apart = FEW if at_end else APART
    ripe = labelled[: max(0, len(labelled) - apart)]
    return [id_ for id_ in ripe if id_ not in repeated and is_repeated(id_, annotator, share)]
