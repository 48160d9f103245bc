"""Foreign files with surprises: what is taken is told, and what is not, too."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from exchange_samples import HOSTILE, event, read, task, written

from activellm.annotation.label_rows import read_label_rows
from activellm.errors import DataError
from activellm.exchange import FORMATS, Findings, Item
from activellm.exchange.contract import FURTHER, MOST_KINDS
from activellm.exchange.json_stream import array_elements


def opened(name: str, content: object, tmp_path: Path, kind: str = "single"):
    path = tmp_path / "file"
    if isinstance(content, list) and name in ("prodigy", "doccano", "jsonl"):
        path.write_text("".join(json.dumps(one) + "\n" for one in content), encoding="utf-8")
    elif isinstance(content, list):
        path.write_text(json.dumps(content), encoding="utf-8")
    else:
        path.write_text(str(content), encoding="utf-8")
    return read(FORMATS.get(name)(), path, kind)


def choice(*names: str, field: str = "sentiment", id_: str = "aB3") -> dict:
    return {"id": id_, "from_name": field, "to_name": "t", "type": "choices",
            "value": {"choices": list(names)}}  # fmt: skip


def test_label_studio_of_strangers(tmp_path: Path) -> None:
    span = {"from_name": "ner", "type": "labels", "value": {"start": 0, "end": 3, "labels": ["P"]}}
    stars = {"from_name": "stars", "type": "rating", "value": {"rating": 4}}
    by = {
        "completed_by": {"id": 3, "email": "eve@example.org"},
        "updated_at": "2026-01-01T00:00:00Z",
    }
    entries, found = opened(
        "label-studio",
        [
            {"id": 1, "data": {"review": "one", "stars": 4},
             "annotations": [{"result": [choice("good"), span, stars], "lead_time": 2.5, **by}]},
            {"id": 2, "data": {"review": "two"}, "predictions": [{"result": [choice("bad")]}],
             "annotations": [{"result": [span]}, {"result": None}, "junk", {"result": []}]},
            {"id": 3, "data": {"review": "three"}, "drafts": [{}],
             "annotations": [{"result": [], "was_cancelled": True, "completed_by": 7}]},
            {"id": 4, "data": {"review": "four"},
             "completions": [{"result": [choice("good"), choice("x", field="topic")]}]},
            {"id": 5, "data": {"review": "five"}, "annotations": [{"ground_truth": True,
             "result": [choice("bad")], "lead_time": float("nan")}]},
        ],
        tmp_path,
    )  # fmt: skip
    assert [one.text for one in entries] == ["one", "two", "three", "four", "five"]
    (first,) = entries[0].said
    assert (first.labels, first.annotator, first.seconds) == (("good",), "eve@example.org", 2.5)
    assert first.at == "2026-01-01T00:00:00Z"
    assert [one.action for one in entries[2].said] == ["skip"]
    assert entries[2].said[0].annotator == "user 7"
    assert entries[4].said[0].seconds is None
    assert found.counts == {
        "results of the kind 'labels' in the field 'ner'": 2,
        "results of the kind 'rating' in the field 'stars'": 1,
        "results of the kind 'choices' in the field 'sentiment'": 1,
        "results of the kind 'choices' in the field 'topic'": 1,
        "annotations without a result": 2,
        "annotations without a choice of a label": 3,
        "predictions (they are no annotations)": 1,
        "drafts (they are no annotations)": 1,
        "marks as ground truth (taken as plain answers)": 1,
    }
    assert found.places["annotations without a result"] == [f"{tmp_path / 'file'}, record 2"]


def test_label_studio_minimal_export_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not JSON-MIN"):
        opened("label-studio", [{"id": 1, "review": "one", "sentiment": "good"}], tmp_path)


def test_prodigy_of_strangers(tmp_path: Path) -> None:
    entries, found = opened(
        "prodigy",
        [
            {"text": "one", "accept": ["good"], "answer": "accept", "_session_id": "x-eve",
             "_timestamp": 1767225600, "_input_hash": -5},
            {"text": "two", "label": "bad", "answer": "accept"},
            {"text": "three", "label": "bad", "answer": "reject"},
            {"text": "four", "accept": [], "answer": "accept"},
            {"text": "five", "accept": [], "answer": "ignore", "flagged": True},
            {"text": "six", "spans": [{"start": 0}], "answer": "accept"},
            {"text": "seven", "answer": "perhaps", "accept": [3]},
            {"text": 8},
        ],
        tmp_path,
    )  # fmt: skip
    (first,) = entries[0].said
    assert (first.annotator, first.at) == ("x-eve", "2026-01-01T00:00:00.000+00:00")
    assert [len(one.said) for one in entries] == [1, 1, 0, 0, 1, 0, 0, 0]
    assert (entries[4].said[0].action, entries[4].said[0].discuss) == ("skip", True)
    assert entries[7].text is None
    assert found.counts == {
        "rejected labels (they say only what a text is not)": 1,
        "accepted records without a choice of a label": 2,
        "records with spans": 1,
        "answers 'perhaps'": 1,
    }


def test_doccano_of_strangers(tmp_path: Path) -> None:
    entries, found = opened(
        "doccano",
        [
            {"id": 1, "text": "one", "label": ["good"], "Comments": ["sure?"], "source": "x"},
            {"id": 2, "data": "two", "label": "bad"},
            {"id": 3, "text": "three", "label": [[0, 3, "PER"]]},
            {"id": 4, "text": "four", "label": [], "entities": [{"id": 1}]},
        ],
        tmp_path,
    )
    assert [[one.labels for one in entry.said] for entry in entries] == [
        [("good",)], [("bad",)], [], []]  # fmt: skip
    assert entries[0].said[0].note == "sure?"
    assert set(found.counts) == {
        "labels that are not names (spans of a text?)",
        "records with entities",
    }
    with pytest.raises(DataError, match="line 1: It is no line of doccano"):
        opened("doccano", [{"review": "one"}], tmp_path)


def test_doccano_archive_names_the_annotators(tmp_path: Path) -> None:
    path = tmp_path / "back.zip"
    line = json.dumps({"id": 1, "text": "one", "label": ["good"]})
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("eve.jsonl", "all.jsonl", "notes.txt"):
            archive.writestr(name, line)
    entries, found = read(FORMATS.get("doccano")(), path, "single")
    assert [one.said[0].annotator for one in entries] == ["eve", ""]
    assert entries[0].where.endswith("back.zip, eve.jsonl, line 1")
    assert found.places == {"files in the archive that are not JSONL": ["'notes.txt'"]}


def test_argilla_of_strangers(tmp_path: Path) -> None:
    user = "11111111-1111-4111-8111-111111111111"
    entries, found = opened(
        "argilla",
        [
            {"id": "a", "fields": {"text": "one"}, "metadata": {"x": 1}, "vectors": {},
             "responses": {"label": [{"value": "good", "user_id": user, "status": "submitted"}],
                           "stars": [{"value": 3, "user_id": user}],
                           "note": [{"value": "why", "user_id": user}]}},
            {"id": "b", "fields": {"text": "two"}, "suggestions": {"label": {"value": "bad"}},
             "responses": {"label": [{"value": None, "user_id": user, "status": "discarded"},
                                     {"value": "bad", "user_id": "x", "status": "draft"}]}},
            {"id": "c", "fields": {"text": "three"},
             "responses": {"rank": [{"value": [{"value": "a", "rank": 1}], "user_id": user}]}},
        ],
        tmp_path,
    )  # fmt: skip
    (first,) = entries[0].said
    assert (first.labels, first.annotator, first.note) == (("good",), user, "why")
    assert [one.action for one in entries[1].said] == ["skip"]
    assert entries[2].said == ()
    assert set(found.counts) == {
        "responses to the question 'stars'",
        "suggestions (they are no annotations)",
        "drafts",
        "responses that are no labels (ratings, spans or rankings)",
    }
    with pytest.raises(DataError, match="no record of Argilla"):
        opened("argilla", [{"inputs": {"text": "Argilla 1"}}], tmp_path)


def test_hugging_face_of_strangers(tmp_path: Path) -> None:
    """A folder as `save_to_disk` writes it, with numbered classes, two splits and a cache."""
    info = {"info": {"features": {"label": {"names": ["good", "bad"], "_type": "ClassLabel"}}}}
    schema = pa.schema({"sentence": pa.string(), "label": pa.int64(), "idx": pa.int32()},
                       metadata={"huggingface": json.dumps(info)})  # fmt: skip
    table = pa.table({"sentence": ["one", "two", "three"], "label": [1, -1, 7], "idx": [0, 1, 2]},
                     schema=schema)  # fmt: skip
    for split in ("train", "test", ".cache"):
        (tmp_path / "set" / split).mkdir(parents=True)
        with pa.ipc.new_stream(str(tmp_path / "set" / split / "data.arrow"), schema) as writer:
            writer.write_table(table)
    entries, found = read(FORMATS.get("hugging-face")(), tmp_path / "set", "single")
    assert [one.text for one in entries] == ["one", "two", "three"] * 2
    assert [[said.labels for said in one.said] for one in entries[:3]] == [[("bad",)], [], [("7",)]]
    assert found.counts == {"cells of the column 'idx'": 6}
    with pytest.raises(DataError, match="no Parquet or Arrow"):
        read(FORMATS.get("hugging-face")(), tmp_path / "set" / "none", "single")


def test_what_we_write_for_the_hub_is_read_by_pyarrow(tmp_path: Path) -> None:
    for kind in ("single", "multi"):
        answered = event("e1", "t1", "a", "label", "bad", note="n")
        some = [Item("t1", "one", None, (answered,), ("bad",)), Item("t2", "two")]
        path = written(FORMATS.get("hugging-face")(), some, kind, tmp_path / kind)
        table = pq.read_table(path / "data" / "train-00000-of-00001.parquet")
        column = "labels" if kind == "multi" else "label"
        assert table.column(column).to_pylist() == [[1] if kind == "multi" else 1, None]
        assert table.column("annotations").to_pylist()[0][0]["note"] == "n"
        features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
        assert list(features) == table.column_names
        card = (path / "README.md").read_text(encoding="utf-8")
        assert card.startswith("---\n")
        assert "1 of them with a label" in card
        assert "<b>" not in card  # the task's words make no markup


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_as_spreadsheets_save_them(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "labels.csv"
    lines = [["Text", "LABEL", "Unsure", "colour"], ["Grüße, =1+1", "good", "x", "red"],
             ["'=quoted", "bad", "perhaps", ""]]  # fmt: skip
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(lines)
    entries, found = read(FORMATS.get("csv")(), path, "single")
    assert [one.text for one in entries] == ["Grüße, =1+1", "'=quoted"]  # not ours: as it is
    assert [one.said[0].unsure for one in entries] == [True, False]
    assert found.counts == {
        "cells of the column 'colour'": 1,
        "cells of unsure that say neither yes nor no": 1,
    }


def test_no_cell_of_a_table_is_a_formula(tmp_path: Path) -> None:
    wanted = [Item(f"t{n}", text, None, (event(f"e{n}", f"t{n}", text, "label", "bad", note=text),))
              for n, text in enumerate(HOSTILE)]  # fmt: skip
    path = written(FORMATS.get("csv")(), wanted, "single", tmp_path / "out.csv")
    cells = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    assert len(cells) == len(HOSTILE) + 1
    for row in cells:
        assert not any(
            cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")) for cell in row
        )


def test_our_table_is_read_by_the_file_oracle(tmp_path: Path) -> None:
    answered = event("e1", "t1", "eve", "label", "bad", unsure=True, note="n")
    path = written(FORMATS.get("csv")(), [Item("t1", "one", None, (answered,)), Item("t2", "two")],
                   "single", tmp_path / "out.csv")  # fmt: skip
    rows = read_label_rows(path)
    assert [(row.id, row.text, row.label, row.annotator, row.unsure, row.note) for row in rows] == [
        ("t1", "one", "bad", "eve", True, "n"), ("t2", "two", "", "", False, "")]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("[" * 100_000, "object|nested"),
        ('[{"a": ' + "[" * 100_000, "nested too deeply"),
        ('[{"data": {"text": 1' + "0" * 5000 + "}}]", "no task|not valid JSON"),
        ('{"data": {}}', "no JSON array"),
        ("", "is empty"),
        ('[{"data": {"text": "x"}}', "file ends"),
        ('[{"data": {"text": "x"}} {"data": {}}]', "',' is missing"),
        ('[{"data": {"text": "x"}}] and more', "Something follows"),
        ('[1, 2]', "an object, not int"),
        ('[{"data": {"text": "x\ny"}}]', "not valid JSON"),
        ('[{"data": {"text": tru}}]', "not valid JSON"),
    ],
)  # fmt: skip
def test_broken_json(tmp_path: Path, content: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        opened("label-studio", content, tmp_path)


def test_long_elements_and_chunk_borders(tmp_path: Path) -> None:
    values = [{"n": n, "text": 'é\\"\u2028' * n} for n in (0, 1, 7, 100_000, 3, 300_000, 2)]
    for separators in ((",", ":"), (" ,\n\t", " : ")):
        path = tmp_path / "file.json"
        path.write_text(json.dumps(values, separators=separators), encoding="utf-8-sig")
        assert [value for _, value in array_elements(path)] == values
        packed = tmp_path / "file.json.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        assert [value for _, value in array_elements(packed)] == values


def test_a_malformed_record_is_found_without_reading_on(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text('[{"a": 1}, {"b": nope},' + '{"c": 1},' * 500_000, encoding="utf-8")
    seen = []
    with pytest.raises(DataError, match="record 2"):
        seen.extend(array_elements(path))
    assert len(seen) <= 1


def test_a_report_stays_short_whatever_the_file_says() -> None:
    found = Findings()
    for number in range(10_000):
        found.note(f"kind {number}", f"place {number}")
        found.note("often", f"place {number}")
    assert len(found.counts) == MOST_KINDS + 1
    assert sum(found.counts.values()) == 20_000
    assert found.counts[FURTHER] > 0
    assert all(len(places) <= 5 for places in found.places.values())


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    block = {"version": 2, "id": "t1"}
    for name, record in (
        ("label-studio", {"data": {"text": "x"}, "meta": {"activellm": block}}),
        ("prodigy", {"text": "x", "activellm": block}),
        ("argilla", {"fields": {"text": "x"}, "metadata": {"activellm": json.dumps(block)}}),
    ):
        with pytest.raises(DataError, match="newer version"):
            opened(name, [record], tmp_path)


def test_an_edited_pair_is_another_text(tmp_path: Path) -> None:
    made = FORMATS.get("doccano")()
    path = written(made, [Item("t1", "one", "half")], "pair", tmp_path / "out.jsonl")
    line = json.loads(path.read_text())
    assert line["text"] == "Premise: one\n\nClaim: half"
    line["text"] += "!"
    path.write_text(json.dumps(line))
    (entry,) = read(made, path, "pair")[0]
    assert (entry.text, entry.pair) != ("one", "half")


def test_the_labeling_config_is_xml_whatever_the_task_says() -> None:
    from xml.etree import ElementTree

    for kind in ("single", "multi", "pair"):
        made = FORMATS.get("label-studio")()
        root = ElementTree.fromstring(made.beside(task(kind))[".config.xml"])
        (choices,) = [one for one in root.iter("Choices") if one.get("name") == "label"]
        assert [one.get("value") for one in choices] == ["good", "bad", "so-so"]
        assert choices.get("choice") == ("multiple" if kind == "multi" else "single")
        assert len(root.findall("Text")) == (2 if kind == "pair" else 1)
