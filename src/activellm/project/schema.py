"""The tables of a project's database."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

metadata = MetaData()

annotation = Table(
    "annotation",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("event", String(64), nullable=False, unique=True),
    Column("example_id", Text, nullable=False),
    Column("annotator", Text, nullable=False),
    Column("action", String(8), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("unsure", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("seconds", Float, nullable=True),
    Column("at", String(40), nullable=False),
    Column("oracle", String(40), nullable=False),
    Column("discuss", Boolean, nullable=False, server_default=false()),
    Column("revealed", String(6), nullable=False, server_default=""),
    CheckConstraint(
        "action IN ('label', 'skip', 'undo', 'resolve', 'repeat')", name="annotation_action"
    ),
    Index("annotation_example", "example_id"),
)
"""What people answered, in the order in which it arrived. Rows are only ever added."""

person = Table(
    "person",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", String(12), nullable=False),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("created", String(40), nullable=False),
    Column("revoked", String(40), nullable=True),
)
"""Who may come in, and as what. Of secrets only hashes are kept."""

session = Table(
    "session",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("person", Text, nullable=False),
    Column("created", String(40), nullable=False),
)
"""Browsers that came in, so that a restart sends nobody away."""

reveal = Table(
    "reveal",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("event", String(64), nullable=False, unique=True),
    Column("example_id", Text, nullable=False),
    Column("annotator", Text, nullable=False),
    Column("moment", String(6), nullable=False),
    Column("label", Text, nullable=False),
    Column("probability", Float, nullable=False),
    Column("at", String(40), nullable=False),
)
"""Each time that somebody was shown the query model's weak label. Rows are only ever added."""

step = Table(
    "step",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("key", String(64), nullable=False),
    Column("value", JSON, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("peak_bytes", Integer, nullable=False),
    Column("at", String(40), nullable=False),
)
"""What a step of a round resulted in, with the key of everything that decided it."""

part = Table(
    "part",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("value", JSON, nullable=False),
)
"""Finished parts of long steps (a fold, a random draw), so that a killed step goes on there."""
