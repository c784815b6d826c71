"""Runs of matching and what they propose, with row-level security."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "jobs_0007"
down_revision = "jobs_0008"
branch_labels = None
depends_on = None

# In a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
TABLES = ("matching_run", "matching_proposal")
Column = sa.Column[object]


def upgrade() -> None:
    _runs()
    _proposals()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY area ON {table} USING ({VISIBLE}) WITH CHECK ({VISIBLE})")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP POLICY area ON {table}")
        op.drop_table(table)


def _id(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _string(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.String(), nullable=nullable)


def _whole(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _small(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.SmallInteger(), nullable=nullable)


def _moment(name: str, *, nullable: bool = True) -> Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _json(name: str) -> Column:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=True)


def _area() -> Column:
    return sa.Column("area_code", sa.Text(collation="C"), nullable=False)


def _runs() -> None:
    op.create_table(
        "matching_run",
        _id("id"),
        _area(),
        _string("state"),
        *(_small(name) for name in ("progress", "attempts")),
        _id("repeats", nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        *(_id(name, nullable=True) for name in ("weights_policy_id", "distances_policy_id", "posts_policy_id")),
        sa.Column("input_sealed", sa.LargeBinary(), nullable=True),
        *(_string(name, nullable=True) for name in ("input_digest", "result_digest")),
        *(_whole(name, nullable=True) for name in ("people", "posts", "openings", "placed", "value")),
        *(_json(name) for name in ("exposure", "unlawful")),
        _string("failure", nullable=True),
        _id("asked_by"),
        _moment("asked_at", nullable=False),
        *(_moment(name) for name in ("started_at", "finished_at")),
        sa.PrimaryKeyConstraint("id", name="pk_matching_run"),
        sa.ForeignKeyConstraint(["repeats"], ["matching_run.id"], name="fk_matching_run_repeats"),
    )
    op.create_index("ix_matching_run_area", "matching_run", ["area_code", "id"])
    op.create_index(
        "ix_matching_run_waiting",
        "matching_run",
        ["id"],
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )


def _proposals() -> None:
    op.create_table(
        "matching_proposal",
        *(_id(name) for name in ("id", "run_id", "person_id")),
        _area(),
        _id("need_id"),
        _id("post_id", nullable=True),
        _string("state"),
        _small("score", nullable=True),
        _json("parts"),
        _whole("priority"),
        sa.Column("groups", sa.ARRAY(sa.Text()), nullable=False),
        _whole("possible"),
        *(_string(name, nullable=True) for name in ("why", "change")),
        _json("facts"),
        _id("policy_id"),
        _string("reason", nullable=True),
        _id("decided_by", nullable=True),
        _moment("decided_at"),
        _whole("version"),
        sa.PrimaryKeyConstraint("id", name="pk_matching_proposal"),
        sa.ForeignKeyConstraint(["run_id"], ["matching_run.id"], name="fk_matching_proposal_run_id"),
        sa.ForeignKeyConstraint(["need_id"], ["work_need.id"], name="fk_matching_proposal_need_id"),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_matching_proposal_post_id"),
        sa.ForeignKeyConstraint(
            ["person_id", "area_code"],
            ["person.id", "person.area_code"],
            name="fk_matching_proposal_person_id_area_code",
            onupdate="CASCADE",
        ),
    )
    for name, columns, unique, where in (
        ("uq_matching_proposal_person", ["run_id", "person_id"], True, None),
        ("ix_matching_proposal_state", ["run_id", "state", "id"], False, None),
        ("ix_matching_proposal_person", ["person_id"], False, None),
        ("ix_matching_proposal_open", ["area_code", "id"], False, "state IN ('proposed', 'left')"),
    ):
        op.create_index(
            name, "matching_proposal", columns, unique=unique, postgresql_where=sa.text(where) if where else None
        )
