"""Employers and posts: no people's data, so no row-level security; the contacts' names and phones are sealed."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0006"
down_revision = "jobs_0005"
branch_labels = None
depends_on = None

Column = sa.Column[object]


def upgrade() -> None:
    _employers()
    _posts()


def downgrade() -> None:
    for table in ("post", "blacklisting", "employer"):
        op.drop_table(table)


def _string(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.String(), nullable=nullable)


def _area(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.Text(collation="C"), nullable=nullable)


def _id(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _sealed(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _whole(name: str) -> Column:
    return sa.Column(name, sa.Integer(), nullable=False)


def _small(name: str) -> Column:
    return sa.Column(name, sa.SmallInteger(), nullable=True)


def _flag(name: str) -> Column:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _texts(name: str) -> Column:
    return sa.Column(name, sa.ARRAY(sa.Text()), nullable=False)


def _yuan(name: str) -> Column:
    return sa.Column(name, sa.Numeric(8, 2), nullable=False)


def _of_employer(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=f"fk_{table}_employer_id")


def _index(name: str, table: str, columns: list[str], where: str | None = None, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, postgresql_where=sa.text(where) if where else None)


def _employers() -> None:
    op.create_table(
        "employer",
        _id("id"),
        _area("county"),
        _string("credit_code", nullable=True),
        *(_string(name) for name in ("name", "kind")),
        _area("area_code", nullable=True),
        *(_sealed(name, nullable=True) for name in ("contact_sealed", "phone_sealed")),
        _string("blacklisted_reason", nullable=True),
        _moment("blacklisted_at", nullable=True),
        _whole("version"),
        _id("recorded_by"),
        *(_moment(name) for name in ("recorded_at", "changed_at")),
        sa.PrimaryKeyConstraint("id", name="pk_employer"),
    )
    _index("uq_employer_credit_code", "employer", ["county", "credit_code"], "credit_code IS NOT NULL", unique=True)
    _index("uq_employer_name", "employer", ["county", "name"], "credit_code IS NULL", unique=True)
    _index("ix_employer_county", "employer", ["county", "id"])
    op.create_table(
        "blacklisting",
        *(_id(name) for name in ("id", "employer_id")),
        _string("reason"),
        _sealed("detail_sealed"),
        _whole("closed_posts"),
        _moment("began_at"),
        _id("began_by"),
        _moment("ended_at", nullable=True),
        _id("ended_by", nullable=True),
        _sealed("end_detail_sealed", nullable=True),
        _of_employer("blacklisting"),
        sa.PrimaryKeyConstraint("id", name="pk_blacklisting"),
    )
    _index("uq_blacklisting_employer", "blacklisting", ["employer_id"], "ended_at IS NULL", unique=True)
    _index("ix_blacklisting_employer", "blacklisting", ["employer_id", "id"])


def _posts() -> None:
    op.create_table(
        "post",
        *(_id(name) for name in ("id", "employer_id")),
        _area("county"),
        _string("ref", nullable=True),
        *(_string(name) for name in ("trade", "title")),
        _area("place"),
        *(_whole(name) for name in ("openings", "filled", "reserved")),
        *(_yuan(name) for name in ("pay_low", "pay_high")),
        _flag("lodging"),
        _string("shift"),
        _flag("hazardous"),
        _string("physical_demand", nullable=True),
        *(_small(name) for name in ("age_low", "age_high")),
        *(_string(name, nullable=True) for name in ("age_reason", "sex", "sex_reason")),
        *(_texts(name) for name in ("certificates", "health_limits")),
        sa.Column("until_on", sa.Date(), nullable=True),
        _string("state"),
        _string("closed_reason", nullable=True),
        _moment("closed_at", nullable=True),
        _id("policy_id", nullable=True),
        _string("source"),
        _whole("version"),
        _id("recorded_by"),
        _moment("recorded_at"),
        _id("confirmed_by", nullable=True),
        _moment("changed_at"),
        sa.CheckConstraint(
            "filled >= 0 AND reserved >= 0 AND filled + reserved <= openings", name=op.f("ck_post_openings")
        ),
        sa.CheckConstraint("pay_low <= pay_high", name=op.f("ck_post_pay")),
        sa.CheckConstraint("sex IS NULL OR sex_reason IS NOT NULL", name=op.f("ck_post_sex")),
        _of_employer("post"),
        sa.PrimaryKeyConstraint("id", name="pk_post"),
    )
    _index("uq_post_ref", "post", ["employer_id", "ref"], "ref IS NOT NULL", unique=True)
    _index("ix_post_employer", "post", ["employer_id", "id"])
    _index("ix_post_county", "post", ["county", "id"])
    _index("ix_post_open", "post", ["county", "id"], "state = 'open'")
    _index("ix_post_until", "post", ["until_on"], "state IN ('proposed', 'open')")
