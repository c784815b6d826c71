"""Verdicts on many tasks at once (分诊)."""

from fastapi import APIRouter
from starlette.responses import Response

from services.households.api.permits import GiveVerdict
from services.households.api.reports import Reports
from services.households.schemas.triage import VerdictList, VerdictReport
from services.households.usecases.verdicts import Told, give_verdicts
from shared.clock import utc_now
from shared.db.engine import WriteSession
from shared.http.context import Db, Seals
from shared.http.idempotency import OptionalRequestKey, once

router = APIRouter(prefix="/v1/verdicts", tags=["Tasks · 核查任务"])


@router.post("", response_model=VerdictReport, summary="Many verdicts · 批量作出结论")
async def give_listed(
    draft: VerdictList, who: GiveVerdict, db: Db, vault: Seals, reports: Reports, key: OptionalRequestKey
) -> Response:
    """From the list, by phone or known fact where the policy `triage` allows it. 200 tells of each what became of it:
    the good ones are kept, the others say why not. The same again is `repeated` and changes nothing.
    """

    async def work(session: WriteSession) -> Response:
        told = [
            (one.task_id, Told(one.verdict, one.reason, one.basis, one.contact, one.visit_id)) for one in draft.verdicts
        ]
        return reports.answer(VerdictReport, await give_verdicts(session, vault, who, told, utc_now()))

    return await once(db, who, key, work)
