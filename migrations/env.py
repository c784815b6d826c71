"""Runs one service's migrations in its schema, as the owner role, and grants its runtime role what it needs.

The runtime role owns nothing: it cannot drop a table, switch off row-level security, or change the audit trail
and what a decision was made on.
"""

import asyncio
from importlib import import_module

from alembic import context
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

service = context.config.get_main_option("service")
assert service is not None, "say which service: python -m services.cli migrate"

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('shouwang-migrate'))")
_GRANTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON {schema}.alembic_version FROM {role}",
)
_NEVER_CHANGED = ("audit_entry", "case_snapshot")
_ADDED_TO = "REVOKE UPDATE, DELETE, TRUNCATE ON {schema}.{table} FROM {role}"


def metadata() -> MetaData:
    """The tables the service's code expects."""
    base: type = import_module(f"services.{service}.models").Base
    found: MetaData = base.metadata  # type: ignore[attr-defined]
    return found


def run(connection: Connection) -> None:
    """Migrate inside one transaction: all or nothing."""
    with connection.begin():
        connection.execute(_LOCK)
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {service}"))
        connection.execute(text(f"SET LOCAL search_path TO {service}, public"))
        connection.dialect.default_schema_name = service
        context.configure(connection=connection, target_metadata=metadata(), compare_type=True)
        context.run_migrations()
        if connection.scalar(text("SELECT to_regclass('audit_entry')")):
            for grant in _GRANTS:
                connection.execute(text(grant.format(schema=service, role=service)))
            for table in _NEVER_CHANGED:
                if connection.scalar(text(f"SELECT to_regclass('{table}')")):
                    connection.execute(text(_ADDED_TO.format(schema=service, role=service, table=table)))


async def main() -> None:
    """Connect as the owner."""
    url = context.config.attributes["owner_url"]
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(main())
