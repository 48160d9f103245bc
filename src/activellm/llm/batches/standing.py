"""What a folder's batches owe and how they stand; nothing is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from activellm.llm.batches.ledger import read_batches
from activellm.llm.prices import Price


def standing(folder: Path) -> str:
    """How the batches of a folder stand, in words; empty if there are none.

    Raises:
        StoreError: If a note cannot be read.
    """
    batches = list(read_batches(folder))
    if not batches:
        return ""
    said = f"{len(batches)} handed in, {sum(not one.ended for one in batches)} not fetched yet"
    reasons = Counter(why for one in batches for why in (one.unanswered or {}).values())
    if reasons:
        each = ", ".join(f"{why}: {times}" for why, times in reasons.most_common())
        said += f"; questions that one left without an answer: {each}"
    return said


def owed(
    folder: Path, recordings: Path, price_of: Callable[[str], Price | None]
) -> dict[str, tuple[int, float | None]]:
    """What the questions may take whose answers are not recorded yet, by the key of their content.

    Args:
        folder: Where batches are noted.
        recordings: Where answers are kept, under the same keys.
        price_of: The price of a model's name, as its questions cost alone.

    Returns:
        The most tokens, and dollars (None if the price is unknown).
    """
    found: dict[str, tuple[int, float | None]] = {}
    for batch in read_batches(folder):
        price = price_of(batch.model)
        for key, (read, written) in batch.questions.items():
            if batch.holds(key) and not (recordings / f"{key}.json").exists():
                cost = None if price is None else price.halved().cost(read, written)
                found[key] = (read + written, cost)
    return found
