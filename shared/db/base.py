"""The declarative base that each service's tables stand on."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import DateTime, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

AreaColumn = Annotated[str, mapped_column(Text(collation="C"))]
"""12 digits in byte order, so that "all below 539921100" is one range of an index, whatever the database's locale."""

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def service_metadata() -> MetaData:
    """Metadata for one service. Tables carry no schema name: `search_path` puts them in the service's own."""
    return MetaData(naming_convention=_NAMES)


class ServiceBase(DeclarativeBase):
    """Abstract base: `class Base(ServiceBase): metadata = service_metadata()` opens a service's `models.py`.

    Relationships are declared with `lazy="raise"`: what a query needs, the query loads.
    """

    __abstract__ = True
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
    }
