"""Data sets from the Hub: a real server on loopback, the real client library."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from dataset_hub import DatasetHub
from pyarrow import parquet

from activellm.bench.datasets import DataEntry, open_data
from activellm.bench.hub_data import read_hub
from activellm.bench.presets import HubPlace
from activellm.errors import DataError

GLUE = "nyu-mll/glue"


def as_parquet(rows: list[dict[str, Any]], names: tuple[str, ...] = ()) -> bytes:
    table = pa.Table.from_pylist(rows)
    if names:
        features = {"label": {"names": names, "_type": "ClassLabel"}}
        info = json.dumps({"info": {"features": features}})
        table = table.replace_schema_metadata({"huggingface": info})
    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


def rte(n: int, start: int = 0) -> bytes:
    """Pairs as the benchmark of the Hub has them: class numbers, an index column."""
    numbers = range(start, start + n)
    rows = [
        {"sentence1": f"one {i}", "sentence2": f"two {i}", "label": i % 2, "idx": i}
        for i in numbers
    ]
    return as_parquet(rows)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[DatasetHub]:
    files = {
        GLUE: {
            "rte/train/0000.parquet": rte(30),
            "rte/train/0001.parquet": rte(10, start=30),
            "rte/validation/0000.parquet": rte(12, start=100),
            "sst2/train/0000.parquet": as_parquet([{"sentence": "x", "label": 1}]),
        },
        "me/offices": {
            "default/train/0000.parquet": as_parquet(
                [
                    *({"text": f"bin {i}", "label": i % 2} for i in range(20)),
                    {"text": None, "label": 0},
                ],
                names=("roads", "waste"),
            ),
            "default/test/0000.parquet": as_parquet(
                [{"text": "a hole", "label": 0}], names=("roads", "waste")
            ),
        },
    }
    server = DatasetHub(files)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", server.url)
    template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    yield server
    server.close()


def test_a_preset_comes_from_the_hub(hub: DatasetHub, tmp_path: Path) -> None:
    data = open_data(DataEntry(preset="rte", hub=True), tmp_path)
    assert (len(data.pool), len(data.test)) == (40, 12)
    answers = {one.content: data.answer(one.id) for one in data.pool}
    assert answers["one 3", "two 3"] == ("not_entailment",)
    assert not any("sst2" in path for path in hub.downloads)


def test_a_data_set_of_ones_own_and_what_its_class_numbers_are_called(
    hub: DatasetHub, tmp_path: Path
) -> None:
    entry = DataEntry(name="offices", hub=HubPlace(path="me/offices"), description="Which office?")
    data = open_data(entry, tmp_path)
    assert data.task.label_names == ("roads", "waste")
    assert len(data.pool) == 20  # a row without a text is none


def test_downloaded_once_it_opens_without_the_hub(
    hub: DatasetHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = HubPlace(path=GLUE, config="rte", text=("sentence1", "sentence2"))
    first = read_hub(place, "train")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert read_hub(place, "train") == first
    with pytest.raises(DataError, match="cannot be had"):
        read_hub(HubPlace(path="me/offices"), "train")


@pytest.mark.parametrize(
    ("place", "split", "words"),
    [
        ({"path": "me/nothing"}, "train", "cannot be had from the Hub: the Hub answered 404"),
        ({"path": "me/offices"}, "dev", "no split 'dev' of the configuration 'default'"),
        ({"path": "me/offices", "text": ("body",)}, "train", "no column 'body'; there are text"),
    ],
)
def test_what_is_not_there_is_named(
    hub: DatasetHub, place: dict[str, Any], split: str, words: str
) -> None:
    with pytest.raises(DataError, match=words):
        read_hub(HubPlace(**place), split)
