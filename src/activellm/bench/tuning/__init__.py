"""Candidates shown, picks, strategy and learner for one's own task, and how sure they are."""
