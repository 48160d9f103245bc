"""In which language a page is shown."""

from __future__ import annotations

from starlette.requests import Request

LANGUAGES = ("en", "de")
"""The languages of the pages; the first one where nothing else is asked for."""

COOKIE = "lang"
"""Set by the pages' own switch."""


def language_of(request: Request) -> str:
    """The language that was chosen on the page, else the browser's best that there is."""
    chosen = request.cookies.get(COOKIE, "")
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
