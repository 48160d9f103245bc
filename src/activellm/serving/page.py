"""The page that says how the server is asked: plain HTML, no script, nothing from elsewhere."""

from __future__ import annotations

import html
import json

from activellm.serving.shapes import MAX_BATCH, MAX_BODY
from activellm.task import Task


def description_page(task: Task) -> str:
    """What the classifier decides, and how to ask it."""
    one = ["first", "second"] if task.pair else "some text"
    kind = "any number of these labels" if task.multi else "exactly one of these labels"
    subject = "pair of texts" if task.pair else "text"
    rows = "".join(
        f"<tr><td>{html.escape(label.name)}</td><td>{html.escape(label.definition)}</td></tr>"
        for label in task.labels
    )
    chance = {name: round(1 / len(task.labels), 6) for name in task.label_names}
    answer = {"predictions": [{"labels": [task.label_names[0]], "probabilities": chance}]}
    curl = (
        "curl http://HOST:PORT/predict -H 'Authorization: Bearer TOKEN' "
        f"-H 'Content-Type: application/json' -d '{json.dumps({'text': one})}'"
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>ActiveLLM: a classifier</title></head><body>
<h1>{html.escape(task.description)}</h1>
<p>A {subject} gets {kind}.</p>
<table><tr><th>label</th><th>meaning</th></tr>{rows}</table>
<h2>POST /predict</h2>
<p>One {subject}, or a batch of up to {MAX_BATCH}; a request has at most {MAX_BODY:,} bytes.</p>
<pre>{html.escape(json.dumps({"text": one}))}
{html.escape(json.dumps({"texts": [one, one]}))}</pre>
<p>The answer has one prediction for each, in the same order; null where there is nothing to
read.</p>
<pre>{html.escape(json.dumps(answer, ensure_ascii=False))}</pre>
<p>By hand:</p><pre>{html.escape(curl)}</pre>
<h2>GET /health</h2><p>Whether the server is there; without the token.</p>
<h2>Errors</h2><p>One shape, with words for people:
<code>{{"error": {{"code": "...", "message": "..."}}}}</code>. 401 no or another token, 413 too
large, 421 another host, 422 not as described, 503 too many texts wait (Retry-After says how
long).</p>
<p><a href="openapi.json">The OpenAPI description</a>, for programs.</p>
</body></html>
"""
