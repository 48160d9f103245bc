"""The candidate sampler `spread`: so many texts of each cluster of the pool."""

from __future__ import annotations

import shutil
import tempfile
import time
import weakref
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from activellm.blocks import HERE, BlockExecutor, Done, do_blocks
from activellm.errors import UsageError
from activellm.pool.pool import Pool
from activellm.pool.sampling import barred
from activellm.progress import Progress, silent
from activellm.spread import sketch
from activellm.spread.centres import learn_centres
from activellm.spread.drawing import draw
from activellm.spread.kept import kept
from activellm.spread.works import AssignWork, EncodeWork, SketchWork, identity, texts

MOST_CLUSTERS = 1000
POWERS = {"equal": 0.0, "root": 0.5, "proportional": 1.0}
"""The weight of a cluster is its size to this power."""

_SLICES, _SLICE = 128, 512
TRIED = 256
"""Texts that are embedded to see how long all will take."""


class SpreadSampler:
    """Sorts all texts into clusters of like ones, once, and draws from each cluster.

    Args:
        folder: Where vectors and clusters are kept and found again; None for a temporary folder.
        vectors: "sketch": hashed words and letter runs, without a model; "encoder": embeddings.
        clusters: How many; 0 for one for each candidate, at most `MOST_CLUSTERS`.
        shares: What each cluster gives: "equal" numbers, by the "root" of its size, or
            "proportional" to it.
        candidates: How many candidates one round looks at.
        seed: Decides the clusters; which texts are drawn from them is decided by the draw's
            generator.
        encoder: For vectors="encoder": its name.
        device: Where it computes.
        size: Texts in a block of work.
        executor: Who does the blocks.
        progress: Told how far it is.

    Raises:
        UsageError: For a value that cannot be.
    """

    name: ClassVar[str] = "spread"
    source: ClassVar[str] = "ActiveLLM; see docs/design/spread.md"

    def __init__(
        self,
        folder: Path | None = None,
        *,
        vectors: str = "sketch",
        clusters: int = 0,
        shares: str = "equal",
        candidates: int = 200,
        seed: int = 0,
        encoder: str = "embedded",
        device: str = "auto",
        size: int | None = None,
        executor: BlockExecutor = HERE,
        progress: Progress = silent,
    ) -> None:
        if vectors not in ("sketch", "encoder"):
            raise _wrong("vectors", vectors, "sketch or encoder")
        if shares not in POWERS:
            raise _wrong("shares", shares, ", ".join(POWERS))
        if not isinstance(clusters, int) or not 0 <= clusters < 1 << 15:
            raise _wrong("clusters", clusters, "a whole number from 0 to 32767")
        self._asked = clusters or min(candidates, MOST_CLUSTERS)
        self._folder, self._vectors, self._power = folder, vectors, POWERS[shares]
        self._seed, self._encoder, self._device = seed, encoder, device
        self._size = size or (50_000 if vectors == "sketch" else 5_000)
        self._executor, self._progress = executor, progress

    def draw(
        self, pool: Pool, n: int, rng: np.random.Generator, exclude: Collection[str] = ()
    ) -> tuple[str, ...]:
        """As `CandidateSampler.draw` says.

        The first draw sorts the pool into clusters, which takes a minute for a million texts; it
        can be killed and goes on where it was. Later draws only read which text is where.
        """
        taken = barred(pool, n, exclude)
        clusters = [np.asarray(table.column("cluster")) for table in self._sorted(pool).tables()]
        return tuple(pool.ids_at(draw(clusters, taken, n, rng, power=self._power)))

    def _sorted(self, pool: Pool) -> Done:
        """The cluster of each text."""
        vectors, made_from = self._vectors_of(pool)
        k = min(self._asked, len(pool))
        made_from = {**made_from, "clusters": k, "seed": self._seed}
        path = self._home / "centres.npz"
        kept(
            path,
            made_from,
            lambda: learn_centres(vectors.paths, self._size, k, self._seed, self._progress),
        )
        work = AssignWork(vectors.paths[0].parent, path, made_from)
        return self._do(work, pool, "clusters")

    def _vectors_of(self, pool: Pool) -> tuple[Done, dict[str, Any]]:
        """The vector of each text, and what decided them."""
        made_from: dict[str, Any] = {"pool": identity(pool), "vectors": self._vectors}
        work: SketchWork | EncodeWork
        if self._vectors == "sketch":
            made_from["version"] = sketch.VERSION
            path = self._home / "table.npz"
            kept(path, made_from, lambda: sketch.make_table(_some_texts(pool)))
            work = SketchWork(pool.path.absolute(), path, made_from)
        else:
            work = self._embedding(pool, made_from)
        return self._do(work, pool, self._vectors), made_from

    def _embedding(self, pool: Pool, made_from: dict[str, Any]) -> EncodeWork:
        """The work of embedding all texts; where it takes long, its name says so beforehand."""
        from activellm.encoders import open_encoder

        encoder = open_encoder(self._encoder, device=self._device)
        made_from["encoder"] = dict(encoder.identity())
        what = "Embedding texts"
        if len(pool) > 20 * TRIED and not (self._home / "encoder").exists():
            begun = time.perf_counter()
            places = np.linspace(0, len(pool) - 1, num=TRIED).astype(np.int64)
            encoder.embed([one.content for one in pool.at(places)])
            seconds = (time.perf_counter() - begun) / TRIED * len(pool)
            what += f" (about {_long(seconds)} for one worker)"
        path = pool.path.absolute()
        return EncodeWork(path, self._encoder, self._device, made_from, what)

    def _do(self, work: SketchWork | EncodeWork | AssignWork, pool: Pool, name: str) -> Done:
        return do_blocks(
            work,
            len(pool),
            self._home / name,
            size=self._size,
            executor=self._executor,
            progress=self._progress,
        )

    @cached_property
    def _home(self) -> Path:
        """The folder, made; a temporary one goes away with the sampler."""
        if self._folder is None:
            temporary = tempfile.mkdtemp(prefix="activellm-")
            weakref.finalize(self, shutil.rmtree, temporary, ignore_errors=True)
            return Path(temporary)
        home = self._folder.absolute() / self.name
        home.mkdir(parents=True, exist_ok=True)
        return home


def _some_texts(pool: Pool) -> Iterator[npt.NDArray[Any]]:
    """Slices of the pool, spread over it: all of a small one."""
    if len(pool) <= _SLICES * _SLICE:
        yield texts(pool, 0, len(pool))
        return
    for start in np.linspace(0, len(pool) - _SLICE, num=_SLICES).astype(np.int64).tolist():
        yield texts(pool, start, start + _SLICE)


def _long(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{max(minutes, 1)} min"


def _wrong(option: str, value: object, known: str) -> UsageError:
    return UsageError(
        f"spread cannot work with {option}={value}.",
        where="--sampler",
        remedy=f"Possible: {known}.",
    )
