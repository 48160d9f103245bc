"""Opens what the settings name: encoder, query model, strategy, successor. Each on first use."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from activellm.pool.example import Content, Example
from activellm.progress import Progress, silent
from activellm.seeding import generator
from activellm.selection import Labelled, Selection, SelectionContext, open_strategy
from activellm.selection.contract import Vectors
from activellm.settings import Settings
from activellm.successors import Successor, choose_successor, make_successor
from activellm.task import Task

if TYPE_CHECKING:
    from activellm.encoders import CachedEncoder, Encoder
    from activellm.llm import QueryModel


class Tools:
    """The parts that one task under given settings works with.

    Args:
        task: What is to be decided.
        settings: Which parts to open.
        folder: Where LLM calls and embeddings are kept; None keeps nothing.
    """

    def __init__(self, task: Task, settings: Settings, folder: Path | None = None) -> None:
        self.task = task
        self.settings = settings
        self.folder = folder

    @cached_property
    def encoder(self) -> Encoder | CachedEncoder:
        """Texts to vectors; kept by content where there is a folder."""
        from activellm.encoders import CachedEncoder, open_encoder

        encoder = open_encoder(self.settings.encoder, device=self.settings.device)
        return CachedEncoder(encoder, self.folder / "embeddings.db") if self.folder else encoder

    @cached_property
    def model(self) -> QueryModel:
        """The query model; its calls are recorded where there is a folder."""
        from activellm.llm import open_model

        recordings = self.folder / "recordings" if self.folder else None
        model: QueryModel = open_model(self.settings.llm, recordings=recordings)
        return model

    @property
    def has_model(self) -> bool:
        """Whether the settings name a query model."""
        return self.settings.llm != "none"

    @cached_property
    def successor_choice(self) -> tuple[str, str]:
        """The successor's name and why it was chosen."""
        if self.settings.successor == "auto":
            return choose_successor(self.settings.device)
        return self.settings.successor, "It was asked for."

    def successor(self, seed: int) -> Successor:
        """A new, untrained successor."""
        name, _ = self.successor_choice
        settings = {"encoder": self.encoder} if name == "linear" else {}
        return make_successor(
            name,
            self.task,
            seed=seed,
            **({"encoder": self.settings.encoder} | settings),
            device=self.settings.device,
        )

    def select(
        self,
        candidates: Sequence[Example],
        labelled: Sequence[Labelled],
        n: int,
        *,
        number: int,
        progress: Progress = silent,
    ) -> Selection:
        """Choose `n` of the candidates for round `number` by the settings' strategy."""

        def embed(contents: Sequence[Content]) -> Vectors:
            return self.encoder.embed(contents, progress=progress)

        context = SelectionContext(
            task=self.task,
            candidates=tuple(candidates),
            rng=generator(self.settings.seed, "selection", number),
            labelled=tuple(labelled),
            open_model=(lambda: self.model) if self.has_model else None,
            embed=embed,
            progress=progress,
        )
        return open_strategy(self.settings.strategy).select(context, n)
