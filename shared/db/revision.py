"""Which schema revision the code needs, and which the database has."""

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from shared.db.engine import Database

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"


class SchemaTooOld(RuntimeError):
    """The database was not migrated to what this code needs: run `shouwang migrate` first."""


def config(service: str) -> Config:
    """Alembic's configuration for one service's own history."""
    settings = Config(MIGRATIONS / "alembic.ini")
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.set_main_option("version_locations", str(MIGRATIONS / "versions" / service))
    settings.set_main_option("service", service)
    return settings


@cache
def head(service: str) -> str | None:
    """The newest revision in the code."""
    return ScriptDirectory.from_config(config(service)).get_current_head()


async def require_head(database: Database) -> None:
    """Refuse to start on a schema older than the code."""
    async with database.engine.connect() as connection:
        present = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    if present != head(database.schema):
        raise SchemaTooOld(f"{database.schema}: schema {present}, code needs {head(database.schema)}")
