"""Children who dropped out of school: cases, moves, entries, legal steps, and checks after a return as tasks."""

import sqlalchemy as sa
from alembic import op

revision = "households_0015"
down_revision = "households_0014"
branch_labels = None
depends_on = None

# As in 0004: in a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
TABLES = ("dropout_case", "dropout_move", "dropout_entry", "legal_step", "stay_check")
Column = sa.Column[object]


def upgrade() -> None:
    _cases()
    _moves()
    _entries()
    _legal_steps()
    _stay_checks()
    op.add_column("task", _id("dropout_case_id", nullable=True))
    # Suspicions are looked for among the checks of one family of risks.
    op.create_index(
        "ix_risk_case_education", "risk_case", ["area_code"], postgresql_where=sa.text("risk_family = 'education'")
    )
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY area ON {table} USING ({VISIBLE}) WITH CHECK ({VISIBLE})")


def downgrade() -> None:
    op.drop_index("ix_risk_case_education", "risk_case")
    op.drop_column("task", "dropout_case_id")
    for table in reversed(TABLES):
        op.execute(f"DROP POLICY area ON {table}")
        op.drop_table(table)


def _text(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _string(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.String(), nullable=nullable)


def _id(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _day(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _sealed(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _small(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.SmallInteger(), nullable=nullable)


def _area() -> Column:
    return sa.Column("area_code", sa.Text(collation="C"), nullable=False)


def _of_case(table: str, *columns: object) -> None:
    op.create_table(
        table,
        _id("id"),
        _id("case_id"),
        _area(),
        *columns,
        sa.ForeignKeyConstraint(
            ["case_id", "area_code"],
            ["dropout_case.id", "dropout_case.area_code"],
            name=f"fk_{table}_case_id_area_code",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_case", table, ["case_id", "id"])


def _cases() -> None:
    op.create_table(
        "dropout_case",
        _id("id"),
        _id("member_id"),
        _id("household_id"),
        _area(),
        _text("state"),
        _string("source"),
        _id("risk_case_id", nullable=True),
        *(_string(name, nullable=True) for name in ("school", "school_grade", "term")),
        *(_day(name) for name in ("found_on", "state_since")),
        _small("round"),
        _day("returned_on", nullable=True),
        _small("legal_step"),
        _string("exemption", nullable=True),
        *(_id(name) for name in ("policy_id", "opened_by")),
        _moment("opened_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        _moment("updated_at"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_dropout_case_member_id"),
        sa.ForeignKeyConstraint(
            ["household_id", "area_code"],
            ["household.id", "household.area_code"],
            name="fk_dropout_case_household_id_area_code",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_dropout_case"),
        sa.UniqueConstraint("id", "area_code", name="uq_dropout_case_id_area_code"),
    )
    op.create_index(
        "uq_dropout_case_member",
        "dropout_case",
        ["member_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('stable', 'exempt')"),
    )
    op.create_index("ix_dropout_case_member", "dropout_case", ["member_id"])
    op.create_index("ix_dropout_case_household", "dropout_case", ["household_id"])
    op.create_index("ix_dropout_case_area", "dropout_case", ["area_code", "id"])


def _moves() -> None:
    _of_case(
        "dropout_move",
        _text("from_state", nullable=True),
        _text("to_state"),
        _text("cause"),
        _id("ref", nullable=True),
        _day("happened_on"),
        _moment("at"),
        _id("by"),
        _id("policy_id", nullable=True),
        _sealed("note_sealed", nullable=True),
    )


def _entries() -> None:
    _of_case(
        "dropout_entry",
        _string("kind"),
        _moment("happened_at"),
        _day("until", nullable=True),
        _string("result", nullable=True),
        _small("lessons", nullable=True),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ("latitude", "longitude")),
        _sealed("sealed"),
        _id("recorded_by"),
        _moment("recorded_at"),
    )


def _legal_steps() -> None:
    _of_case(
        "legal_step",
        *(_text(name) for name in ("kind", "level")),
        _string("document_no"),
        *(_day(name) for name in ("issued_on", "served_on")),
        _sealed("proof_sealed"),
        *(_id(name) for name in ("policy_id", "recorded_by")),
        _moment("recorded_at"),
        _day("withdrawn_on", nullable=True),
    )
    op.create_index(
        "uq_legal_step_live",
        "legal_step",
        ["case_id", "kind"],
        unique=True,
        postgresql_where=sa.text("withdrawn_on IS NULL"),
    )


def _stay_checks() -> None:
    _of_case(
        "stay_check",
        _id("task_id"),
        *(_small(name) for name in ("round", "days")),
        _day("planned_on"),
        _string("state"),
        _day("seen_on", nullable=True),
        _string("reason", nullable=True),
        _sealed("note_sealed", nullable=True),
        _id("policy_id"),
        _id("answered_by", nullable=True),
        _moment("answered_at", nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_stay_check_task_id"),
        sa.UniqueConstraint("task_id", name="uq_stay_check_task_id"),
    )
