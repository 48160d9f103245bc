"""Every format gives back exactly the texts that another library wrote into it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activellm.errors import DataError, UnknownNameError
from activellm.pool import open_source
from activellm.pool.sources.sniff import sniff_text

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
LINES = st.text(st.characters(exclude_characters="\0\r\n", exclude_categories=["Cs"]))


def cells_of(source, column="text"):
    return [record.values[column] for record in source.records()]


class FormatContract(ABC):
    """What every format keeps; a subclass writes rows with another library's writer."""

    name: str
    format: str
    texts = TEXTS

    @abstractmethod
    def data(self, rows: list[tuple[str, str]]) -> bytes:
        """Rows of the columns "text" and "label"."""

    def write(self, folder: Path, rows, suffix="") -> Path:
        data = self.data(rows)
        path = folder / (self.name + suffix)
        path.write_bytes(gzip.compress(data) if suffix else data)
        return path

    def test_round_trip(self):
        @settings(max_examples=60)
        @given(st.lists(st.tuples(self.texts, self.texts)))
        def check(drawn):
            rows = [("never empty", "a"), *drawn]
            with tempfile.TemporaryDirectory() as folder:
                source = open_source(self.write(Path(folder), rows), self.format, encoding="utf-8")
                assert cells_of(source) == [text for text, _ in rows]
                if "label" in source.columns:
                    assert cells_of(source, "label") == [label for _, label in rows]

        check()

    def test_rows_are_counted_from_one_and_can_be_read_again(self, tmp_path):
        source = open_source(self.write(tmp_path, [("one", "a"), ("two", "b")]))
        for _ in range(2):
            assert [record.row for record in source.records()] == [1, 2]

    def test_gzip(self, tmp_path):
        source = open_source(self.write(tmp_path, [("one", "a"), ("two", "b")], ".gz"))
        assert source.format == self.format
        assert cells_of(source) == ["one", "two"]

    def test_cut_off_gzip(self, tmp_path):
        path = self.write(tmp_path, [(f"text {n}", "a") for n in range(99)], ".gz")
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(DataError, match="damaged or cut off"):
            list(open_source(path).records())

    @pytest.mark.parametrize("asked", [True, False])
    def test_standard_input(self, monkeypatch, asked):
        data = self.data([("Where is the bus?", "a"), ("Here, at last.", "b")])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        source = open_source("-", self.format if asked else None)
        assert (source.name, source.format) == ("standard input", self.format)
        assert cells_of(source) == ["Where is the bus?", "Here, at last."]

    def test_long_cells(self, tmp_path):
        text = "x" * 300_000
        assert cells_of(open_source(self.write(tmp_path, [(text, "a")]))) == [text]


class TestCsv(FormatContract):
    name, format, delimiter = "pool.csv", "csv", ","

    def data(self, rows):
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=self.delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([("text", "label"), *rows])
        return file.getvalue().encode()

    def test_nul_names_the_row(self, tmp_path):
        path = self.write(tmp_path, [("fine", "a"), ("not\0fine", "b")])
        with pytest.raises(DataError, match="row 2: The row holds a NUL"):
            list(open_source(path).records())


class TestTsv(TestCsv):
    name, format, delimiter = "pool.tsv", "tsv", "\t"

    def test_quotes_that_do_not_pair_are_characters(self, tmp_path):
        path = tmp_path / "raw.tsv"
        path.write_text('text\tlabel\n"Hello, he said.\ta\nHi "there"\tb\n"no" it is\tc\n')
        assert cells_of(open_source(path)) == ['"Hello, he said.', 'Hi "there"', '"no" it is']


class TestJsonLines(FormatContract):
    name, format = "pool.jsonl", "jsonl"

    def data(self, rows):
        lines = (json.dumps({"text": text, "label": label}) for text, label in rows)
        return "\n".join(lines).encode()

    def test_later_keys_missing_keys_and_other_values(self, tmp_path):
        path = tmp_path / "pool.ndjson"
        path.write_text(
            '{"text": "a", "n": 1.5}\n\n{"text": null, "tags": ["ä", {"b": true}]}\n"c"'
        )
        source = open_source(path)
        assert source.columns == ("text", "n", "tags")
        assert [dict(record.values) for record in source.records()] == [
            {"text": "a", "n": "1.5", "tags": ""},
            {"text": "", "n": "", "tags": '["ä", {"b": true}]'},
            {"text": "c", "n": "", "tags": ""},
        ]

    def test_lone_surrogates_and_nul_become_replacement_characters(self, tmp_path):
        path = tmp_path / "pool.jsonl"
        path.write_text('{"text": "a\\ud800b \\ud83d\\ude00 \\u0000"}')
        assert cells_of(open_source(path)) == ["a\ufffdb \U0001f600 \ufffd"]


