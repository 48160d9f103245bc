"""Ollama models that are said to run here: asked only if they really do."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from activellm.errors import QueryModelError
from activellm.llm.neighbours import neighbour
from activellm.llm.protocol import Completion, Messages, QueryModel
from activellm.llm.wrapper import WrappedModel

TIMEOUT = 5.0
"""Seconds for the server to say what it has; it may be busy with an answer."""


class StaysHere(WrappedModel):
    """Asks the server before the first question whether it passes this model's questions on.

    A cloud model under another name (`ollama cp`) shows neither in its name nor in its address.

    Args:
        model: The model inside.
        address: Its server, on this machine.
        served_as: What it is called there.
    """

    def __init__(self, model: QueryModel, address: str, served_as: str) -> None:
        super().__init__(model)
        self._address = address
        self._served_as = served_as
        self._checked = False
        self._lock = threading.Lock()

    def complete(
        self,
        messages: Messages,
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        json_schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """The model's answer.

        Raises:
            QueryModelError: If the server would pass the question on. Then it was not sent.
        """
        with self._lock:
            if not self._checked:
                self._check()
                self._checked = True
        return super().complete(
            messages,
            max_tokens=max_tokens,
            temperature=temperature,
            seed=seed,
            json_schema=json_schema,
        )

    def _check(self) -> None:
        # A server that does not say is asked all the same: the dialect looks at its answer.
        elsewhere = neighbour(self._address, "ollama", timeout=TIMEOUT).passed_on
        if {self._served_as, f"{self._served_as}:latest"} & set(elsewhere):
            raise QueryModelError(
                "Ollama runs this model elsewhere: texts would leave this machine.",
                where=self.name,
                remedy="Choose another, or name the cloud model itself (NAME:cloud).",
            )
