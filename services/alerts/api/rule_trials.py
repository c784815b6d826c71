"""Trying a screening rule before it counts."""

from uuid import UUID

from fastapi import APIRouter

from services.alerts.api.permits import TryRules
from services.alerts.api.rule_answers import trial_view
from services.alerts.queries import alerts as alert_queries
from services.alerts.queries import rules as queries
from services.alerts.rules import sight
from services.alerts.schemas.rules import TrialOfDraft, TrialOfVersion, TrialView
from services.alerts.usecases.rule_trials import Period, Sweep, draft_of, try_rule
from services.alerts.usecases.rules import RuleDraft
from shared.clock import utc_now
from shared.db.engine import ReadSession
from shared.http.context import Db, Seals
from shared.security.principals import Principal
from shared.security.vault import Vault

router = APIRouter(prefix="/v1/rules", tags=["Screening rules · 筛查规则"])


@router.post("/trial", summary="Try a draft · 试算规则草稿")
async def try_draft(body: TrialOfDraft, who: TryRules, db: Db, vault: Seals) -> TrialView:
    """What a draft would have done to stored alerts, beside the rules in force today. Nothing is kept of it.

    At most 366 days and 100,000 alerts. A row that a rule dropped when it came was not kept, so no trial finds it.
    """
    levels = [level.model_dump() for level in body.levels]
    draft = RuleDraft(body.feed, body.area, body.first_day, None, levels, body.parameters, None)
    async with db.read(who.scope) as session:
        return await _tried(session, who, draft, body, vault)


@router.post("/{rule_id}/trial", summary="Try a version · 试算规则版本")
async def try_version(rule_id: UUID, body: TrialOfVersion, who: TryRules, db: Db, vault: Seals) -> TrialView:
    """The same for a stored version, with some of its parameters changed if wanted."""
    async with db.read(who.scope) as session:
        rule = await queries.get_rule(session, sight(who).feeds, rule_id)
        return await _tried(session, who, draft_of(rule, body.parameters), body, vault)


async def _tried(
    session: ReadSession, who: Principal, draft: RuleDraft, body: TrialOfDraft | TrialOfVersion, vault: Vault
) -> TrialView:
    sweep = Sweep(body.sweep.parameter, body.sweep.values) if body.sweep else None
    period = Period(body.first_day, body.last_day, body.batch_id)
    comparison, fields = await try_rule(session, who, draft, period, sweep, vault, utc_now())
    wanted = [example.tried.id for example in comparison.examples]
    alerts = await alert_queries.list_by_ids(session, sight(who), wanted)
    return trial_view(draft.feed, comparison, fields, alerts, vault)
