"""Other software on the same files: a process each, so that it can be watched."""

from __future__ import annotations

import csv
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


if __name__ == "__main__":
    name, folder, place = sys.argv[1:]
    {"plain": plain, "unique": unique, "predict": predict}[name](Path(folder), Path(place))
