"""The facts file of a saved successor: what it is, what it decides, and how it was made."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activellm.errors import DataError
from activellm.files import write_text
from activellm.task import Task

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from activellm.successors.contract import Successor

FILE = "activellm.json"
_FORMAT = 1


@dataclass(frozen=True)
class SavedFacts:
    """What `activellm.json` holds.

    Attributes:
        successor: The name it is registered under.
        task: The task it decides.
        settings: As `Successor.settings` gave them.
        label_counts: Training examples by label.
        texts: Training examples in all.
        encoder: The encoder's spec, its licence and identity, as far as known.
        warnings: What training warned of.
        versions: Of Python and the packages that computed it.
        weak: What was decided about the query model's weak labels; empty where there were none.
    """

    successor: str
    task: Task
    settings: Mapping[str, Any]
    label_counts: Mapping[str, int]
    texts: int
    encoder: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    weak: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        successor: Successor,
        counts: npt.NDArray[np.int64],
        texts: int,
        *,
        encoder: Mapping[str, str] | None = None,
        packages: Sequence[str] = (),
    ) -> SavedFacts:
        """The facts of a trained successor.

        Args:
            successor: Tells its name, task, settings and warnings.
            counts: Training examples of each label, in the task's order.
            texts: Training examples in all.
            encoder: What is known of its encoder.
            packages: What computed it, for `package_versions`; none leaves the versions out.
        """
        return cls(
            successor=successor.name,
            task=successor.task,
            settings=dict(successor.settings()),
            label_counts=dict(zip(successor.task.label_names, counts.tolist(), strict=True)),
            texts=texts,
            encoder=encoder or {},
            warnings=successor.warnings,
            versions=package_versions(*packages) if packages else {},
        )

    def write(self, folder: Path) -> None:
        """Write the facts file into `folder`."""
        facts = {"format": _FORMAT, **asdict(self), "task": self.task.model_dump(mode="json")}
        write_text(folder / FILE, json.dumps(facts, indent=2, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, folder: Path, successor: str = "") -> SavedFacts:
        """Read a folder's facts.

        Args:
            folder: The saved classifier.
            successor: The kind it has to be; empty for any.

        Raises:
            DataError: If there are none, or they are not usable.
        """
        where = str(folder / FILE)
        try:
            facts = json.loads((folder / FILE).read_text(encoding="utf-8"))
            if facts.pop("format") != _FORMAT:
                raise DataError("Another version of ActiveLLM wrote this classifier.", where=where)
            facts["task"] = Task.build(where=where, **facts["task"])
            saved = cls(**{**facts, "warnings": tuple(facts["warnings"])})
        except OSError:
            raise DataError("There is no trained classifier here.", where=str(folder)) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise DataError("This is no classifier's facts file.", where=where) from None
        if successor and saved.successor != successor:
            raise DataError(f"This is a {saved.successor!r}, no {successor!r}.", where=where)
        return saved


def package_versions(*packages: str) -> dict[str, str]:
    """The versions of Python, ActiveLLM and the named packages, as far as installed."""
    versions = {"python": platform.python_version()}
    for package in ("activellm", *packages):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
