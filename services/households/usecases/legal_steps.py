"""The four legal steps (四步法) against those who keep a child from school: each with its document."""

from datetime import datetime

from services.households.models import LegalStep
from services.households.queries import dropouts as find
from services.households.queries.dropouts import DropoutRow
from services.households.rules.desks import DESK_LEVELS
from services.households.rules.schooling import legal
from services.households.rules.schooling.legal import Document
from services.households.usecases.schooling_rules import get_rules
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

PROOF = "dropout-proof"
"""Purpose under which is sealed how a document was served, and to whom."""


async def take_step(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    row: DropoutRow,
    wanted: Document,
    document_no: str,
    proof: str,
    now: datetime,
) -> LegalStep:
    """Take one step of a locked case; raises what `legal.require_step` does. The policy's version is kept with it."""
    case, today = row.case, local_date(now)
    level = DESK_LEVELS[who.role]
    rules = await get_rules(session, case.area_code, today)
    steps = await find.list_steps(session, who.scope, case.id)
    served = {one.kind: one.served_on for one in steps if one.withdrawn_on is None}
    # After a relapse the steps begin anew: what was served before it was about another absence.
    since = max(case.found_on, case.returned_on or case.found_on)
    legal.require_step(legal.Standing(case.state, since, served), wanted, rules.body.steps, today)
    step = LegalStep(
        id=new_id(),
        case_id=case.id,
        area_code=case.area_code,
        kind=wanted.kind,
        level=level,
        document_no=document_no,
        issued_on=wanted.issued_on,
        served_on=wanted.served_on,
        proof_sealed=vault.seal(proof.encode(), PROOF),
        policy_id=rules.policy_id,
        recorded_by=who.id,
        recorded_at=now,
    )
    session.add(step)
    case.legal_step = legal.number(wanted.kind)
    case.version += 1
    case.updated_at = now
    await session.flush()
    await audit.record(session, who, "dropout:legal-step", case.id, area_code=case.area_code, kind=wanted.kind)
    return step
