"""A Hugging Face data set: a folder that `datasets.load_dataset` and the hub read, with its card.

Written and read without the library `datasets`. The label column is what the answers say together,
as a class; `annotations` holds every one of them.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from activellm.errors import DataError
from activellm.exchange import rows
from activellm.exchange.contract import Entry, Findings, Item
from activellm.exchange.parquet import EVENT, PREDICTION, read_rows, schema, write_rows
from activellm.task import Task

DATA = "data/train-00000-of-00001.parquet"
CARD = "README.md"


class HuggingFace:
    """A Hugging Face data set's folder."""

    name: ClassVar[str] = "hugging-face"
    folder: ClassVar[bool] = True

    def beside(self, task: Task) -> Mapping[str, str]:
        """Nothing: all is in the folder."""
        return {}

    def write(self, items: Iterable[Item], task: Task, path: Path) -> None:
        """See `Format.write`."""
        place = {name: number for number, name in enumerate(task.label_names)}
        columns = schema(task, pa.int64()).with_metadata(
            {"huggingface": json.dumps({"info": {"features": features(task)}})}
        )
        counts = {"texts": 0, "labelled": 0, "annotations": 0}
        (path / DATA).parent.mkdir()
        write_rows((_row(one, task, place, counts) for one in items), columns, path / DATA)
        (path / CARD).write_text(card(task, counts), encoding="utf-8")

    def read(self, path: Path, task: Task, found: Findings) -> Iterator[Entry]:
        """See `Format.read`. All splits are read, from Parquet or from `save_to_disk`'s Arrow."""
        files = [path] if path.is_file() else _files(path)
        if not files:
            raise DataError("It holds no Parquet or Arrow file.", where=str(path))
        for file in files:
            for where, values in read_rows(file):
                yield rows.entry(where, values, task, found)


def _files(path: Path) -> list[Path]:
    found = [one for one in sorted(path.rglob("*")) if one.suffix in (".parquet", ".arrow")]
    return [
        one
        for one in found
        if not any(part.startswith(".") for part in one.relative_to(path).parts)
    ]


def _row(
    item: Item, task: Task, place: Mapping[str, int], counts: dict[str, int]
) -> dict[str, Any]:
    values = rows.row(item, task, whole=True)
    counts["texts"] += 1
    counts["labelled"] += item.resolved is not None
    counts["annotations"] += len(item.events)
    if task.multi and values["labels"] is not None:
        values["labels"] = [place[name] for name in values["labels"]]
    elif not task.multi and values["label"] is not None:
        values["label"] = place[values["label"]]
    return values


def features(task: Task) -> dict[str, Any]:
    """The columns in the words of the library `datasets`, as old and new versions read them."""
    text = {"dtype": "string", "_type": "Value"}
    kind: Any = {"names": list(task.label_names), "_type": "ClassLabel"}
    label = {"labels": {"feature": kind, "_type": "Sequence"}} if task.multi else {"label": kind}
    return {
        "id": text,
        "text": text,
        **({"pair": text} if task.pair else {}),
        **label,
        rows.ANNOTATIONS: [{name: _feature(type_) for name, type_ in EVENT.items()}],
        "prediction": {name: _feature(type_) for name, type_ in PREDICTION.items()},
    }


def _feature(kind: Any) -> dict[str, Any]:
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type), "_type": "Sequence"}
    name = {"double": "float64"}.get(str(kind), str(kind))
    return {"dtype": name, "_type": "Value"}


def card(task: Task, counts: Mapping[str, int]) -> str:
    """The data set card: what was decided, by which labels, and what the columns hold."""
    size = next((name for most, name in _SIZES if counts["texts"] < most), "n>1T")
    front = [
        "---",
        f"language:\n- {json.dumps(task.language)}",
        "task_categories:\n- text-classification",
        f"size_categories:\n- {size}",
        "configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/train-*",
        "---",
    ]
    labels = [
        f"- **{_plain(one.name)}**{': ' + _plain(one.definition) if one.definition else ''}"
        for one in task.labels
    ]
    kind = "any number of labels" if task.multi else "one label"
    guidelines = ["", "## Guidelines", "", _plain(task.guidelines)] if task.guidelines else []
    body = [
        "",
        "# Labelled texts",
        "",
        _plain(task.description),
        "",
        f"{counts['texts']:,} {'pairs of texts' if task.pair else 'texts'}, "
        f"{counts['labelled']:,} of them with a label, {counts['annotations']:,} annotations; "
        f"each has {kind}. Chosen and labelled with ActiveLLM: the texts are no random sample.",
        "",
        "## Labels",
        "",
        *labels,
        *guidelines,
        "",
        "## Columns",
        "",
        f"- `{'labels' if task.multi else 'label'}`: what the answers say together; empty where "
        "nobody answered or people are tied.",
        f"- `{rows.ANNOTATIONS}`: every answer as it was given, with annotator and time, also "
        "those taken back.",
        "- `prediction`: what a model expected, if it was exported. No annotation.",
        "",
    ]
    return "\n".join([*front, *body])


_SIZES = (
    (10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"), (10**8, "10M<n<100M"), (10**9, "100M<n<1B"),
)  # fmt: skip


def _plain(text: str) -> str:
    """Words that are shown as they are, and make no markup."""
    return re.sub(r"([\\`*_\[\]#|~])", r"\\\1", html.escape(text, quote=False))
