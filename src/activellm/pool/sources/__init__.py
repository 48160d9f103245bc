"""Where texts come from: CSV, TSV, JSONL, JSON, Parquet, plain lines; from a path or a pipe."""

from activellm.pool.sources.base import Record, Source
from activellm.pool.sources.opening import open_source
from activellm.pool.sources.sniff import FORMATS

__all__ = ["FORMATS", "Record", "Source", "open_source"]
