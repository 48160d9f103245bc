"""An experiment's comparisons as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from activellm.bench.reporting.formats import markdown as as_markdown
from activellm.bench.reporting.tables import comparison_tables
from activellm.bench.summary import Comparison


def markdown(comparisons: Sequence[Comparison]) -> str:
    """A table for each setting, and what its numbers mean."""
    return as_markdown(comparison_tables(comparisons))
