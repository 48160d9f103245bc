"""Reading picks out of an LLM's answer: one file for each shape in which answers hold them."""
