"""Trying a screening rule before it counts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.alerts.api.files import Files
from services.alerts.api.permits import TryRules
from services.alerts.api.rule_answers import file_trial_view, trial_view
from services.alerts.queries import rules as queries
from services.alerts.queries.reference import ReferenceData
from services.alerts.rules.alerts import sight
from services.alerts.schemas.rules import TrialOfDraft, TrialOfVersion, TrialView
from services.alerts.usecases.file_trials import try_over_file
from services.alerts.usecases.rule_trials import Period, Sweep, draft_of, known_facts, try_rule
from services.alerts.usecases.rules import RuleDraft
from shared.clock import local_date, utc_now
from shared.db.engine import Database
from shared.errors import Fault, InvalidInput
from shared.files import Shelf
from shared.http.context import Db, of_app
from shared.security.principals import Principal

router = APIRouter(prefix="/v1/rules", tags=["Screening rules · 筛查规则"])


Known = Annotated[ReferenceData, Depends(of_app("reference"))]


@router.post("/trial", summary="Try a draft · 试算规则草稿")
async def try_draft(body: TrialOfDraft, who: TryRules, db: Db, shelf: Files, reference: Known) -> TrialView:
    """What a draft would have done, beside the rules in force today. Nothing is kept of it.

    Over stored reports, alerts and what was merged into them (at most 366 days and 100,000), or with `file_id` over a
    file as it came, while its original is kept (else 410): only there are the rows that a rule dropped.
    """
    levels = [level.model_dump() for level in body.levels]
    first = body.first_day or local_date(utc_now())
    draft = RuleDraft(body.feed, body.area, first, None, levels, body.parameters, None)
    return await _tried(db, who, draft, body, shelf, reference)


@router.post("/{rule_id}/trial", summary="Try a version · 试算规则版本")
async def try_version(
    rule_id: UUID, body: TrialOfVersion, who: TryRules, db: Db, shelf: Files, reference: Known
) -> TrialView:
    """The same for a stored version, with some of its parameters changed if wanted.

    A version for more than one's own area is tried in one's own; who has several tries it as a draft.
    """
    async with db.read(who.scope) as session:
        rule = await queries.get_rule(session, sight(who).feeds, rule_id)
        draft = draft_of(rule, body.parameters, who)
    return await _tried(db, who, draft, body, shelf, reference)


async def _tried(
    db: Database,
    who: Principal,
    draft: RuleDraft,
    body: TrialOfDraft | TrialOfVersion,
    shelf: Shelf,
    reference: ReferenceData,
) -> TrialView:
    sweep = Sweep(body.sweep.parameter, body.sweep.values) if body.sweep else None
    if body.file_id is not None:
        known = await reference.get()
        return file_trial_view(
            draft.feed, await try_over_file(db, shelf, known, who, draft, body.file_id, sweep, utc_now())
        )
    period = _period(body)
    async with db.read(who.scope) as session:
        tried = await try_rule(session, who, draft, period, sweep, shelf.vault, utc_now(), known_facts)
    return trial_view(draft.feed, tried, shelf.vault)


def _period(body: TrialOfDraft | TrialOfVersion) -> Period:
    if body.first_day is None or body.last_day is None:
        days = {"first_day": body.first_day, "last_day": body.last_day}
        raise InvalidInput([Fault(name, "field-missing") for name, day in days.items() if day is None])
    return Period(body.first_day, body.last_day, body.batch_id)
