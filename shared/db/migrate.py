"""Bring one service's schema to a revision. Synchronous: Alembic runs an event loop of its own."""

from alembic import command

from shared.db.revision import config


def migrate(service: str, owner_url: str, revision: str = "head") -> None:
    """Upgrade to `revision` (default: newest) as the owner role; raises what the database raises, changes nothing then."""
    settings = config(service)
    settings.attributes["owner_url"] = owner_url
    command.upgrade(settings, revision)


def downgrade(service: str, owner_url: str, revision: str) -> None:
    """Go back to `revision` ("base" = empty)."""
    settings = config(service)
    settings.attributes["owner_url"] = owner_url
    command.downgrade(settings, revision)
