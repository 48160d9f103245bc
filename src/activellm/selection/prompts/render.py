"""Fills prompt templates so that a text can pose neither as an instruction nor as another text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activellm.llm.protocol import Message, Messages
from activellm.pool.example import Content

if TYPE_CHECKING:
    from jinja2 import Environment

_TURN_MARKS = re.compile(
    r"<(?=[|｜])|<(?=/?(?:s|start_of_turn|end_of_turn)>)|<(?=</?SYS>>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT)\])"
)
"""The beginnings of what chat templates write between turns."""

_UNSEEN = re.compile("[\u00ad\u200b\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
"""Characters that no screen shows, or that turn the order of others around. The joiners that some
scripts and emoji need are not among them."""


def quoted(content: Content, names: tuple[str, str] = ("Text A", "Text B")) -> str:
    """An untrusted text on one line, in quotation marks that it cannot close.

    White space becomes single spaces, quotation marks and control characters are escaped as in
    JSON, characters that nobody sees are left out, and marks that a chat template would take for
    the end of a turn are broken by a space. A pair becomes one line with both texts named.
    """
    if isinstance(content, tuple):
        return ", ".join(
            f"{name}: {quoted(text)}" for name, text in zip(names, content, strict=True)
        )
    seen = _UNSEEN.sub("", content.encode("utf-8", "replace").decode())
    line = " ".join(seen.split())
    return json.dumps(_TURN_MARKS.sub(lambda mark: f"{mark.group()} ", line), ensure_ascii=False)


def render(template: str, values: Mapping[str, Any]) -> Messages:
    """Fill a template's blocks "system" and "user" (each optional) into one turn each.

    Args:
        template: Its name with version, such as "listwise-2".
        values: What it shows. A name that it uses and that is not given is an error.
    """
    loaded = _environment().get_template(f"{template}.jinja")
    turns = []
    for role in ("system", "user"):
        if role in loaded.blocks:
            text = "".join(loaded.blocks[role](loaded.new_context(dict(values))))
            turns.append(Message(role, text.strip()))
    return tuple(turns)


@cache
def _environment() -> Environment:
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=False,  # prompts are no HTML; texts are quoted by the filter
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["quoted"] = quoted
    return environment
