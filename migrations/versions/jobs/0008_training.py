"""Courses, enrolments, attendance and certificates; all but the courses are people's data, with row-level security."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0008"
down_revision = "jobs_0006"
branch_labels = None
depends_on = None

# In a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
TABLES = ("enrolment", "attendance", "certificate")
Column = sa.Column[object]


def upgrade() -> None:
    _courses()
    _enrolments()
    _attendance()
    _certificates()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY area ON {table} USING ({VISIBLE}) WITH CHECK ({VISIBLE})")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP POLICY area ON {table}")
        op.drop_table(table)
    op.drop_table("course")


def _string(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.String(), nullable=nullable)


def _area(name: str = "area_code") -> Column:
    return sa.Column(name, sa.Text(collation="C"), nullable=False)


def _id(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _day(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _moment(name: str) -> Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _whole(name: str) -> Column:
    return sa.Column(name, sa.Integer(), nullable=False)


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["person_id", "area_code"],
        ["person.id", "person.area_code"],
        name=f"fk_{table}_person_id_area_code",
        onupdate="CASCADE",
    )


def _index(name: str, table: str, columns: list[str], where: str | None = None, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, postgresql_where=sa.text(where) if where else None)


def _courses() -> None:
    op.create_table(
        "course",
        _id("id"),
        _area("county"),
        *(_string(name) for name in ("kind", "trade", "title")),
        _string("level", nullable=True),
        _area("place"),
        _string("venue"),
        *(_whole(name) for name in ("seats", "seated", "waiting")),
        *(_day(name) for name in ("starts_on", "ends_on")),
        *(_id(name, nullable=True) for name in ("employer_id", "post_id")),
        sa.Column("allowance", sa.Numeric(8, 2), nullable=False),
        _id("policy_id"),
        _string("state"),
        _whole("version"),
        _id("recorded_by"),
        *(_moment(name) for name in ("recorded_at", "changed_at")),
        sa.CheckConstraint("seats > 0 AND seated BETWEEN 0 AND seats AND waiting >= 0", name=op.f("ck_course_seats")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_course_days")),
        _of("course", "employer_id", "employer"),
        _of("course", "post_id", "post"),
        sa.PrimaryKeyConstraint("id", name="pk_course"),
    )
    _index("ix_course_county", "course", ["county", "id"])
    _index("ix_course_open", "course", ["ends_on"], "state = 'open'")
    _index("ix_course_waiting", "course", ["id"], "state = 'open' AND waiting > 0")
    _index("ix_course_post", "course", ["post_id"])


def _enrolments() -> None:
    op.create_table(
        "enrolment",
        *(_id(name) for name in ("id", "course_id", "person_id")),
        _area(),
        _id("need_id", nullable=True),
        _string("state"),
        _id("plan_post_id", nullable=True),
        _string("plan_state", nullable=True),
        _day("plan_until", nullable=True),
        _string("dropped_reason", nullable=True),
        _day("completed_on", nullable=True),
        _whole("version"),
        _id("enrolled_by"),
        *(_moment(name) for name in ("enrolled_at", "changed_at")),
        _of("enrolment", "course_id", "course"),
        _of("enrolment", "need_id", "work_need"),
        _of("enrolment", "plan_post_id", "post"),
        _of_person("enrolment"),
        sa.PrimaryKeyConstraint("id", name="pk_enrolment"),
        sa.UniqueConstraint("id", "area_code", name="uq_enrolment_id_area_code"),
    )
    _index("uq_enrolment_person", "enrolment", ["course_id", "person_id"], "state <> 'dropped'", unique=True)
    _index("ix_enrolment_course", "enrolment", ["course_id", "id"])
    _index("ix_enrolment_waiting", "enrolment", ["course_id", "id"], "state = 'waiting'")
    _index("ix_enrolment_person", "enrolment", ["person_id", "id"])
    _index("ix_enrolment_area", "enrolment", ["area_code", "id"])
    _index("ix_enrolment_held", "enrolment", ["plan_until"], "plan_state = 'held'")


def _attendance() -> None:
    op.create_table(
        "attendance",
        _id("enrolment_id"),
        _day("day"),
        _area(),
        sa.Column("present", sa.Boolean(), nullable=False),
        _id("recorded_by"),
        _moment("recorded_at"),
        sa.ForeignKeyConstraint(
            ["enrolment_id", "area_code"],
            ["enrolment.id", "enrolment.area_code"],
            name="fk_attendance_enrolment_id_area_code",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "day", name="pk_attendance"),
    )
    _index("ix_attendance_area", "attendance", ["area_code", "enrolment_id"])


def _certificates() -> None:
    op.create_table(
        "certificate",
        *(_id(name) for name in ("id", "person_id")),
        _area(),
        _string("trade"),
        _string("level", nullable=True),
        _day("issued_on"),
        _id("enrolment_id", nullable=True),
        _id("recorded_by"),
        _moment("recorded_at"),
        _of_person("certificate"),
        _of("certificate", "enrolment_id", "enrolment"),
        sa.PrimaryKeyConstraint("id", name="pk_certificate"),
        sa.UniqueConstraint(
            "person_id",
            "trade",
            "level",
            name="uq_certificate_person_id_trade_level",
            postgresql_nulls_not_distinct=True,
        ),
    )
    _index("ix_certificate_area", "certificate", ["area_code", "id"])