class TestJson(FormatContract):
    name, format = "pool.json", "json"

    def data(self, rows):
        return json.dumps([{"text": text, "label": label} for text, label in rows]).encode()

    @pytest.mark.parametrize(
        "document",
        [["one", "two"], {"rows": ["one", "two"], "version": 2}, {"x": [{"text": "one"}, "two"]}],
    )
    def test_shapes(self, tmp_path, document):
        path = tmp_path / "pool.json"
        path.write_text(json.dumps(document, indent=1))
        assert cells_of(open_source(path)) == ["one", "two"]

    def test_json_lines_under_a_json_name(self, tmp_path):
        path = tmp_path / "pool.json"
        path.write_text('{"text": "one"}\n{"text": "two"}\n')
        assert open_source(path).format == "jsonl"


class TestParquet(FormatContract):
    name, format = "pool.parquet", "parquet"

    def data(self, rows):
        file = io.BytesIO()
        texts, labels = zip(*rows, strict=True)
        pq.write_table(pa.table({"text": texts, "label": labels}), file)
        return file.getvalue()

    def test_other_types_as_json_text(self, tmp_path):
        import datetime

        table = pa.table(
            {
                "text": pa.array(["a", None]).dictionary_encode(),
                "n": [1, None],
                "day": [datetime.date(2026, 3, 1), None],
                "tags": [["x", "y"], []],
                "bytes": [b"caf\xc3\xa9", None],
            }
        )
        pq.write_table(table, path := tmp_path / "pool.pq")
        assert [list(record.values.values()) for record in open_source(path).records()] == [
            ["a", "1", "2026-03-01", '["x", "y"]', "café"],
            ["", "", "", "[]", ""],
        ]


class TestLines(FormatContract):
    name, format, texts = "pool.txt", "txt", LINES

    def data(self, rows):
        return "".join(f"{text}\n" for text, _ in rows).encode()

    def test_windows_line_ends_and_no_last_one(self, tmp_path):
        path = tmp_path / "pool.txt"
        path.write_bytes(b"one\r\ntwo\r\n\r\nthree")
        assert cells_of(open_source(path)) == ["one", "two", "", "three"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_of_a_csv(tmp_path, delimiter):
    rows = [["id", "text", "label"], ["1", "one, two; or | three?", "a"], ["2", 'line\n"2"', "b"]]
    with (path := tmp_path / "pool.csv").open("w", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    assert cells_of(open_source(path)) == ["one, two; or | three?", 'line\n"2"']


def test_single_column_csv_and_nameless_columns(tmp_path):
    path = tmp_path / "pool.csv"
    path.write_text('text\n"Hello, you"\n\nBye\n')
    assert cells_of(open_source(path)) == ["Hello, you", "Bye"]
    path.write_text(",text\n0,Hello\n")
    assert open_source(path).columns == ("column 1", "text")


@pytest.mark.parametrize(
    ("sample", "format"),
    [
        ("text,label\nHello,a\nBye,b\n", "csv"),
        ("text\tlabel\nHello\ta\n", "tsv"),
        ('{"text": "a"}\n{"text": "b"}\n', "jsonl"),
        ('{"rows": [1]}', "json"),
        ('\n[\n"a"]', "json"),
        ("Hello, you.\nHow are you, today?\n", "txt"),
        ("The light is broken.\nPlease repair it.\n", "txt"),
        ("One, two, three.\nFour.\n", "txt"),
        ("lonely", "txt"),
    ],
)
def test_sniffing(sample, format):
    assert sniff_text(sample) == format


def test_a_named_pipe_is_read_once_and_kept(tmp_path):
    import os
    import threading

    os.mkfifo(path := tmp_path / "pipe")
    writer = threading.Thread(target=path.write_text, args=("one\ntwo\n",))
    writer.start()
    source = open_source(path, "txt")
    writer.join()
    assert cells_of(source) == cells_of(source) == ["one", "two"]


def test_unknown_format(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(UnknownNameError, match="Did you mean 'csv'"):
        open_source(tmp_path / "a.txt", "cvs")
