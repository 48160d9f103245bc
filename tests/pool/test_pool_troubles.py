"""Each broken input gives one error that says what is wrong, and where."""

from __future__ import annotations

import gzip
import io
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from activellm.errors import DataError
from activellm.pool import open_source

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
PARQUET = io.BytesIO()
pq.write_table(pa.table({"text": [f"text {n}" for n in range(999)]}), PARQUET)


def read(path, format=None):
    return list(open_source(path, format).records())


@pytest.mark.parametrize(
    ("name", "data", "where", "what"),
    [
        ("a.csv", b"", "a.csv", "is empty"),
        ("a.csv", b" \n\n", "a.csv", "is empty"),
        ("a.csv", b"\xef\xbb\xbf\n\n", "a.csv", "only empty lines"),
        ("a.csv", PNG, "a.csv", "not text but a picture"),
        ("a.csv", bytes(range(256)) * 9, "a.csv", "not text but a binary file"),
        ("a.csv", b"PK\x03\x04rest", "a.csv", "ZIP archive or an Excel"),
        ("a.csv", PARQUET.getvalue(), "a.csv", "--format parquet"),
        ("a.csv", b"text,label\na,1\nb,2,3\n", "a.csv, row 2 (line 3)", "3 cells, the header 2"),
        ("a.csv", b'text,label\n"a\nb",1\nb\n', "a.csv, row 2 (line 4)", "1 cells, the header 2"),
        ("a.csv", b"text\nHello, you\n", "a.csv, row 1 (line 2)", "--format txt"),
        ("a.csv", b'text,label\na,1\n"b,2\nc,3\n', "a.csv, row 2", "quote that opens"),
        ("a.csv", b'text,label\n"a"b,1\n', "a.csv, row 1", "',' expected after '\"'"),
        ("a.csv", b"text,text\na,b\n", "a.csv, header", "Two columns are called 'text'"),
        ("a.tsv", b"text\tlabel\na\n", "a.tsv, row 1 (line 2)", "kept apart by tab"),
        ("a.txt", b"one\nt\0wo\n", "a.txt, row 2", "NUL"),
        ("a.jsonl", b'{"text": "a"}\n\n{"text": \n', "a.jsonl, line 3", "not valid JSON"),
        ("a.jsonl", b'{"text": "a"}\n7\n', "a.jsonl, line 2", "not int"),
        ("a.jsonl", b"{}\n{}\n", "a.jsonl", "no rows"),
        ("a.jsonl", b'{"n": ' + b"9" * 5000 + b"}", "a.jsonl, line 1", "limit"),
        ("a.jsonl", b'{"n": ' + b"[" * 99999, "a.jsonl, line 1", "nested too deeply"),
        ("a.jsonl", b'{"te\\ud800xt": "a"}', "a.jsonl", "is no text"),
        ("a.csv", b"te\0xt,label\na,b\n", "a.csv", "is no text"),
        ("a.csv", b",".join(b"c%d" % n for n in range(2001)), "a.csv", "2001 columns"),
        ("a.json", b'[{"text": "a"},\n{"text" "b"}]', "a.json", "line 2, character 9"),
        ("a.json", b'[{"text": "a"}, 7]', "a.json, row 2", "not int"),
        ("a.json", b'{"a": ["x"], "b": ["y"]}', "a.json", "exactly one array"),
        ("a.json", b'{"a": "x"}', "a.json", "found: none"),
        ("a.json", b"7", "a.json", "neither an array nor an object"),
        ("a.json", b"[]", "a.json", "no rows"),
        ("a.parquet", b"text,label\n", "a.parquet", "no readable Parquet"),
        ("a.parquet", PARQUET.getvalue()[:-50], "a.parquet", "no readable Parquet"),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "a.csv.gz", "is empty"),
        ("a.csv.gz", b"\x1f\x8bnonsense", "a.csv.gz", "damaged"),
    ],
)
def test_broken_files(tmp_path, monkeypatch, name, data, where, what):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError) as caught:
        read(name)
    assert caught.value.where == where
    assert what in str(caught.value)
    assert caught.value.exit_code == 2


def test_parquet_with_damaged_data(tmp_path):
    data = bytearray(PARQUET.getvalue())
    data[50:400] = b"\xff" * 350
    (tmp_path / "a.parquet").write_bytes(data)
    with pytest.raises(DataError, match="row 1: Cannot be read"):
        read(tmp_path / "a.parquet")


def test_missing_and_folder(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read(tmp_path / "none.csv")
    with pytest.raises(DataError, match="a folder"):
        read(tmp_path)


def test_a_keyboard_is_no_source(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    with pytest.raises(DataError, match="Nothing is piped in"):
        read("-")


def test_unreadable_file(tmp_path):
    (tmp_path / "a.csv").symlink_to(tmp_path / "a.csv")
    with pytest.raises(DataError, match=r"no such file|Cannot read it"):
        read(tmp_path / "a.csv")


def test_nothing_is_swallowed_between_good_rows(tmp_path):
    rows = [json.dumps({"text": f"t{n}"}) for n in range(2000)]
    rows[1500] = "{"
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    with pytest.raises(DataError, match="line 1501"):
        open_source(tmp_path / "a.jsonl")
