"""How alike texts must at least be to count as near."""

LEAST_NEAR = 0.5
"""Below this Jaccard similarity, texts that say different things would count as near."""
