"""What is done to each block of a pool: its vectors, and the cluster of each of its texts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from activellm.blocks.contract import Block
from activellm.blocks.storing import path_of, read_block
from activellm.pool.pool import Pool
from activellm.spread import sketch
from activellm.spread.whole import as_table, from_table, nearest

_BETWEEN = " \x1f "
_PLACES = 64


class _Sent:
    """What its constructor was given is sent to workers; what it opened here is not."""

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]


@dataclass
class SketchWork(_Sent):
    """Sketches all texts.

    Attributes:
        pool: The pool's file.
        table: The file with its table (`kept.kept`).
        made_from: What decided the pool and the table, as JSON values.
        what: For the progress line.
    """

    pool: Path
    table: Path
    made_from: Mapping[str, Any]
    what: str = "Sketching texts"

    def key(self) -> Mapping[str, Any]:
        """See `BlockWork.key`."""
        return dict(self.made_from)

    def do(self, block: Block) -> Any:
        """See `BlockWork.do`."""
        pool, table = self._opened
        return as_table(sketch.sketch(texts(pool, block.start, block.stop), table))

    @cached_property
    def _opened(self) -> tuple[Pool, sketch.Table]:
        with np.load(self.table, allow_pickle=False) as file:
            return Pool.open(self.pool), file["values"]


@dataclass
class EncodeWork(_Sent):
    """Embeds all texts by the project's encoder.

    Attributes:
        pool: The pool's file.
        encoder: What the encoder is called.
        device: Where it computes.
        made_from: What decides the pool and the encoder, as JSON values.
        what: For the progress line.
    """

    pool: Path
    encoder: str
    device: str
    made_from: Mapping[str, Any]
    what: str = "Embedding texts"

    def key(self) -> Mapping[str, Any]:
        """See `BlockWork.key`."""
        return dict(self.made_from)

    def do(self, block: Block) -> Any:
        """See `BlockWork.do`."""
        from activellm.spread.whole import unit

        pool, encoder = self._opened
        some = pool.block(block.start, block.stop)
        contents: Any = some.column("text").to_pylist()
        if pool.pair:
            contents = list(zip(contents, some.column("pair").to_pylist(), strict=True))
        return as_table(unit(encoder.embed(contents)))

    @cached_property
    def _opened(self) -> tuple[Pool, Any]:
        from activellm.encoders import open_encoder

        return Pool.open(self.pool), open_encoder(self.encoder, device=self.device)


@dataclass
class AssignWork(_Sent):
    """Says which centre is nearest each vector.

    Attributes:
        vectors: The folder of the vectors, in blocks of the same size.
        centres: The file of the centres (`kept.kept`).
        made_from: What decided both, as JSON values.
        what: For the progress line.
    """

    vectors: Path
    centres: Path
    made_from: Mapping[str, Any]
    what: str = "Sorting texts into clusters"

    def key(self) -> Mapping[str, Any]:
        """See `BlockWork.key`."""
        return dict(self.made_from)

    def do(self, block: Block) -> Any:
        """See `BlockWork.do`."""
        vectors = from_table(read_block(path_of(self.vectors, block)))
        return pa.table({"cluster": pa.array(nearest(vectors, self._centres), pa.int16())})

    @cached_property
    def _centres(self) -> Any:
        with np.load(self.centres, allow_pickle=False) as file:
            return file["values"]


def texts(pool: Pool, start: int, stop: int) -> Any:
    """What there is to read in some rows, an Arrow array of strings; pairs are joined."""
    some = pool.block(start, stop)
    if not pool.pair:
        return some.column("text")
    pairs = pc.fill_null(some.column("pair"), "")
    return pc.binary_join_element_wise(some.column("text"), pairs, _BETWEEN)


def identity(pool: Pool) -> dict[str, Any]:
    """What tells a pool from others: its size, and ids of texts spread over it."""
    places = np.linspace(0, len(pool) - 1, num=_PLACES).astype(np.int64)
    ids = "\n".join(pool.ids_at(places))
    return {
        "rows": len(pool),
        "bytes": pool.path.stat().st_size,
        "ids": hashlib.sha256(ids.encode()).hexdigest(),
    }
