"""From an LLM's answer to valid picks: what was found, and what had to be dropped.

Real answers hold more numbers than picks: ordinals, ids, numbers that were considered and rejected,
lists of a first attempt. So lists are looked for first, the last complete one counts, and single
numbers only where a line begins with one. The rules are in `activellm.selection.answers`.
"""

from activellm.selection.answers.reading import (
    LONGEST_EXPLANATION,
    Reading,
    explanations,
    read_answer,
)

__all__ = ["LONGEST_EXPLANATION", "Reading", "explanations", "read_answer"]
