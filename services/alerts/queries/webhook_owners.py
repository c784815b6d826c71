"""Who has webhooks: those that are nobody's any more."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from shared.db.engine import WriteSession, raw

# What is a webhook's starts with what its owner sees: `539921101%` with `539921`. Of a creator whom the directory does not
# know (another issuer's) nobody can say that he is gone.
_CLOSE = """
WITH owner AS (
    SELECT id, role, feeds, array_replace(areas, '*', '') AS areas FROM account
    WHERE active AND role IN ('bureau', 'admin')
    UNION ALL
    SELECT id, 'bureau', feeds, array_replace(areas, '*', '') FROM api_key
    WHERE revoked_at IS NULL AND expires_at > $1
), orphan AS (
    UPDATE webhook SET active = false, version = version + 1
    WHERE active AND created_by IN (SELECT id FROM account) AND NOT EXISTS (
        SELECT FROM owner WHERE (role = 'bureau' OR owner.id = webhook.created_by)
            AND (role = 'admin' OR '*' = ANY(owner.feeds) OR webhook.feeds <@ owner.feeds)
            AND (SELECT bool_and(EXISTS (SELECT FROM unnest(owner.areas) AS seen WHERE starts_with(area, seen)))
                 FROM unnest(webhook.areas) AS area)
    ) RETURNING id
), given_up AS (
    UPDATE webhook_delivery SET state = 'dead', finished_at = $1, last_error = 'webhook-owner-gone'
    FROM orphan WHERE webhook_id = orphan.id AND state = 'waiting'
)
SELECT id FROM orphan
"""


async def close_orphans(session: WriteSession, now: datetime) -> Sequence[UUID]:
    """Close webhooks whose creator may see their feeds and areas no more, and no open account or good key of a bureau does;
    what waits for them is given up. Their ids.
    """
    return [row["id"] for row in await (await raw(session)).fetch(_CLOSE, now)]
