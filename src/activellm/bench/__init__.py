"""Experiments: which query model, prompt, strategy and learner is worth what, at few labels."""
