"""What the page asks of the server, all of it for those who came in by the token."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from activellm.annotation.contract import QueueItem
from activellm.annotation.sitting import Sitting
from activellm.annotation.web.access import Access
from activellm.annotation.web.closing import Closing
from activellm.annotation.web.shapes import (
    SentAnswer,
    SentWish,
    answer_shape,
    batch_shape,
    progress_shape,
    reason_of,
    text_shape,
)

ExampleId = Annotated[str, Query(alias="id")]


def api(sitting: Sitting, closing: Closing, access: Access) -> APIRouter:
    """The routes under /api/v1."""
    router = APIRouter(prefix="/api/v1", dependencies=[Depends(access.required)])
    _reading(router, sitting, closing)
    _answering(router, sitting, closing)
    return router


def _reading(router: APIRouter, sitting: Sitting, closing: Closing) -> None:
    @router.get("/texts")
    async def texts(after: str | None = None, skipped: bool = False) -> dict[str, Any]:
        """The next texts: those after an id, or the skipped ones."""
        items = sitting.skipped_items() if skipped else sitting.open_items(after)
        return batch_shape(items) | {"progress": progress_shape(sitting, closing)}

    @router.get("/text")
    async def text(example_id: ExampleId) -> dict[str, Any]:
        return text_shape(sitting.item(example_id))

    @router.get("/reason")
    async def reason(example_id: ExampleId) -> dict[str, str]:
        item: QueueItem = sitting.item(example_id)
        return {"reason": reason_of(item)}

    @router.get("/answers")
    async def answers() -> dict[str, Any]:
        """The annotator's own answers, the oldest first."""
        return {"answers": [answer_shape(sitting, one) for one in sitting.answers()]}


def _answering(router: APIRouter, sitting: Sitting, closing: Closing) -> None:
    @router.post("/answers")
    async def answer(sent: SentAnswer) -> dict[str, Any]:
        """Keep an answer. The reply is the page's leave to say "saved"."""
        new = sitting.record(sent.annotation())
        if sitting.count().open:
            closing.hold()
        else:
            closing.ready()
        return {"saved": sent.event, "new": new, "progress": progress_shape(sitting, closing)}

    @router.post("/closing")
    async def close(sent: SentWish) -> dict[str, Any]:
        """Wait, get ready to go on, or go on now."""
        if sent.wish == "finish":
            closing.finish()
        elif sent.wish == "ready" and not sitting.count().open:
            closing.ready()
        else:
            closing.hold()
        return {"progress": progress_shape(sitting, closing)}
