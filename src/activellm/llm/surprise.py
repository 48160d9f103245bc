"""How surprising each token of a text is to a query model that reads plain text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from activellm.llm.scoring import TokenScores
from activellm.progress import Progress, silent

MOST = 1000
"""Characters of a text that are read: its beginning says what it is about."""


def causal_surprisals(
    reader: TokenScores, texts: Sequence[str], *, progress: Progress = silent
) -> npt.NDArray[np.float32]:
    """The negative log-probability of each token, given those before it.

    Where ALPS (Yuan, Lin and Boyd-Graber 2020) asks a masked language model, this asks one that
    reads forward: an adaptation for machines that have no other.

    Args:
        reader: A model that runs here.
        texts: At most `MOST` characters of each are read; an empty one has no surprise.
        progress: Told after every text or batch.

    Returns:
        Shape (texts, most tokens), 0 beyond a text's end.

    Raises:
        QueryModelError: If the model failed.
    """
    rows = [row for row, text in enumerate(texts) if text.strip()]
    found = reader.token_logprobs([texts[row][:MOST] for row in rows], progress=progress)
    longest = max((len(logs) for logs in found), default=0)
    table = np.zeros((len(texts), max(1, longest)), dtype=np.float32)
    for row, logs in zip(rows, found, strict=True):
        table[row, : len(logs)] = -logs
    return table
