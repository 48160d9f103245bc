"""All words of all pages, in one table of languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from activellm.annotation.web.languages import LANGUAGES
from activellm.annotation.web.office_words import OFFICE_WORDS
from activellm.annotation.web.page_words import PAGE_WORDS

TABLE: Mapping[str, tuple[str, ...]] = {**PAGE_WORDS, **OFFICE_WORDS}
"""Key -> the words in each of `LANGUAGES`."""


@cache
def words(language: str, prefix: str = "") -> Mapping[str, str]:
    """The words in one language; English where it is unknown.

    Args:
        language: One of `LANGUAGES`.
        prefix: With what the keys begin.
    """
    column = LANGUAGES.index(language) if language in LANGUAGES else 0
    return {key: row[column] for key, row in TABLE.items() if key.startswith(prefix)}
