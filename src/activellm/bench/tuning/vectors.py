"""The labelled texts' vectors, computed once for all draws of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from activellm.bench.vectors import WholeLists
from activellm.bench.workshop import Workshop
from activellm.encoders import Encoder, Vectors, open_encoder
from activellm.files import write_text
from activellm.pool import Content
from activellm.progress import Progress, silent

TEXTS = "texts.json"


class OneList:
    """An encoder that computes the vectors of one list as a whole, and looks up parts of it.

    Like `WholeLists` it makes no result depend on what was embedded before; but draws of the same
    few texts need not be embedded one by one.

    Args:
        encoder: What embeds.
        contents: The list, each text once.
    """

    def __init__(self, encoder: Encoder, contents: Sequence[Content]) -> None:
        self.encoder, self.contents = encoder, tuple(contents)
        self._rows = {content: row for row, content in enumerate(self.contents)}

    @property
    def spec(self) -> str:
        """See `Encoder.spec`."""
        return self.encoder.spec

    @property
    def folder(self) -> Path:
        """See `Encoder.folder`."""
        return self.encoder.folder

    def identity(self) -> Mapping[str, str]:
        """See `Encoder.identity`."""
        return self.encoder.identity()

    @cached_property
    def _all(self) -> Vectors:
        """The whole list's vectors."""
        return self.encoder.embed(self.contents)

    def embed(self, contents: Sequence[Content], *, progress: Progress = silent) -> Vectors:
        """See `Encoder.embed`; a text that is not in the list has the others computed anew too."""
        rows = [self._rows.get(content, -1) for content in contents]
        if min(rows, default=-1) < 0:
            return self.encoder.embed(contents, progress=progress)
        found: Vectors = self._all[np.array(rows)]
        return found


class OwnWorkshop(Workshop):
    """A workshop whose data sets are draws of the texts that stand in its folder."""

    @cached_property
    def _encoder(self) -> OneList:
        kept = json.loads((self.base / TEXTS).read_text(encoding="utf-8"))
        contents = [tuple(one) if isinstance(one, list) else one for one in kept]
        encoder = open_encoder(self.experiment.encoder, device=self.experiment.device)
        return OneList(WholeLists(encoder, self.folder), contents)

    def embed(self) -> None:
        """Compute the vectors now, so that worker processes find them."""
        self._encoder.embed(self._encoder.contents)


def write_texts(folder: Path, contents: Sequence[Content]) -> None:
    """Keep the list for `OwnWorkshop`."""
    write_text(folder / TEXTS, json.dumps(list(contents), ensure_ascii=False))
