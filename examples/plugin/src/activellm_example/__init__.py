"""An example of a package that adds to ActiveLLM by entry point; see pyproject.toml."""
