"""What an empty directory needs: national default policies, and somebody who can sign in."""

import secrets
import tomllib
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from services.directory.passwords import Passwords
from services.directory.queries import accounts as account_queries
from services.directory.queries import policies as policy_queries
from services.directory.rules.accounts import AccountDraft, Grant, check_password
from services.directory.rules.policies import PolicyDraft
from services.directory.usecases.accounts import open_account
from services.directory.usecases.policies import publish_policy
from shared.areas import Scope
from shared.db.engine import WriteSession
from shared.security.principals import SYSTEM, Role

AUTHOR = "default"
_DEFAULTS = Path(__file__).parent.parent / "defaults.toml"
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('directory-first-admin'))")


async def install_defaults(session: WriteSession, now: datetime) -> None:
    """Publish the national default of each kind of policy that has no national version yet."""
    await policy_queries.lock_policies(session)
    for default in tomllib.loads(_DEFAULTS.read_text(encoding="utf-8"))["policy"]:
        if await policy_queries.last_version(session, default["kind"], "") == 0:
            draft = PolicyDraft(default["kind"], "", default["valid_from"], None, default["body"], default["note"])
            await publish_policy(session, SYSTEM, draft, AUTHOR, now)


async def ensure_admin(
    session: WriteSession,
    username: str,
    password: str | None,
    now: datetime,
    passwords: Passwords | None = None,
) -> str | None:
    """Open the first administrator's account and return its password; None when there is an administrator.

    Without `password` a random one is made.
    """
    await session.execute(_LOCK)
    if await account_queries.lock_admins(session):
        return None
    chosen = password or secrets.token_urlsafe(15)
    check_password(username, chosen)
    hashed = await (passwords or Passwords()).hash(chosen)
    draft = AccountDraft(username.lower(), username, Grant(Role.ADMIN, Scope.everywhere()), None)
    await open_account(session, SYSTEM, draft, hashed, now)
    return chosen
