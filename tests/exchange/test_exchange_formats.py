"""Every format keeps its contract."""

from __future__ import annotations

import pytest
from exchange_samples import KINDS, event, names, read, words, written
from format_contract import FormatContract, events_of, texts_of
from hypothesis import given, settings
from hypothesis import strategies as st

from activellm.exchange import FORMATS, Item


class TestArgilla(FormatContract):
    name = "argilla"


class TestCsv(FormatContract):
    name = "csv"
    ends = False


class TestDoccano(FormatContract):
    name = "doccano"
    ends = False


class TestHuggingFace(FormatContract):
    name = "hugging-face"


class TestJsonLines(FormatContract):
    name = "jsonl"
    ends = False


class TestLabelStudio(FormatContract):
    name = "label-studio"


class TestParquet(FormatContract):
    name = "parquet"


class TestProdigy(FormatContract):
    name = "prodigy"
    ends = False


def test_every_format_is_tested() -> None:
    tested = {kind.name for kind in FormatContract.__subclasses__()}
    assert tested == set(FORMATS.names())


@pytest.mark.parametrize("name", FORMATS.names())
@settings(max_examples=20, derandomize=True)
@given(data=st.data())
def test_any_text_note_and_name(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made, kind = FORMATS.get(name)(), data.draw(st.sampled_from(KINDS))
    one = st.tuples(words, words, names, words, st.booleans(), st.floats(0, 1e6))
    wanted = [
        Item(
            f"t{n}",
            text,
            second if kind == "pair" else None,
            (event(f"e{n}", f"t{n}", who, "label", "bad", note=note, unsure=unsure, seconds=time),),
            ("bad",),
        )
        for n, (text, second, who, note, unsure, time) in enumerate(
            data.draw(st.lists(one, max_size=3))
        )
    ]
    path = written(made, wanted, kind, tmp_path_factory.mktemp("any") / "out")
    entries, _ = read(made, path, kind)
    assert texts_of(entries) == {one.id: (one.text, one.pair) for one in wanted}
    assert events_of(entries) == {one.id: one.events for one in wanted}
