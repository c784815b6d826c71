"""Measures, the check before elimination, public notices with objections, authorisations and comparison tickets."""

import sqlalchemy as sa
from alembic import op

revision = "households_0012"
down_revision = "households_0011"
branch_labels = None
depends_on = None

# As in 0004: in a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
TABLES = (
    "measure",
    "elimination_check",
    "public_notice",
    "notice_entry",
    "objection",
    "authorisation",
    "comparison_ticket",
)
Column = sa.Column[object]


def upgrade() -> None:
    _measures()
    _elimination_checks()
    _notices()
    _objections()
    _authorisations()
    _tickets()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY area ON {table} USING ({VISIBLE}) WITH CHECK ({VISIBLE})")


def downgrade() -> None:
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


def _number(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _small(name: str) -> Column:
    return sa.Column(name, sa.SmallInteger(), nullable=False)


def _flag(name: str) -> Column:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _area() -> Column:
    return sa.Column("area_code", sa.Text(collation="C"), nullable=False)


def _of_a_case(table: str, *columns: object, key: tuple[str, ...] = ("id",)) -> None:
    op.create_table(
        table,
        *columns,
        sa.ForeignKeyConstraint(
            ["case_id", "area_code"],
            ["monitoring_case.id", "monitoring_case.area_code"],
            name=f"fk_{table}_case_id_area_code",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint(*key, name=f"pk_{table}"),
    )


def _measures() -> None:
    _of_a_case(
        "measure",
        _id("id"),
        _id("case_id"),
        _area(),
        _small("round"),
        *(_string(name) for name in ("risk", "kind")),
        _string("sub_kind", nullable=True),
        *(_string(name) for name in ("tag", "bureau")),
        _sealed("content_sealed"),
        sa.Column("amount", sa.Numeric(12, 2), nullable=True),
        _number("quota", nullable=True),
        _day("planned_on"),
        _day("due_on"),
        _day("delivered_on", nullable=True),
        _sealed("proof_sealed", nullable=True),
        _sealed("reason_sealed", nullable=True),
        _text("state"),
        _id("policy_id", nullable=True),
        _flag("fits"),
        _string("source"),
        _string("source_ref", nullable=True),
        _number("version"),
        _id("recorded_by"),
        _moment("recorded_at"),
        _id("updated_by"),
        _moment("updated_at"),
    )
    op.create_index("ix_measure_case", "measure", ["case_id", "id"])
    op.create_index("uq_measure_source_ref", "measure", ["source", "source_ref"], unique=True)


def _elimination_checks() -> None:
    _of_a_case(
        "elimination_check",
        _id("id"),
        _id("case_id"),
        _area(),
        _small("round"),
        _day("checked_on"),
        *(_flag(name) for name in ("income_stable", "spending_solved")),
        _string("manner"),
        _flag("has_contact"),
        _sealed("sealed"),
        _id("recorded_by"),
        _moment("recorded_at"),
    )
    op.create_index("ix_elimination_check_case", "elimination_check", ["case_id", "id"])


def _notices() -> None:
    op.create_table(
        "public_notice",
        _id("id"),
        _area(),
        _text("kind"),
        _text("state"),
        _sealed("text_sealed"),
        *(_small(name) for name in ("min_days", "lapse_days", "tell_days")),
        _id("policy_id"),
        _sealed("proof_sealed", nullable=True),
        _day("started_on", nullable=True),
        _string("started_photo", nullable=True),
        _moment("started_at", nullable=True),
        _day("ended_on", nullable=True),
        _string("ended_photo", nullable=True),
        _moment("ended_at", nullable=True),
        _number("version"),
        _id("drafted_by"),
        _moment("drafted_at"),
        _id("updated_by"),
        sa.PrimaryKeyConstraint("id", name="pk_public_notice"),
    )
    op.create_index("ix_public_notice_area", "public_notice", ["area_code", "id"])
    _of_a_case(
        "notice_entry",
        _id("notice_id"),
        _id("case_id"),
        _area(),
        _small("round"),
        _text("kind"),
        _moment("added_at"),
        _moment("void_at", nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["public_notice.id"], name="fk_notice_entry_notice_id"),
        key=("notice_id", "case_id"),
    )
    op.create_index("ix_notice_entry_case", "notice_entry", ["case_id"])
    op.create_index(
        "uq_notice_entry_live",
        "notice_entry",
        ["case_id", "kind"],
        unique=True,
        postgresql_where=sa.text("void_at IS NULL"),
    )


def _objections() -> None:
    _of_a_case(
        "objection",
        _id("id"),
        _id("notice_id"),
        _id("case_id"),
        _area(),
        _sealed("sealed"),
        _day("received_on"),
        _text("state"),
        _sealed("reason_sealed", nullable=True),
        _day("answered_on", nullable=True),
        _id("answered_by", nullable=True),
        _number("version"),
        _id("recorded_by"),
        _moment("recorded_at"),
        sa.ForeignKeyConstraint(
            ["notice_id", "case_id"],
            ["notice_entry.notice_id", "notice_entry.case_id"],
            name="fk_objection_notice_id_case_id",
        ),
    )
    op.create_index("ix_objection_notice", "objection", ["notice_id", "id"])
    op.create_index("ix_objection_case", "objection", ["case_id"])


def _authorisations() -> None:
    _of_a_case(
        "authorisation",
        _id("id"),
        _id("case_id"),
        _area(),
        _small("round"),
        _id("member_id", nullable=True),
        _sealed("signer_sealed"),
        _day("signed_on"),
        _string("scan_sha256", nullable=True),
        _id("recorded_by"),
        _moment("recorded_at"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_authorisation_member_id"),
    )
    op.create_index("ix_authorisation_case", "authorisation", ["case_id", "id"])


def _tickets() -> None:
    _of_a_case(
        "comparison_ticket",
        _id("id"),
        _id("case_id"),
        _area(),
        _small("round"),
        _id("member_id"),
        *(_string(name) for name in ("kind", "feed")),
        _text("state"),
        *(_id(name) for name in ("authorisation_id", "policy_id")),
        *(_day(name) for name in ("asked_on", "due_on")),
        _text("answer", nullable=True),
        _moment("answered_at", nullable=True),
        _id("answered_by", nullable=True),
        _number("version"),
        _id("asked_by"),
        _moment("asked_at"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_comparison_ticket_member_id"),
        sa.ForeignKeyConstraint(
            ["authorisation_id"], ["authorisation.id"], name="fk_comparison_ticket_authorisation_id"
        ),
    )
    op.create_index("ix_comparison_ticket_case", "comparison_ticket", ["case_id", "id"])
    op.create_index("ix_comparison_ticket_feed", "comparison_ticket", ["feed", "due_on", "id"])
    op.create_index(
        "uq_comparison_ticket_live",
        "comparison_ticket",
        ["case_id", "round", "member_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
