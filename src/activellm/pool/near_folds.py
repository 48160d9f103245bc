"""Near copies in a pool: a file beside the pool's, which says what each folds into."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from activellm.errors import DataError
from activellm.files import atomic_path

VERSION = 1
"""Counts up when the file's layout or what counts as near changes."""

_MARK = b"activellm.folds"


@dataclass(frozen=True, slots=True)
class NearFolds:
    """Which texts of a pool fold into an earlier text that they are near to.

    Attributes:
        rows: Shape (n,), int64: where the near copies stand in the pool, ascending.
        firsts: Shape (n,), int64: where the text stands that each folds into, an earlier one that
            is no copy itself.
        similarity: Shape (n,), float64: how alike the two are, 0 to 1.
        threshold: From which similarity on texts were folded.
        texts: The size of the pool.
        cut: Texts that had so many companions that not all were compared, counted in each band.
    """

    rows: npt.NDArray[np.int64]
    firsts: npt.NDArray[np.int64]
    similarity: npt.NDArray[np.float64]
    threshold: float
    texts: int
    cut: int = 0

    @staticmethod
    def path(pool: Path) -> Path:
        """Where the file of a pool's near copies is."""
        return pool.with_suffix(".folds.arrow")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file.

        Raises:
            DataError: If it is damaged, or of another version.
        """
        try:
            with pa.memory_map(str(path)) as file:
                table = pa.ipc.open_file(file).read_all()
            facts = json.loads((table.schema.metadata or {})[_MARK])
        except (OSError, pa.ArrowException, KeyError, ValueError) as error:
            raise _unreadable(path, str(error)) from None
        if facts.pop("version") != VERSION:
            raise _unreadable(path, "it is of another version")
        columns = (table.column(name).to_numpy() for name in ("row", "first", "similarity"))
        return cls(*columns, **facts)

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        facts = {"threshold": self.threshold, "texts": self.texts, "cut": self.cut}
        mark = {_MARK: json.dumps({"version": VERSION, **facts})}
        columns = {"row": self.rows, "first": self.firsts, "similarity": self.similarity}
        table = pa.table(columns).replace_schema_metadata(mark)
        with atomic_path(path) as draft, pa.ipc.new_file(str(draft), table.schema) as writer:
            writer.write_table(table)

    def heads(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The text that each of these folds into: itself where it is no near copy."""
        if not len(self.rows):
            return positions
        place = np.searchsorted(self.rows, positions).clip(max=len(self.rows) - 1)
        return np.where(self.rows[place] == positions, self.firsts[place], positions)

    @property
    def groups(self) -> int:
        """How many texts have near copies."""
        return len(distinct(self.firsts))


def distinct(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The distinct values, ascending: by sorting, as `np.unique` hashes, slowly where many are."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def _unreadable(path: Path, why: Any) -> DataError:
    return DataError(
        f"The list of near copies cannot be read: {why}.",
        where=str(path),
        remedy="Delete the file, then run: activellm fold",
    )
