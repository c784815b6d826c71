"""Verdicts on many tasks at once (分诊)."""

from collections import Counter

from fastapi import APIRouter
from starlette.responses import Response

from services.households.api.permits import GiveVerdict
from services.households.api.refusals import refusal
from services.households.schemas.triage import VerdictList, VerdictOutcome, VerdictReport
from services.households.usecases.verdicts import Outcome, Told, give_verdicts
from shared.clock import utc_now
from shared.db.engine import WriteSession
from shared.http.answers import json_answer
from shared.http.context import Db, Seals, Speaks, Texts
from shared.http.idempotency import OptionalRequestKey, once
from shared.messages import Catalogue, Language

router = APIRouter(prefix="/v1/verdicts", tags=["Tasks · 核查任务"])


@router.post("", response_model=VerdictReport, summary="Many verdicts · 批量作出结论")
async def give_listed(
    draft: VerdictList,
    who: GiveVerdict,
    db: Db,
    vault: Seals,
    texts: Texts,
    language: Speaks,
    key: OptionalRequestKey,
) -> Response:
    """From the list, by phone or known fact where the policy `triage` allows it. 200 tells of each what became of it:
    the good ones are kept, the others say why not. The same again is `repeated` and changes nothing.
    """

    async def work(session: WriteSession) -> Response:
        told = [
            (one.task_id, Told(one.verdict, one.reason, one.basis, one.contact, one.visit_id)) for one in draft.verdicts
        ]
        outcomes = await give_verdicts(session, vault, who, told, utc_now())
        return json_answer(_report(outcomes, texts, language))

    return await once(db, who, key, work)


def _report(outcomes: list[Outcome], texts: Catalogue, language: Language) -> VerdictReport:
    counts = Counter(one.outcome for one in outcomes)
    results = [
        VerdictOutcome(
            task_id=one.task_id,
            outcome=one.outcome,
            refusal=refusal(one.refusal, texts, language) if one.refusal else None,
        )
        for one in outcomes
    ]
    return VerdictReport(given=counts["given"], repeated=counts["repeated"], refused=counts["refused"], results=results)
