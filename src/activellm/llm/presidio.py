"""Names of people and places, found by Microsoft Presidio (the extra "pii") on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from activellm.errors import MissingExtraError, UsageError
from activellm.llm.redaction_rules import Found

SPACY_MODEL = "en_core_web_lg"
"""What Presidio's default engine reads English with."""


class PresidioAnalyzer:
    """Microsoft Presidio, run on this machine, for what our rules cannot know: people, places.

    Args:
        engine: A presidio `AnalyzerEngine` (or what works like one); None makes the default one.
        language: The texts' language, as Presidio calls it.
        entities: Which of Presidio's entities to take.
        least: Findings of a lower score than this are left alone, from 0 to 1.

    Raises:
        MissingExtraError: If Presidio is not installed.
        UsageError: If its language model is not.
    """

    def __init__(
        self,
        engine: Any = None,
        *,
        language: str = "en",
        entities: Sequence[str] = ("PERSON", "LOCATION"),
        least: float = 0.5,
    ) -> None:
        self._engine = engine if engine is not None else _presidio()
        self._language = language
        self._entities = list(entities)
        self._least = least

    def find(self, text: str) -> Iterable[Found]:
        """What Presidio found, in the order of its certainty."""
        results = self._engine.analyze(
            text=text, language=self._language, entities=self._entities, score_threshold=self._least
        )
        for result in sorted(results, key=lambda result: (-result.score, result.start)):
            value = " ".join(text[result.start : result.end].lower().split())
            yield Found(result.start, result.end, result.entity_type, value)


def _presidio() -> Any:
    """Presidio's own engine. Its language model must be there: it would be fetched without asking.

    Raises:
        MissingExtraError: If Presidio is not installed.
        UsageError: If its language model is not.
    """
    try:
        presidio, spacy = import_module("presidio_analyzer"), import_module("spacy")
    except ImportError:
        raise MissingExtraError("Finding names of people and places in texts", "pii") from None
    if not spacy.util.is_package(SPACY_MODEL):
        raise UsageError(
            f"Presidio's language model {SPACY_MODEL} is not installed.",
            remedy=f"Install it with: python -m spacy download {SPACY_MODEL}",
        )
    return presidio.AnalyzerEngine()
