"""A pool that is read from disk."""

from __future__ import annotations

import gc
import random

import pyarrow as pa
import pytest

from activellm.errors import DataError, UsageError
from activellm.pool import Pool


@pytest.fixture(scope="module")
def pool():
    """20,000 texts: three of the file's batches."""
    return Pool.from_texts(
        [f"text number {n}" for n in range(20_000)],
        ids=[f"id-{n}" for n in range(20_000)],
        labels=["odd" if n % 1000 == 1 else None for n in range(20_000)],
        meta={"square": [str(n * n) for n in range(20_000)]},
    )


def test_length_and_order(pool):
    assert len(pool) == 20_000
    assert [e.id for e in pool] == [f"id-{n}" for n in range(20_000)]
    assert (pool.pair, pool.meta) == (False, ("square",))


def test_batches(pool):
    sizes = [len(batch) for batch in pool.batches(7000)]
    assert sizes == [7000, 7000, 6000]


def test_examples_in_the_asked_order(pool):
    numbers = [*random.Random(0).sample(range(20_000), 3000), 5, 5]
    examples = pool.examples([f"id-{n}" for n in numbers])
    assert [e.text for e in examples] == [f"text number {n}" for n in numbers]
    assert examples[0].meta == {"square": str(numbers[0] ** 2)}
    assert pool.examples([]) == []


def test_positions_and_ids(pool):
    assert pool.positions(["id-19999", "id-0"]).tolist() == [19_999, 0]
    assert pool.ids_at(pool.positions(["id-9", "id-8191", "id-8192"])) == [
        "id-9",
        "id-8191",
        "id-8192",
    ]


def test_unknown_ids(pool):
    with pytest.raises(DataError, match=r"id 'x' \(nor with 1 others\)"):
        pool.examples(["id-1", "x", "y"])


def test_columns(pool):
    assert pool.column("square", ["id-12", "id-3"]) == ["144", "9"]
    assert pool.column("label", ["id-1001", "id-3"]) == ["odd", ""]
    assert pool.column("text", ["id-3"]) == ["text number 3"]
    with pytest.raises(DataError, match=r"no column 'cube'.*'square'"):
        pool.column("cube", ["id-3"])


def test_labelled(pool):
    assert list(pool.labelled()) == [(f"id-{n}", "odd") for n in range(1, 20_000, 1000)]


def test_facts():
    pool = Pool.from_texts(["x" * n for n in [*range(1, 102), 7]] + [""])
    facts = pool.describe()
    assert (facts.texts, facts.duplicates, facts.empty, facts.labelled) == (101, 1, 1, 0)
    assert facts.characters == {0.0: 1, 0.1: 11, 0.5: 51, 0.9: 91, 1.0: 101}
    assert len(pool.describe(sample=3).characters) == 5


def test_pairs():
    pool = Pool.from_texts([("a", "b"), ("a", "c"), ["a", "b "]])
    assert pool.pair
    assert [(e.content, e.copies) for e in pool] == [(("a", "b"), 2), (("a", "c"), 1)]
    assert pool.describe().characters[1.0] == 2
    assert pool.column("text_b", [e.id for e in pool]) == ["b", "c"]


def test_read(tmp_path):
    (tmp_path / "a.csv").write_text("nr,notice,kind\n1,Light is out,lamp\n2,Hole,road\n")
    pool = Pool.read(tmp_path / "a.csv", text="notice", label="kind", id="nr")
    assert list(pool.labelled()) == [("1", "lamp"), ("2", "road")]
    assert pool.report.columns.how == "as named"


def test_a_temporary_pool_goes_away():
    pool = Pool.from_texts(["a"])
    path = pool.path
    assert path.exists()
    del pool
    gc.collect()
    assert not path.parent.exists()


def test_a_failed_import_leaves_no_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(DataError):
        Pool.from_texts([""])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"texts": "one string"}, "not of one string"),
        ({"texts": ["a", 7]}, "must be str, not int"),
        ({"texts": [("a", "b"), "c"]}, "row 2: .*two texts"),
        ({"texts": ["a", "b"], "labels": ["x"]}, "2 texts, but 1 of 'label'"),
        ({"texts": ["a"], "meta": {"text": ["x"]}}, "cannot be called 'text'"),
    ],
)
def test_wrong_use(arguments, what):
    with pytest.raises(UsageError, match=what):
        Pool.from_texts(**arguments)


def test_lone_surrogates_and_nul_become_replacement_characters():
    (example,) = Pool.from_texts(["a\ud800\0"])
    assert example.text == "a\ufffd\ufffd"


def test_open_what_is_no_pool(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        Pool.open(tmp_path / "none.arrow")
    (tmp_path / "a.arrow").write_bytes(b"text")
    with pytest.raises(DataError, match="no readable pool"):
        Pool.open(tmp_path / "a.arrow")
    (tmp_path / "e.arrow").write_bytes(b"")
    with pytest.raises(DataError, match="no readable pool"):
        Pool.open(tmp_path / "e.arrow")
    table = pa.table({"id": ["a"]})
    with pa.ipc.new_file(str(tmp_path / "other.arrow"), table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(DataError, match="no pool that this version can read"):
        Pool.open(tmp_path / "other.arrow")
