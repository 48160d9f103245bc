"""Texts in: readers, ids, duplicates, and the samplers that draw candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activellm.lazy import lazily

if TYPE_CHECKING:
    from activellm.pool.columns import Columns, find_columns
    from activellm.pool.example import Content, Example
    from activellm.pool.facts import PoolFacts
    from activellm.pool.importer import ImportReport, import_pool
    from activellm.pool.near_folds import NearFolds
    from activellm.pool.pool import Pool
    from activellm.pool.sampling import SAMPLERS, CandidateSampler
    from activellm.pool.sources import FORMATS, Record, Source, open_source

__all__ = [
    "FORMATS",
    "SAMPLERS",
    "CandidateSampler",
    "Columns",
    "Content",
    "Example",
    "ImportReport",
    "NearFolds",
    "Pool",
    "PoolFacts",
    "Record",
    "Source",
    "find_columns",
    "import_pool",
    "open_source",
]

__getattr__ = lazily(
    __name__,
    {
        "columns": "Columns find_columns",
        "example": "Content Example",
        "facts": "PoolFacts",
        "importer": "ImportReport import_pool",
        "near_folds": "NearFolds",
        "pool": "Pool",
        "sampling": "SAMPLERS CandidateSampler",
        "sources": "FORMATS Record Source open_source",
    },
)
