"""What an experiment's results know of how they came about: its file, versions, the machine."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from activellm.errors import DataError
from activellm.files import write_text

FACTS, EXPERIMENT = "facts.json", "experiment.toml"

PACKAGES = ("activellm", "numpy", "scikit-learn", "scipy", "torch", "transformers", "xllamacpp")
"""Packages that can change a result."""


@dataclass(frozen=True, slots=True)
class Facts:
    """How results came about.

    Attributes:
        base: The absolute folder that the experiment's paths are relative to; empty if unknown.
        versions: Version by name: Python, packages.
        hardware: What is known of the machine, by name.
        started: When the experiment was first run, ISO 8601 in UTC; empty if unknown.
    """

    base: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    hardware: dict[str, str] = field(default_factory=dict)
    started: str = ""


def write_facts(folder: Path, experiment_file: Path) -> None:
    """Keep a copy of the experiment and the facts of this run beside its results.

    When it was started first is kept; the rest is that of the latest run.

    Args:
        folder: The experiment's results; must exist.
        experiment_file: Its TOML file.
    """
    known = read_facts(folder)
    facts = {
        "base": str(experiment_file.parent.resolve()),
        "versions": _versions(),
        "hardware": _hardware(),
        "started": known.started or datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_text(folder / EXPERIMENT, experiment_file.read_text(encoding="utf-8"))
    write_text(folder / FACTS, json.dumps(facts, indent=2) + "\n")


def read_facts(folder: Path) -> Facts:
    """The facts of an experiment's results; empty ones where none were written.

    Raises:
        DataError: If the file is there and is none of ours.
    """
    path = folder / FACTS
    if not path.exists():
        return Facts()
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"Cannot read it: {error}.", where=str(path)) from None
    if not isinstance(values, dict):
        raise DataError("This is no list of facts.", where=str(path))
    return Facts(
        base=str(values.get("base") or ""),
        versions=_texts(values.get("versions")),
        hardware=_texts(values.get("hardware")),
        started=str(values.get("started") or ""),
    )


def _texts(value: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _versions() -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _hardware() -> dict[str, str]:
    return {
        "system": platform.platform(terse=True),
        "machine": platform.machine(),
        "processors": str(os.cpu_count() or "unknown"),
    }
