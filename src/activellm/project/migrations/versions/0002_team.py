"""Several people: discussion, reveals, decisions and repeats; who may come in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ACTIONS = "action IN ('label', 'skip', 'undo', 'resolve', 'repeat')"


def upgrade() -> None:
    """Widen the annotations; add people, sessions and reveals."""
    with op.batch_alter_table("annotation", recreate="auto", copy_from=_annotation()) as table:
        table.add_column(
            sa.Column("discuss", sa.Boolean, nullable=False, server_default=sa.false())
        )
        table.add_column(sa.Column("revealed", sa.String(6), nullable=False, server_default=""))
        table.drop_constraint("annotation_action", type_="check")
        table.create_check_constraint("annotation_action", _ACTIONS)
    op.create_table(
        "person",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("created", sa.String(40), nullable=False),
        sa.Column("revoked", sa.String(40), nullable=True),
    )
    op.create_table(
        "session",
        sa.Column("secret_hash", sa.String(64), primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("created", sa.String(40), nullable=False),
    )
    op.create_table(
        "reveal",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("event", sa.String(64), nullable=False, unique=True),
        sa.Column("example_id", sa.Text, nullable=False),
        sa.Column("annotator", sa.Text, nullable=False),
        sa.Column("moment", sa.String(6), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
    )


def _annotation() -> sa.Table:
    """The table as 0001 made it: SQLite does not tell of its check by itself."""
    return sa.Table(
        "annotation",
        sa.MetaData(),
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
        sa.Index("annotation_example", "example_id"),
    )
