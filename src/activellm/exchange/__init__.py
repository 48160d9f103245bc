"""Other tools' formats: texts and annotations out to them, and back."""

from activellm.exchange.contract import Entry, Findings, Format, Item, Prediction, Said
from activellm.exchange.formats import FORMATS, open_format

__all__ = [
    "FORMATS",
    "Entry",
    "Findings",
    "Format",
    "Item",
    "Prediction",
    "Said",
    "open_format",
]
