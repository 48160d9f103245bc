"""A classifier that tests can hold up, and its server on a socket of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
import numpy as np

from activellm.annotation.web.server import bind, hosts_of, run
from activellm.errors import ActiveLLMError
from activellm.serving.app import create_app
from activellm.serving.asker import Asker
from activellm.task import Task

TOKEN = "a-token-of-24-characters"


def task_of(**fields: Any) -> Task:
    return Task.build(description="Long?", labels=({"name": "long"}, {"name": "short"}), **fields)


@dataclass
class ByLength:
    """A classifier that the tests can hold up: probability of "long" is length / 100."""

    task: Task = field(default_factory=task_of)
    asked: list[int] = field(default_factory=list)
    go: threading.Event = field(default_factory=threading.Event)
    threads: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.go.set()

    def predict_proba(self, contents: Sequence[Any], **_: Any) -> np.ndarray:
        self.asked.append(len(contents))
        self.threads.add(threading.current_thread().name)
        assert self.go.wait(20)
        if any("fail" in content for content in contents):
            raise ValueError(f"cannot read {contents}")
        if any("memory" in content for content in contents):
            raise ActiveLLMError("The memory is not enough.")
        long = np.array([min(1.0, sum(map(len, one)) / 100) for one in contents])
        return np.stack([long, 1 - long], axis=1)


class Served:
    """An app on a socket of its own."""

    def __init__(self, classifier: Any, **options: Any) -> None:
        self.classifier = classifier
        self.listener = bind("127.0.0.1", None)
        self.host = hosts_of(self.listener)[0]
        self.asker = Asker(classifier)
        app = create_app(
            classifier.task, self.asker, hosts=hosts_of(self.listener), token=TOKEN, **options
        )
        self.over = threading.Event()
        self.thread = threading.Thread(target=run, args=(app, self.listener, self.over.is_set))
        self.thread.start()
        self.client = httpx2.Client(
            base_url=f"http://{self.host}", headers={"Authorization": f"Bearer {TOKEN}"}
        )

    def ask(self, sent: Any) -> Any:
        return self.client.post("/predict", json=sent)

    def end(self) -> None:
        self.client.close()
        self.over.set()
        self.thread.join(20)
        self.listener.close()
        self.asker.close()
        assert not self.thread.is_alive()
