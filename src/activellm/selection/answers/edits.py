"""Changes that an answer makes to the list it gave before: replace, remove, add."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from activellm.selection.answers.numbers import NAME, NUMBER, numbers_in

_WHAT = rf"(?:the )?(?:{NAME})?"
_REPLACE = (
    rf"(?:replac|swap|exchang|substitut)\w{{1,4}} "
    rf"{_WHAT}({NUMBER}) (?:with|by|for) {_WHAT}({NUMBER})"
)
_MORE = rf"(?:\s?(?:,|and|&)\s?(?:and )?{_WHAT}{NUMBER}){{0,400}}"
_END = r"(?=\s*(?:[.,;:!?()]|$|(?:and|as|because|for|from|in|since|to|which)\b)|\s*\n)"
_REMOVE = rf"(?:remov|dropp?|delet)(?:e|ed|ing)? {_WHAT}({NUMBER}{_MORE}){_END}"
_ADD = (
    rf"(?:\badd(?:ed|ing)?|\badditional(?:ly)?|\balso|\bplus|\bmore)\b[^\n\d]{{0,60}}?"
    rf"({NUMBER}{_MORE}){_END}"
)
_EDIT = re.compile(f"{_REPLACE}|{_REMOVE}|{_ADD}", re.IGNORECASE)


def edited(numbers: Sequence[int], words: str, valid: Collection[int], wanted: int) -> list[int]:
    """Apply what an answer says after its list.

    "Replace 7 with 9" puts 9 in 7's place, "remove 7" takes it out; "I add 12 and 30" fills up a
    list that is too short. Only numbers that may be picked come in.

    Args:
        numbers: The list so far.
        words: What follows it.
        valid: The numbers that may be picked.
        wanted: How many picks are wanted.
    """
    now = list(numbers)
    for edit in _EDIT.finditer(words):
        old, new, removed, added = edit.groups()
        if old:
            now = [int(new) if one == int(old) and int(new) in valid else one for one in now]
        elif removed:
            gone = set(numbers_in(removed))
            now = [one for one in now if one not in gone]
        else:
            fresh = [one for one in numbers_in(added) if one in valid and one not in now]
            now += fresh[: max(0, wanted - len(now))]
    return list(dict.fromkeys(now))
