"""What an import has done so far: a folder of parts, with which the next try goes on."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from filelock import FileLock, Timeout

from activellm.errors import ActiveLLMError
from activellm.files import write_text

_KEY, _LOCK = "key.json", "lock"

Keys = npt.NDArray[np.uint64]
"""Shape (n, 2 or 4): the 128 bits of each text's digest; behind them those of its id's, where a
column has the ids."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was read for a part: rows in all, those without a text, those with one and a label."""

    rows: int = 0
    empty: int = 0
    labelled: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """Some consecutive rows of a source, on disk.

    Attributes:
        texts: An Arrow file with the rows that hold a text, duplicates too, in a pool's columns.
        keys: A .npy file of their keys.
        counts: What was read for it.
    """

    texts: Path
    keys: Path
    counts: Counts

    def __len__(self) -> int:
        return self.counts.rows - self.counts.empty

    def load_keys(self, columns: slice = slice(None)) -> Keys:
        """The keys of its texts, those columns that are asked for."""
        return np.load(self.keys)[:, columns]  # type: ignore[no-any-return]

    def batches(self, *, mapped: bool = False) -> Iterator[Any]:
        """Its texts; mapped where only some cells are looked at, else read batch by batch."""
        with pa.memory_map(str(self.texts)) if mapped else pa.OSFile(str(self.texts)) as file:
            reader = pa.ipc.open_file(file)
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number)


class Stage:
    """The folder of one import, to be used in a `with` block.

    It is removed at the end, also after an error. It stays where the process was killed or told to
    stop (Ctrl-C): then the same import goes on with its parts, and any other begins anew.

    Args:
        folder: On the disk of the pool; its parent exists.
        key: What decides the parts. None if that cannot be told: then it always begins anew.

    Attributes:
        parts: Those that are done, in order.
    """

    def __init__(self, folder: Path, key: Mapping[str, Any] | None) -> None:
        self.folder = folder
        self._key = json.dumps(uuid.uuid4().hex if key is None else key, sort_keys=True)
        self.parts: list[Part] = []

    def __enter__(self) -> Self:
        self.folder.mkdir(exist_ok=True)
        self._lock = FileLock(self.folder / _LOCK)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ActiveLLMError(
                "Another process imports into the same place.",
                where=str(self.folder),
                remedy="Wait for it, or stop it with Ctrl-C.",
            ) from None
        if not self._is_ours():
            self._empty()
            write_text(self.folder / _KEY, self._key)
        self._find_parts()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()
        if error is None or isinstance(error, Exception):
            shutil.rmtree(self.folder, ignore_errors=True)

    def _is_ours(self) -> bool:
        with suppress(OSError, UnicodeDecodeError):
            return (self.folder / _KEY).read_text(encoding="utf-8") == self._key
        return False

    def _empty(self) -> None:
        for path in self.folder.iterdir():
            if path.name != _LOCK:
                path.unlink()

    def _find_parts(self) -> None:
        while (part := self._mark(len(self.parts))).exists():
            self.add(Counts(**json.loads(part.read_text(encoding="utf-8"))))

    def _mark(self, number: int) -> Path:
        return self.folder / f"{number:06}.json"

    def next_files(self) -> tuple[Path, Path]:
        """Where the next part's texts and keys go."""
        mark = self._mark(len(self.parts))
        return mark.with_suffix(".arrow"), mark.with_suffix(".npy")

    def finish(self, counts: Counts) -> None:
        """Say that the next part's files are written: from now on it is done."""
        write_text(self._mark(len(self.parts)), json.dumps(asdict(counts)))
        self.add(counts)

    def add(self, counts: Counts) -> None:
        """Count a part that is done."""
        self.parts.append(Part(*self.next_files(), counts))

    @property
    def counts(self) -> Counts:
        """What was read for all parts."""
        found = [part.counts for part in self.parts]
        return Counts(
            sum(one.rows for one in found),
            sum(one.empty for one in found),
            sum(one.labelled for one in found),
        )

    def spans(self, places: npt.NDArray[np.int64]) -> Iterator[tuple[Part, int, slice]]:
        """The parts in order, where each begins, and which of the ascending places lie in it."""
        start = 0
        for part in self.parts:
            low, high = np.searchsorted(places, (start, start + len(part)))
            yield part, start, slice(int(low), int(high))
            start += len(part)

    def keys_at(self, places: npt.NDArray[np.int64], columns: slice) -> Keys:
        """The keys of the texts at these places, which ascend."""
        found = [
            part.load_keys(columns)[places[some] - start]
            for part, start, some in self.spans(places)
            if some.stop > some.start
        ]
        return np.concatenate(found) if found else np.empty((0, 2), np.uint64)

    def column_at(self, name: str, places: npt.NDArray[np.int64]) -> Any:
        """The cells of a pool's column at these places, which ascend, as one Arrow array."""
        found: list[Any] = []
        for part, start, some in self.spans(places):
            if some.stop > some.start:
                found.append(_cells(part, name, places[some] - start))
        return pa.concat_arrays(found)


def _cells(part: Part, name: str, places: npt.NDArray[np.int64]) -> Any:
    columns: Sequence[Any] = [batch.column(name) for batch in part.batches(mapped=True)]
    return pa.chunked_array(columns).take(pa.array(places)).combine_chunks()
