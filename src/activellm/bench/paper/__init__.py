"""The paper's tables, each one experiment, beside the numbers of its authors' logs.

Source: Bayer, Lutz and Reuter, ActiveLLM: Large Language Model-Based Active Learning for Textual
Few-Shot Scenarios (TACL 14, 2026; arXiv 2405.10808).
"""
