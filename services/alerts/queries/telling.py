"""Bureaus are told how their reports have ended: with a verdict, or without one."""

from collections.abc import Collection
from uuid import UUID

from services.alerts.queries.area_verdicts import said_to
from shared.db.engine import WriteSession, raw

# Further evidence about areas hears what those say that it names; where all of these were dropped, that they were, though
# others have answered. What a withdrawn alert had found is told as well.
_TELL = f"""
WITH ended AS (
SELECT id, state, verdict, visited_on, verdict_basis, answered_at,
    CASE state WHEN 'expired' THEN expired_at WHEN 'dropped' THEN dropped_at ELSE answered_at END AS ended_at
FROM alert WHERE id = ANY ($1)
), told AS (
SELECT ended.id, alert.feed, source_ref, area_code, ended.verdict, ended.visited_on
FROM ended JOIN alert USING (id) WHERE first_withdrawn_at IS NULL
UNION ALL
SELECT ended.id, one.feed, one.source_ref, one.area_code, said.verdict, said.visited_on
FROM ended JOIN alert_evidence AS one ON one.alert_id = ended.id AND one.withdrawn_at IS NULL
LEFT JOIN LATERAL (
    SELECT ended.verdict, ended.visited_on WHERE one.area IS NULL
    UNION ALL
    SELECT * FROM ({said_to("one")}) AS answer WHERE ended.verdict IS NOT NULL
) AS said ON true
), report AS (
SELECT told.*,
    CASE WHEN told.verdict IS NOT NULL THEN 'answered' WHEN state = 'expired' THEN state ELSE 'dropped' END AS state,
    CASE WHEN told.verdict IS NOT NULL THEN verdict_basis END AS basis,
    CASE WHEN told.verdict IS NOT NULL THEN answered_at END AS answered_at,
    CASE WHEN told.verdict IS NULL THEN ended_at END AS ended_at
FROM told JOIN ended USING (id)
), noted AS (
INSERT INTO verdict_notice (id, alert_id, feed, source_ref, area_code, state, verdict, visited_on, answered_at, ended_at)
SELECT uuidv7(), id, feed, source_ref, area_code, state, verdict, visited_on, answered_at, ended_at FROM report
)
INSERT INTO webhook_delivery (id, webhook_id, body, state, attempts, next_at, created_at)
SELECT uuidv7(), webhook.id, jsonb_build_object(
    'type', 'alert.' || report.state, 'timestamp', COALESCE(report.answered_at, report.ended_at),
    'data', jsonb_build_object(
        'alert_id', report.id, 'feed', report.feed, 'source_ref', report.source_ref, 'area_code', report.area_code,
        'state', report.state, 'verdict', report.verdict, 'basis', report.basis, 'visited_on', report.visited_on,
        'answered_at', report.answered_at, 'ended_at', report.ended_at
    )), 'waiting', 0, now(), now()
FROM report JOIN webhook ON webhook.active
    AND (report.feed = ANY(webhook.feeds) OR '*' = ANY(webhook.feeds)) AND report.area_code LIKE ANY(webhook.areas)
"""  # noqa: S608


async def tell(session: WriteSession, alert_ids: Collection[UUID]) -> None:
    """Tell of each report behind these alerts, which were ended in this transaction: a notice for whoever asks, and a
    message to every system that waits for one.
    """
    if alert_ids:
        await (await raw(session)).execute(_TELL, list(alert_ids))
