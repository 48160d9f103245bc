"""Other software on the same files: a process each, so that it can be watched.

datasketch is no dependency of ours: it needs a Python that has it (tested: 2.0.0).
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path


def plain(folder: Path, place: Path) -> None:
    """Pyarrow reads the CSV file and writes an Arrow file: no ids, no folding."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    reader = arrow_csv.open_csv(folder / "pool.csv")
    with pa.ipc.new_file(str(place / "plain.arrow"), reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)


def unique(folder: Path, place: Path) -> None:
    """Polars keeps the first of equal texts, in order, and writes an Arrow file."""
    import polars

    rows = polars.scan_parquet(folder / "pool.parquet")
    rows.unique("text", keep="first", maintain_order=True).sink_ipc(place / "unique.arrow")


def predict(folder: Path, place: Path) -> None:
    """Scikit-learn's tf-idf and logistic regression on the same labels, 50,000 rows at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from activellm.pool import Pool

    with (place / "labels.csv").open(newline="") as file:
        labels = {row["id"]: row["label"] for row in csv.DictReader(file)}
    examples = Pool.open(place / "project" / "pool.arrow").examples(list(labels))
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression())
    model.fit([example.text for example in examples], list(labels.values()))
    source = pq.ParquetFile(folder / "pool.parquet")
    names = [f"p({name})" for name in model.classes_]
    fields = [pa.field("predicted_label", pa.string()), *(pa.field(n, pa.float64()) for n in names)]
    schema = pa.schema([*source.schema_arrow, *fields])
    with pq.ParquetWriter(place / "predicted.parquet", schema) as writer:
        for batch in source.iter_batches(50_000):
            found = model.predict_proba(batch.column("text").to_pylist())
            best = model.classes_[found.argmax(axis=1)]
            columns = [*batch.columns, pa.array(best.tolist()), *map(pa.array, found.T.copy())]
            writer.write_batch(pa.record_batch(columns, schema=schema))


def datasketch(folder: Path, place: Path) -> None:
    """MinHash and LSH by datasketch, as its documentation has it, on pieces like ours."""
    from datasketch import MinHash, MinHashLSH

    with (folder / "pool.csv").open(newline="", encoding="utf-8") as file:
        texts = dict.fromkeys(row["text"] for row in csv.DictReader(file))
    index, near = MinHashLSH(threshold=0.8, num_perm=128), 0
    for number, text in enumerate(texts):
        bare = " ".join(re.findall(r"\w+", text.casefold()))
        pieces = {bare[at : at + 5].encode() for at in range(max(1, len(bare) - 4))}
        signature = MinHash(num_perm=128)
        signature.update_batch(list(pieces))
        near += bool(index.query(signature))
        index.insert(str(number), signature)
    (place / "printed.txt").write_text(f"{near}\n")


if __name__ == "__main__":
    name, folder, place = sys.argv[1:]
    ways = {"plain": plain, "unique": unique, "datasketch": datasketch, "predict": predict}
    ways[name](Path(folder), Path(place))
