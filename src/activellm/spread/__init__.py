"""Candidates spread over the whole pool: vectors and clusters of all texts, draws from each."""
