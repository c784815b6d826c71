"""The labour force, needs for work, and the desk of tasks, with row-level security."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0002"
down_revision = "jobs_0001"
branch_labels = None
depends_on = None

# In a subquery the setting is read and split once for a statement, not once for a row.
VISIBLE = "area_code LIKE ANY ((SELECT string_to_array(current_setting('app.areas', true), ','))::text[])"
TABLES = ("person", "work_need", "need_waiting", "labour_task")
Column = sa.Column[object]


def upgrade() -> None:
    _people()
    _needs()
    _waiting()
    _tasks()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY area ON {table} USING ({VISIBLE}) WITH CHECK ({VISIBLE})")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP POLICY area ON {table}")
        op.drop_table(table)


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


def _small(name: str) -> Column:
    return sa.Column(name, sa.SmallInteger(), nullable=True)


def _flag(name: str) -> Column:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _texts(name: str) -> Column:
    return sa.Column(name, sa.ARRAY(sa.Text()), nullable=False)


def _area() -> Column:
    return sa.Column("area_code", sa.Text(collation="C"), nullable=False)


def _version() -> Column:
    return sa.Column("version", sa.Integer(), nullable=False)


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["person_id", "area_code"],
        ["person.id", "person.area_code"],
        name=f"fk_{table}_person_id_area_code",
        onupdate="CASCADE",
    )


def _people() -> None:
    op.create_table(
        "person",
        _id("id"),
        _string("person_key"),
        _id("household_id"),
        _area(),
        _flag("active"),
        *(_string(name) for name in ("household_class", "relation", "sex")),
        _day("birth_on"),
        _string("education", nullable=True),
        _flag("pupil"),
        *(_string(name, nullable=True) for name in ("school_stage", "labour_skill")),
        _texts("health"),
        *(_small(name) for name in ("disability_class", "disability_level")),
        _flag("relocated"),
        *(_string(name, nullable=True) for name in ("relocation_site", "grade")),
        _moment("graded_at"),
        *(_sealed(name) for name in ("name_sealed", "id_number_sealed")),
        _sealed("phone_sealed", nullable=True),
        _moment("changed_at"),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("person_key", name="uq_person_person_key"),
        sa.UniqueConstraint("id", "area_code", name="uq_person_id_area_code"),
    )
    op.create_index("ix_person_area", "person", ["area_code", "id"], postgresql_where=sa.text("active"))
    op.create_index("ix_person_household", "person", ["household_id"])


def _needs() -> None:
    op.create_table(
        "work_need",
        *(_id(name) for name in ("id", "person_id")),
        _area(),
        *(_string(name) for name in ("source", "source_ref")),
        _flag("wants_change"),
        _texts("wanted_trades"),
        sa.Column("wage_floor", sa.Numeric(10, 2), nullable=True),
        _texts("refused_areas"),
        _small("care_within_km"),
        *(_flag(name) for name in ("lodging_needed", "night_ok")),
        _texts("services"),
        _day("until_on", nullable=True),
        _string("state"),
        _version(),
        _moment("opened_at"),
        _moment("closed_at", nullable=True),
        _of_person("work_need"),
        sa.PrimaryKeyConstraint("id", name="pk_work_need"),
    )
    op.create_index("uq_work_need_source", "work_need", ["source", "source_ref"], unique=True)
    op.create_index("ix_work_need_person", "work_need", ["person_id"])
    op.create_index("ix_work_need_open", "work_need", ["area_code", "id"], postgresql_where=sa.text("state = 'open'"))
    op.create_index(
        "ix_work_need_until",
        "work_need",
        ["until_on"],
        postgresql_where=sa.text("state = 'open' AND until_on IS NOT NULL"),
    )


def _waiting() -> None:
    op.create_table(
        "need_waiting",
        _string("source_ref"),
        _id("household_id"),
        _area(),
        _string("person_key", nullable=True),
        _texts("services"),
        _moment("asked_at"),
        sa.PrimaryKeyConstraint("source_ref", name="pk_need_waiting"),
    )
    op.create_index("ix_need_waiting_household", "need_waiting", ["household_id"])


def _tasks() -> None:
    op.create_table(
        "labour_task",
        _id("id"),
        _string("kind"),
        _area(),
        _id("person_id", nullable=True),
        _id("subject_id"),
        _day("due_on"),
        _string("state"),
        _string("outcome", nullable=True),
        _sealed("note_sealed", nullable=True),
        _id("policy_id", nullable=True),
        _moment("opened_at"),
        _moment("closed_at", nullable=True),
        _id("closed_by", nullable=True),
        _version(),
        _of_person("labour_task"),
        sa.PrimaryKeyConstraint("id", name="pk_labour_task"),
    )
    op.create_index(
        "uq_labour_task_subject",
        "labour_task",
        ["kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_labour_task_open", "labour_task", ["due_on", "id"], postgresql_where=sa.text("state = 'open'"))
    op.create_index("ix_labour_task_area", "labour_task", ["area_code", "due_on", "id"])
    op.create_index("ix_labour_task_person", "labour_task", ["person_id"])
