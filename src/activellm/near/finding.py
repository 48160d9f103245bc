"""Find the near copies of a pool: signatures block by block, then bands over all of them."""

from __future__ import annotations

from pathlib import Path

from activellm.blocks import HERE, BlockExecutor, do_blocks
from activellm.blocks.doing import SIZE
from activellm.errors import UsageError
from activellm.near.grouping import Found, near_copies
from activellm.near.minhash import Signing
from activellm.near.signed import Signed, exact
from activellm.near.threshold import LEAST_NEAR
from activellm.pool import Pool
from activellm.progress import Progress, silent


def find_near_copies(
    pool: Pool,
    threshold: float,
    folder: Path,
    *,
    size: int = SIZE,
    executor: BlockExecutor = HERE,
    progress: Progress = silent,
) -> Found:
    """Find the texts of a pool that are near an earlier one; of pairs if both texts are.

    Args:
        pool: Where to look.
        threshold: From which Jaccard similarity of their pieces on two texts are near.
        folder: Keeps the signatures, 128 bytes a text; with them a killed search goes on.
        size: Texts of a block; it does not change what is found.
        executor: Who computes the signatures.
        progress: Told how far it is.

    Raises:
        UsageError: If the threshold is not from `LEAST_NEAR` to 1.
    """
    if not LEAST_NEAR <= threshold <= 1:
        raise UsageError(f"A similarity from {LEAST_NEAR} to 1 is needed, not {threshold:g}.")
    work = Signing(pool.path.absolute())
    done = do_blocks(work, len(pool), folder, size=size, executor=executor, progress=progress)
    return near_copies(Signed(done.paths, threshold), exact(pool), threshold, progress)
