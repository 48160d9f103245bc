"""Texts in, vectors out: the encoder behind the strategies and the successors, and its cache."""

from __future__ import annotations

from activellm.encoders.cache import CachedEncoder
from activellm.encoders.contract import Encoder, Vectors
from activellm.encoders.masked_head import has_masked_head
from activellm.encoders.surprise import Surprisals, surprisals
from activellm.encoders.transformer import open_encoder

__all__ = [
    "CachedEncoder",
    "Encoder",
    "Surprisals",
    "Vectors",
    "has_masked_head",
    "open_encoder",
    "surprisals",
]
