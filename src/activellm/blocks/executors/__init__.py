"""Who does the blocks: this process, several beside it, or a Ray cluster."""
