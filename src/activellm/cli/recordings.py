"""`activellm recordings`: placeholder module while it is written."""


def check() -> None:
    """Check."""
