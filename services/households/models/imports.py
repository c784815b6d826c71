"""Imports of list workbooks: the set as it was sent, what is to become of it, and what stands in its way.

`staged_*` hold what a checked import would write, ready to be written by statements about whole sets. They are not
logged by the database: a crash of it empties them, and the import is checked anew.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.households.models.plumbing import Base
from services.households.models.register import Household, Member
from services.households.rules.register_imports import ListKind, Outcome
from shared.db.base import AreaColumn
from shared.imports import Import


class RegisterImport(Import, Base):
    """A set of workbooks of one kind, sent to be compared with the register and then written into it.

    `counts`: township → part (household, member) → outcome → number.
    """

    __tablename__ = "register_import"
    __table_args__ = (
        Index("ix_register_import_waiting", "id", postgresql_where=text("state IN ('queued', 'checking', 'applying')")),
    )

    channel = "households_import"

    kind: Mapped[ListKind] = mapped_column(String)
    files_sealed: Mapped[bytes]  # purpose "register-import-files": names and sizes, in the order they came
    content: Mapped[bytes]  # keyed hash of all files: tells the same set again, and nothing else
    own_area: Mapped[str]  # 12 digits: what lies nowhere is told under it
    rows_estimate: Mapped[int | None]
    rows_read: Mapped[int] = mapped_column(server_default="0")
    checks: Mapped[int] = mapped_column(SmallInteger, server_default="0")  # how often it was compared
    notes: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # sheets that were not read, fields passed over in part
    staged: Mapped[int] = mapped_column(server_default="0")  # rows that wait to be written
    removal_reason: Mapped[str | None]  # why those who vanished leave the register, where somebody said so

    def begun(self) -> None:
        """Being checked, it is read from its first row."""
        super().begun()
        if self.state == "checking":
            self.rows_read = 0


class ImportFinding(Base):
    """What stands in the way of a household of the list, what is worth a look though it is taken, or whom the list no longer
    has. No person stands in it.

    `row_number` is as a person sees it in the sheet, from 1. `version` is the one of the register's row that vanished.
    """

    __tablename__ = "import_finding"
    __table_args__ = (Index("ix_import_finding_outcome", "import_id", "outcome", "number"),)

    import_id: Mapped[UUID] = mapped_column(ForeignKey("register_import.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[Outcome] = mapped_column(String)
    area_code: Mapped[AreaColumn]  # the sender's own area where the list names none
    national_code: Mapped[str | None]
    file: Mapped[int | None] = mapped_column(SmallInteger)
    sheet: Mapped[int | None] = mapped_column(SmallInteger)
    row_number: Mapped[int | None]
    field: Mapped[str]
    code: Mapped[str]
    params: Mapped[dict[str, Any]]
    household_id: Mapped[UUID | None]
    member_id: Mapped[UUID | None]
    version: Mapped[int | None]


WRITTEN_OF_HOUSEHOLD = (
    *("id", "national_code", "household_key", "area_code", "address", "natural_village", "class"),
    *("phone_sealed", "phone_index", "relocated", "relocation_site", "dwelling_level", "only_home", "safe_housing"),
    *("safe_water", "schooling_met", "medical_met", "land_mu", "road_km", "no_labour_covered", "poverty_cause"),
)
"""Columns of a household that a list can say something about."""
WRITTEN_OF_MEMBER = (
    *("id", "household_id", "area_code", "name", "id_number_sealed", "person_key", "relation", "sex", "birth_on"),
    *("phone_sealed", "phone_index", "pupil", "school_stage", "labour_skill", "health", "national_member_code"),
    *("ethnic_group", "political_status", "education", "work_area", "work_months", "serious_illness_insurance"),
)
"""Columns of a person, likewise."""


def _staged(name: str, of: Table, written: tuple[str, ...], *more: Column[Any]) -> Table:
    return Table(
        name,
        Base.metadata,
        Column("import_id", of.c.id.type, primary_key=True),
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("outcome", Text, nullable=False),
        Column("noted", Boolean, nullable=False),  # whether the register's history gets a line of its own for it
        Column("file", SmallInteger, nullable=False),
        Column("sheet", SmallInteger, nullable=False),
        Column("row_number", Integer, nullable=False),
        Column("base_version", Integer),  # what the register's row must still be; null: it is new
        Column("fields", ARRAY(Text), nullable=False),
        Column("detail", JSONB),
        Column("sealed", of.c.phone_sealed.type),  # purpose "register-change"; of who is claimed: "double-entry"
        *more,
        *(Column(column, of.c[column].type, nullable=column != "area_code") for column in written),
        prefixes=["UNLOGGED"],
    )


STAGED_HOUSEHOLD = _staged(
    "staged_household",
    Household.__table__,  # type: ignore[arg-type]
    WRITTEN_OF_HOUSEHOLD,
    Column("retold", Boolean, nullable=False),  # whether others hear something else of all who live there
    Column("monitoring", JSONB),  # a `NationalRecord` to be adopted
)
STAGED_MEMBER = _staged("staged_member", Member.__table__, WRITTEN_OF_MEMBER)  # type: ignore[arg-type]
