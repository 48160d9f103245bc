"""What an order to a language model looks like, in several languages."""

from activellm.selection.orders.rule import Rule
from activellm.selection.orders.search import RULES, compiled, further

__all__ = ["RULES", "Rule", "compiled", "further"]
