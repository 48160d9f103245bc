"""Tasks, queues and a scripted page for the annotation tests."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx2

from activellm.annotation.contract import QueueItem
from activellm.pool.example import Example
from activellm.task import Label, Task

LABELS = ("Roads", "Waste", "Parks")


def make_task(*names: str, **fields: Any) -> Task:
    labels = tuple(Label(name=name) for name in names or LABELS)
    return Task(**{"description": "What is it about?", "labels": labels, **fields})


def make_queue(count: int, answers: Sequence[str] = LABELS) -> list[QueueItem]:
    """Texts t0, t1, ... whose gold label goes round through `answers`."""
    return [
        QueueItem(
            Example(
                id=f"t{number}",
                text=f"Text number {number}",
                row=number + 1,
                meta={"gold": answers[number % len(answers)]},
            ),
            reason="It is far from what is labelled.",
        )
        for number in range(count)
    ]


def gold(queue: Sequence[QueueItem]) -> dict[str, str]:
    return {item.example.id: item.example.meta["gold"] for item in queue}


class ScriptedPage:
    """Plays the page over HTTP: comes in by the token, answers, ends."""

    def __init__(self, url: str) -> None:
        self.origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        self.client = httpx2.Client(headers={"Origin": self.origin}, timeout=10)
        self.client.get(url).raise_for_status()

    def close(self) -> None:
        self.client.close()

    def get(self, path: str, **params: Any) -> Any:
        return (
            self.client.get(f"{self.origin}/api/v1/{path}", params=params).raise_for_status().json()
        )

    def post(self, path: str, **body: Any) -> httpx2.Response:
        return self.client.post(f"{self.origin}/api/v1/{path}", json=body)

    def texts(self) -> list[str]:
        """The ids of all texts that are open."""
        found: list[str] = []
        more = True
        while more:
            after = {"after": found[-1]} if found else {}
            reply = self.get("texts", **after)
            found += [text["id"] for text in reply["texts"]]
            more = reply["more"]
        return found

    def label(self, id_: str, *labels: str, event: str = "", **more: Any) -> httpx2.Response:
        event = event or uuid.uuid4().hex
        return self.post("answers", event=event, id=id_, action="label", labels=labels, **more)

    def finish(self) -> None:
        self.post("closing", wish="finish").raise_for_status()


class BackgroundPage:
    """An `announce` callback that plays a page in a thread of its own."""

    def __init__(self, play: Callable[[ScriptedPage], None]) -> None:
        self._play = play
        self.error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def __call__(self, url: str) -> None:
        self._thread = threading.Thread(target=self._work, args=(url,))
        self._thread.start()

    def join(self) -> None:
        if self._thread is not None:
            self._thread.join(20)
            assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error

    def _work(self, url: str) -> None:
        try:
            page = ScriptedPage(url)
            try:
                self._play(page)
                page.finish()
            finally:
                page.close()
        except httpx2.TransportError:
            pass  # the server is gone, as in a test that interrupts it
        except BaseException as error:  # noqa: BLE001  # raised in `join`
            self.error = error


def label_all(answers: Mapping[str, str]) -> Callable[[ScriptedPage], None]:
    def play(page: ScriptedPage) -> None:
        for id_ in page.texts():
            page.label(id_, *[part for part in answers[id_].split("|") if part])

    return play
