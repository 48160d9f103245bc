"""What may be concluded from repeated runs: pairs, intervals, tests, curves and ranks."""

from __future__ import annotations

from activellm.bench.statistics.curves import LabelsSaved, area_under_curve, labels_saved
from activellm.bench.statistics.multiple import holm
from activellm.bench.statistics.paired import PairedDifference, paired_difference
from activellm.bench.statistics.ranks import Ranking, rank_methods
from activellm.bench.statistics.resampling import sign_flip_p, studentised_interval

__all__ = [
    "LabelsSaved",
    "PairedDifference",
    "Ranking",
    "area_under_curve",
    "holm",
    "labels_saved",
    "paired_difference",
    "rank_methods",
    "sign_flip_p",
    "studentised_interval",
]
