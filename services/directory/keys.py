"""The directory checks tokens with its own table of keys; the other services ask it over HTTP."""

import jwt

from services.directory.queries.tokens import find_published_key
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database

_REMEMBERED = 16


class OwnKeys:
    """Public keys by id. A key once found is remembered: tokens it signed end before it does."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, jwt.PyJWK] = {}

    async def find(self, kid: str) -> jwt.PyJWK | None:
        """The published key with that id."""
        if kid in self._known:
            return self._known[kid]
        async with self._database.read(Scope.nowhere()) as session:
            key = await find_published_key(session, kid, utc_now())
        if key is None:
            return None
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        return self._known.setdefault(kid, jwt.PyJWK(key.public_jwk))
