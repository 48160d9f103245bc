"""The documentation's pages, and the code blocks on them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if "_build" not in page.parts),
]
TUTORIAL = ROOT / "docs" / "tutorial.md"
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "COLUMNS": "200",
}


class Block(NamedTuple):
    """A fenced block: its page, its place among the page's blocks of one language, what it says."""

    page: Path
    number: int
    text: str

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.number}"

    @property
    def commands(self) -> list[str]:
        """Its lines without prompts; those that end in a backslash go on in the next."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [line.removeprefix("$ ") for line in lines]


def blocks(*languages: str) -> Iterator[Block]:
    """All blocks of some languages; "" is a block that names none."""
    for page in PAGES:
        numbers = dict.fromkeys(languages, 0)
        for language, text in re.findall(
            r"^```([^\n`]*)\n(.*?)^```$", page.read_text("utf-8"), re.S | re.M
        ):
            if language in numbers:
                numbers[language] += 1
                yield Block(page, numbers[language], text)
