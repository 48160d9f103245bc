"""An experiment's own recordings: what a server once said is enough to choose the same again."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "llm"))
from fake_openai_server import FakeOpenAIServer
from given_helpers import TEXTS, lines

from activellm.bench.experiment import read_experiment
from activellm.bench.simulate import choose
from activellm.bench.workshop import Workshop

TOML = """
name = "live"
strategies = ["listwise"]
llm = ["{url}#small"]
prompts = ["a1", "b2"]
encoder = "{encoder}"
candidates = [16]
select = [4]
rounds = 2
draws = 2

[[data]]
name = "verdicts"
description = "Which verdict is it?"
pool = "pool.jsonl"
test_size = 20
"""


def choices(file: Path, folder: Path) -> list[dict[str, Any]]:
    folder.mkdir(exist_ok=True)
    workshop = Workshop(read_experiment(file), file.parent, folder)
    cells = [cell for cell in workshop.cells() if cell.schedule == "listwise"]
    rounds = [one for cell in cells for one in choose(cell, workshop)]
    return [
        {"picks": one.picks, "places": one.places, "p": one.position_p, "usage": one.usage}
        for one in rounds
    ]


def test_recordings_are_enough_to_choose_the_same(
    tmp_path: Path, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    lines(tmp_path / "pool.jsonl", [{"text": text, "label": label} for text, label in TEXTS])
    file = tmp_path / "live.toml"
    with FakeOpenAIServer(then={"select": 4}) as server:
        file.write_text(TOML.format(url=server.url, encoder=tiny_encoder))
        live = choices(file, tmp_path / "live")
        asked = len(server.calls)
    assert asked >= len(live) == 8
    assert all(set(one["places"]) <= set(range(20)) for one in live)  # with 4 of the recap at most
    assert all(len(set(one["places"])) == 4 for one in live)
    recordings = tmp_path / "again" / "recordings"
    shutil.copytree(tmp_path / "live" / "recordings", recordings)
    again = choices(file, tmp_path / "again")
    for one, other in zip(live, again, strict=True):
        assert one | {"usage": 0} == other | {"usage": 0}
        assert (one["usage"]["replayed"], other["usage"]["calls"]) == (0, 0)
        assert other["usage"]["replayed"] == one["usage"]["calls"]
    # Nothing else was there to answer from: no server, and the recordings hold its words.
    assert len([*recordings.rglob("*.json")]) == asked
    assert all(json.loads(path.read_text()) for path in recordings.rglob("*.json"))
