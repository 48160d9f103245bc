"""A trained classifier as a web service."""
