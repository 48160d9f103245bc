"""Near copies in a pool: found by MinHash, folded so that people never label both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activellm.lazy import lazily

if TYPE_CHECKING:
    from activellm.near.finding import find_near_copies
    from activellm.near.grouping import Found
    from activellm.near.threshold import LEAST_NEAR

__all__ = ["LEAST_NEAR", "Found", "find_near_copies"]

__getattr__ = lazily(
    __name__, {"finding": "find_near_copies", "grouping": "Found", "threshold": "LEAST_NEAR"}
)
