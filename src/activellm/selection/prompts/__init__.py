"""The prompts that ActiveLLM sends, as versioned templates."""
