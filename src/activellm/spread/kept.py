"""Arrays that are computed once and kept in a file, with what decided them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from activellm.files import atomic_path


def kept(
    path: Path, made_from: Mapping[str, Any], make: Callable[[], npt.NDArray[Any]]
) -> npt.NDArray[Any]:
    """The array in a file, if it was made from the same; else it is made and kept there.

    Args:
        path: The file, ending in ".npz"; its folder must exist.
        made_from: What decides the array, as JSON values.
        make: Computes it.
    """
    key = json.dumps(made_from, sort_keys=True)
    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["key"]) == key:
                found: npt.NDArray[Any] = file["values"]
                return found
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        pass  # missing, or not written by us: it is only a cache
    values = make()
    with atomic_path(path) as draft, draft.open("wb") as file:
        np.savez(file, key=np.array(key), values=values)
    return values
