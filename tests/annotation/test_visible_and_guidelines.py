"""Untrusted text made harmless: control characters, and guidelines in Markdown."""

from __future__ import annotations

import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activellm.annotation.keys import LABEL_KEYS, label_keys
from activellm.annotation.visible import one_line, visible
from activellm.annotation.web.guidelines import to_html


@given(st.text(st.characters(codec=None)))
def test_nothing_that_acts_is_left(text: str) -> None:
    shown = visible(text)
    for char in shown:
        assert char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs")
    assert not {"\u202d", "\u202e"} & set(shown)
    assert visible(shown) == shown


@given(st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u202d\u202e")))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert visible(text) == text


def test_control_characters_become_their_pictures() -> None:
    assert visible("a\x00\x1b\x7f\r\nb\rc\td\x85") == "a␀␛␡\nb␍c\td\ufffd"


def test_one_line_is_short_and_flat() -> None:
    assert one_line("a\n\n b\tc") == "a b c"
    assert one_line("word " * 100, 20) == "word word word word…"


def test_label_keys_differ_from_the_commands() -> None:
    assert label_keys(3) == ("1", "2", "3")
    assert len(set(LABEL_KEYS)) == len(LABEL_KEYS) == 29
    assert not set("sunghwq?") & set(LABEL_KEYS)
    assert label_keys(30) == ()


class Found(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))


HARMLESS = {
    "a",
    "blockquote",
    "br",
    "code",
    "em",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
}


def check_harmless(markdown: str) -> None:
    for tag, attrs in Found(to_html(markdown)).tags:
        assert tag in HARMLESS
        assert set(attrs) <= {"href", "rel", "target", "title", "class", "start"}
        if tag == "a":
            assert attrs["href"].startswith(("http://", "https://"))
            assert attrs["rel"] == "noreferrer noopener"


@given(st.text())
def test_any_markdown_gives_harmless_html(markdown: str) -> None:
    check_harmless(markdown)


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>)",
        "[x](//evil.example)",
        "[x](file:///etc/passwd)",
        "![x](http://evil.example/pixel.png)",
        "<http://a.example> <javascript:alert(1)>",
        '[x](http://a.example "t\\" onmouseover=alert(1)")',
        "|a|b|\n|:-|-:|\n|<b>|`<i>`|",
        "[ref]\n\n[ref]: javascript:alert(1)",
        "```html\n<script>\n```",
        "# <svg onload=alert(1)>",
        "> " * 500 + "deep",
        "\x1b[31m &#0; &lt;script&gt; &#106;avascript:",
    ],
)
def test_known_attacks_on_markdown(markdown: str) -> None:
    check_harmless(markdown)


def test_ordinary_guidelines_are_rendered() -> None:
    html = to_html("# Rules\n\nBe **kind**, see [the book](https://book.example/x).\n\n- one\n")
    assert "<h2>Rules</h2>" in html
    assert "<strong>kind</strong>" in html
    assert 'href="https://book.example/x"' in html
    assert "<li>one</li>" in html
