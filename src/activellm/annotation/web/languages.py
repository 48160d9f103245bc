"""In which language and colours a page is shown."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

LANGUAGES = ("en", "de")
"""The languages of the pages; the first one where nothing else is asked for."""

COLOURS = ("auto", "light", "dark")
"""Colours: as the device likes them, or as chosen."""

LANGUAGE_COOKIE, COLOUR_COOKIE = "lang", "theme"
"""Set by the pages' own switches."""


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody sees the pages.

    Attributes:
        language: One of `LANGUAGES`.
        colours: One of `COLOURS`.
    """

    language: str = "en"
    colours: str = "auto"


def look_of(request: Request) -> Look:
    """What was chosen on the pages, else what the browser says."""
    colours = request.cookies.get(COLOUR_COOKIE, "")
    return Look(language_of(request), colours if colours in COLOURS else "auto")


def language_of(request: Request) -> str:
    """The language that was chosen on the page, else the browser's best that there is."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return best_language(request.headers.get("accept-language", ""))


def best_language(header: str) -> str:
    """What an Accept-Language header likes best of what there is."""
    wishes = []
    for place, part in enumerate(header[:1000].split(",")):
        name, _, rest = part.strip().partition(";")
        language = name.strip().lower().partition("-")[0]
        if language in LANGUAGES:
            wishes.append((-_weight(rest), place, language))
    return min(wishes)[2] if wishes and min(wishes)[0] < 0 else LANGUAGES[0]


def _weight(rest: str) -> float:
    name, _, value = rest.strip().partition("=")
    try:
        return min(1.0, float(value)) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
