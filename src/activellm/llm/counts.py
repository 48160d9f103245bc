"""Token counts, kept beside the recordings so that a replay loads no model to count."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from activellm.llm.lines import append_line


class TokenCounts:
    """The counts of one model: an append-only file, a line a text. Thread-safe.

    Args:
        folder: Where the recordings are; made at the first count.
        identity: What decides the model's answers, and so how it counts.
    """

    def __init__(self, folder: Path, identity: Mapping[str, str]) -> None:
        name = hashlib.sha256(json.dumps(dict(identity), sort_keys=True).encode()).hexdigest()
        self.path = folder / f"tokens-{name[:16]}.jsonl"
        self._lock = threading.Lock()

    @cached_property
    def _known(self) -> dict[str, int]:
        """Counts by the text's hash. A line that was cut off by a kill is passed over."""
        if not self.path.is_file():
            return {}
        known = {}
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                text, count = json.loads(line)
            except (ValueError, TypeError):
                continue
            if isinstance(text, str) and isinstance(count, int) and count >= 0:
                known[text] = count
        return known

    def get(self, text: str) -> int | None:
        """The count of a text, or None if it is not known."""
        with self._lock:
            return self._known.get(_hash(text))

    def add(self, text: str, count: int) -> None:
        """Keep a count."""
        key = _hash(text)
        with self._lock:
            if self._known.get(key) != count:
                append_line(self.path, json.dumps([key, count]))
                self._known[key] = count


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
