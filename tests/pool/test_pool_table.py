"""Tables of other libraries as pools."""

from __future__ import annotations

import subprocess
import sys

import pyarrow as pa
import pytest

from activellm.errors import DataError, UsageError
from activellm.pool import Pool

ROWS = {
    "text": ["a bin is full", "the light is out", None, "a bin is full", "ünï x"],
    "label": ["waste", "roads", None, "waste", None],
    "number": [1, 2, 3, None, 5],
}


def told(pool: Pool) -> list[tuple[str, str | None, int, int, dict[str, str]]]:
    return [(one.text, one.label, one.row, one.copies, dict(one.meta)) for one in pool]


def check(pool: Pool) -> None:
    """What each library's table of ROWS becomes."""
    assert [row[:4] for row in told(pool)] == [
        ("a bin is full", "waste", 1, 2),
        ("the light is out", "roads", 2, 1),
        ("ünï x", None, 5, 1),
    ]
    assert pool.report.empty == 1
    assert pool.meta == ("number",)


def test_arrow_in_all_its_shapes() -> None:
    table = pa.table(ROWS)
    for given in (table, table.to_reader(2), table.to_batches()[0], ROWS):
        pool = Pool.from_table(given, text="text", label="label")
        check(pool)
        assert pool.column("number", [next(iter(pool)).id]) == ["1"]
    chunks = pa.concat_tables([table.slice(0, 2), table.slice(2)])
    check(Pool.from_table(chunks, text="text", label="label"))


def test_dictionaries_nested_values_and_dates_are_text() -> None:
    table = pa.table(
        {
            "text": pa.array(["one text", "two texts"]).dictionary_encode(),
            "tags": [["x"], []],
            "day": pa.array([0, None], pa.date32()),
        }
    )
    first, second = Pool.from_table(table, text="text")
    assert first.meta == {"tags": '["x"]', "day": "1970-01-01"}
    assert second.meta == {"tags": "[]", "day": ""}


def test_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(ROWS)
    check(Pool.from_table(frame, text="text", label="label"))
    shuffled = Pool.from_table(frame.loc[[4, 0, 1]], text="text", label="label")
    assert shuffled.meta == ("number",), "an index without a name is no column"
    assert [one.row for one in shuffled] == [1, 2, 3]
    keyed = frame.head(2).assign(key=["k1", "k2"]).set_index("key")
    assert [one.id for one in Pool.from_table(keyed, text="text", id="key")] == ["k1", "k2"]
    with pytest.raises(DataError, match="Arrow cannot read it"):
        Pool.from_table(pandas.DataFrame({"text": ["a", 5, b"c"]}), text="text")


def test_polars() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(ROWS)
    check(Pool.from_table(frame, text="text", label="label"))
    pairs = polars.DataFrame({"text_a": ["a b", "c d"], "text_b": ["e f", "g h"]})
    assert [one.content for one in Pool.from_table(pairs, pair=True)] == [
        ("a b", "e f"),
        ("c d", "g h"),
    ]
    with pytest.raises(UsageError, match="no table but LazyFrame"):
        Pool.from_table(frame.lazy())
    with pytest.raises(DataError, match="Arrow cannot read it"):
        Pool.from_table(frame["text"])


def test_datasets() -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {
            "text": datasets.Value("string"),
            "label": datasets.ClassLabel(names=["waste", "roads"]),
        }
    )
    rows = {"text": ["full bin", "dark street", "which?"], "label": [0, 1, -1]}
    data = datasets.Dataset.from_dict(rows, features=features)
    backwards = data.select([2, 1, 0])
    assert [row[:2] for row in told(Pool.from_table(backwards, label="label"))] == [
        ("which?", None),
        ("dark street", "roads"),
        ("full bin", "waste"),
    ]
    stream = data.to_iterable_dataset().filter(lambda row: row["label"] >= 0)
    assert len(Pool.from_table(stream, text="text", label="label")) == 2
    with pytest.raises(UsageError, match="several data sets: train, test"):
        Pool.from_table(datasets.DatasetDict(train=data, test=data))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["a", "b"], "no table but list"),
        ("a.csv", "no table but str"),
        ({"text": "abc"}, "Each column must be a list"),
        ({"text": ["a"], "label": ["x", "y"]}, "'text' has 1, 'label' has 2"),
        ({"text": []}, "holds no rows"),
        ({}, "holds no rows"),
        (pa.table({"text": pa.array([], pa.string())}), "holds no rows"),
    ],
    ids=["list", "path", "string column", "lengths", "empty", "no columns", "no rows"],
)
def test_what_is_no_table_is_refused(given: object, words: str) -> None:
    with pytest.raises((UsageError, DataError), match=words):
        Pool.from_table(given)


def test_none_of_the_libraries_is_needed() -> None:
    code = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in ("pandas", "polars", "datasets"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
import pyarrow
from activellm import Pool
for table in ({"text": ["one text", "another"]}, pyarrow.table({"text": ["one text", "another"]})):
    assert len(Pool.from_table(table)) == 2
"""
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
