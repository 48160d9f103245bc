"""The scripts of benchmarks/ import one another by their names alone, and so do these tests."""

import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "benchmarks"

if SCRIPTS.is_dir():
    sys.path.append(str(SCRIPTS))
else:  # a source distribution has the tests only
    collect_ignore_glob = ["test_*.py"]
