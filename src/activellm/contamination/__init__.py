"""Has a query model seen a data set? Recall of texts, preference for their order, Min-K%."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activellm.lazy import lazily

if TYPE_CHECKING:
    from activellm.contamination.check import check_contamination
    from activellm.contamination.report import ContaminationReport, Finding, Untested

__all__ = ["ContaminationReport", "Finding", "Untested", "check_contamination"]

__getattr__ = lazily(
    __name__,
    {
        "check": "check_contamination",
        "report": "ContaminationReport Finding Untested",
    },
)
