"""From texts to pairs: how two texts' vectors become one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from activellm.encoders.contract import Vectors
from activellm.errors import UsageError
from activellm.pool.example import Content


def embed_contents(
    contents: Sequence[Content], embed_texts: Callable[[Sequence[str]], Vectors]
) -> Vectors:
    """Vectors of texts or of pairs, from a function that knows texts only.

    Each distinct text is embedded once.

    Raises:
        UsageError: If texts and pairs are mixed.
    """
    singles = [content for content in contents if isinstance(content, str)]
    pairs = [content for content in contents if not isinstance(content, str)]
    if singles and pairs:
        raise UsageError(
            "Single texts and text pairs are mixed; an encoder takes one or the other."
        )
    texts = singles or [text for pair in pairs for text in pair]
    place = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    vectors = embed_texts(list(place))
    if len(place) < len(texts):
        vectors = vectors[[place[text] for text in texts]]
    return combine(vectors[0::2], vectors[1::2]) if pairs else vectors


def combine(first: Vectors, second: Vectors) -> Vectors:
    """A pair's vector from its texts' vectors u and v: (u, v, |u - v|), scaled to length 1.

    Source: Reimers and Gurevych 2019, Sentence-BERT, section 3 (the classification objective) and
    its ablation in section 6, where this concatenation is the best.

    Args:
        first: Shape (n, d), rows of length 1, or 0 where nothing is known of a text.
        second: The same shape.

    Returns:
        Shape (n, 3 d), rows of length 1; 0 where nothing is known of both.
    """
    joined = np.concatenate([first, second, np.abs(first - second)], axis=1)
    joined /= np.maximum(np.linalg.norm(joined, axis=1, keepdims=True), 1e-12)
    return joined.astype(np.float32, copy=False)
