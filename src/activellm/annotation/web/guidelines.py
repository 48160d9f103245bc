"""Annotators' guidelines: Markdown in, harmless HTML out."""

from __future__ import annotations

from collections.abc import Iterable

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from activellm.annotation.visible import visible

_LINKS = ("http://", "https://")


def to_html(markdown: str) -> Markup:
    """Render Markdown: no raw HTML, no images, links to http(s) only and without referrer.

    Raises nothing: whatever is no Markdown is shown as the text that it is.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.disable("image")
    parser.validateLink = _harmless  # type: ignore[method-assign]
    tokens = parser.parse(visible(markdown))
    _tame(tokens)
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704  # escaped above


def _harmless(url: str) -> bool:
    return url.strip().lower().startswith(_LINKS)


def _tame(tokens: Iterable[Token]) -> None:
    for token in tokens:
        token.attrs.pop("style", None)  # a table's alignment: the page allows no inline style
        if token.tag in ("h1", "h2", "h3", "h4", "h5"):
            token.tag = f"h{int(token.tag[1]) + 1}"  # the page's own heading is above them
        if token.type == "link_open":
            token.attrs |= {"rel": "noreferrer noopener", "target": "_blank"}
        _tame(token.children or ())
