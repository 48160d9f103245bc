"""Annotations, step results, and parts of long steps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables."""
    op.create_table(
        "annotation",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("event", sa.String(64), nullable=False, unique=True),
        sa.Column("example_id", sa.Text, nullable=False),
        sa.Column("annotator", sa.Text, nullable=False),
        sa.Column("action", sa.String(8), nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("unsure", sa.Boolean, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("seconds", sa.Float, nullable=True),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("oracle", sa.String(40), nullable=False),
        sa.CheckConstraint("action IN ('label', 'skip', 'undo')", name="annotation_action"),
    )
    op.create_index("annotation_example", "annotation", ["example_id"])
    op.create_table(
        "step",
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("peak_bytes", sa.Integer, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
    )
    op.create_table(
        "part",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )
