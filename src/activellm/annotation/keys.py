"""Which key stands for which label; the same in the browser and in the terminal."""

from __future__ import annotations

LABEL_KEYS = "1234567890abcdefijklmoprtvxyz"
"""Digits, then the letters that are no command (g, h, n, q, s, u and w are)."""


def label_keys(count: int) -> tuple[str, ...]:
    """One key for each of `count` labels; nothing if there are more labels than keys."""
    return tuple(LABEL_KEYS[:count]) if count <= len(LABEL_KEYS) else ()
