"""The form of a rule, and what rules find.

In a pattern a space stands for any white space, "~" for up to three words, and letters are folded:
lower case, no accents, no compatibility forms.
"""

from __future__ import annotations

from dataclasses import dataclass

IGNORE = "asks to ignore what it was told"
CHOOSE = "asks to be chosen"
LABEL = "asks for a certain label or answer"
ADDRESS = "speaks to a language model"
ROLE = "poses as a turn of the conversation"
LIST = "poses as a part of the list"
ANSWER = "poses as an answer"


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern.

    Attributes:
        why: What it shows, as the end of a sentence that begins with "the text".
        needs: Pieces of which one must occur.
        pattern: See the module's first lines.
    """

    why: str
    needs: tuple[str, ...]
    pattern: str
