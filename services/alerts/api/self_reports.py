"""A household's own request (自主申报): by the household with a phone code, or by a cadre on its behalf.

Open to all, so: short bodies, few tries, and answers that tell nothing of anybody, whoever is asked about.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.alerts.models import SelfReport
from services.alerts.queries import self_reports as queries
from services.alerts.rules.self_reports import FEED, PhoneCodeInvalid
from services.alerts.schemas.self_reports import (
    PhoneCodeRequest,
    PhoneCodeSent,
    Receipt,
    SelfReportDraft,
    SelfReportList,
    SelfReportStatus,
    StatusRequest,
)
from services.alerts.usecases import phone_codes, self_reports
from services.alerts.usecases.phone_codes import Proof
from shared.areas import Scope
from shared.clock import utc_now
from shared.db.engine import Database, WriteSession
from shared.errors import Fault, InvalidInput
from shared.http.answers import created, json_answer
from shared.http.client_address import ClientAddress
from shared.http.context import Db, Seals
from shared.http.idempotency import OptionalRequestKey, once
from shared.security.permits import Permit, Public
from shared.security.principals import Principal, Role
from shared.security.vault import Vault

MAX_BODY = 8_000
MOST_SHOWN = 50
_UNSTORED = {"Cache-Control": "no-store"}
_SEND_CODE = Depends(Public("a household has no account; its phone is proved by the code"))
_REPORT = Depends(Public("a household proves its phone by a code; whoever signs in needs the permit self-report:make"))
_STATUS = Depends(Public("the phone code is the credential"))
_ON_BEHALF = Permit("self-report:make", Role.VILLAGE, Role.TOWNSHIP)


router = APIRouter(prefix="/v1", tags=["A household's own request · 自主申报"])


async def _cadre(request: Request) -> Principal | None:
    """Who signs in, if anybody does: credentials that are no good are refused, not passed over."""
    if "authorization" in request.headers or "x-api-key" in request.headers:
        return await _ON_BEHALF(request)
    return None


Cadre = Annotated[Principal | None, Depends(_cadre)]


@router.post(
    "/phone-codes",
    status_code=202,
    summary="Send a code to a phone · 发送验证码",
    response_model=PhoneCodeSent,
    dependencies=[_SEND_CODE],
    max_body_size=MAX_BODY,
)
async def send_code(body: PhoneCodeRequest, db: Db, vault: Seals, address: ClientAddress) -> Response:
    """Six digits, good for some minutes and one request. The answer is the same for every phone.

    429 with `Retry-After` when a phone, an address or everybody together asks too often.
    """
    async with db.write(Scope.nowhere()) as session:
        good_for = await phone_codes.issue_code(session, body.phone, address, vault, utc_now())
    return json_answer(PhoneCodeSent(expires_in=int(good_for.total_seconds())), 202, _UNSTORED)


@router.post(
    "/self-reports",
    status_code=201,
    summary="A household's own request · 自主申报",
    response_model=Receipt,
    responses={200: {"model": Receipt, "description": "The same request again · 重复申报"}},
    dependencies=[_REPORT],
    max_body_size=MAX_BODY,
)
async def report_self(
    draft: SelfReportDraft,
    who: Cadre,
    request: Request,
    db: Db,
    vault: Seals,
    address: ClientAddress,
    key: OptionalRequestKey,
) -> Response:
    """By the household with `phone` and `code`, or by a signed-in village or township account on its behalf, without code.

    The receipt tells nothing of the person: whether they are registered, helped already, or unknown.
    """
    reference = await request.app.state.reference.knowing(FEED, draft.area_code)
    if who is not None:
        return await _on_behalf(draft, who, request, db, vault, key)
    if draft.phone is None or draft.code is None:
        missing = [name for name in ("phone", "code") if getattr(draft, name) is None]
        raise InvalidInput([Fault(name, "field-missing") for name in missing])
    self_reports.check_request(draft, self_reports.HOUSEHOLD, reference, utc_now())
    proof = await _proved(db, draft.phone, draft.code.get_secret_value(), address, vault)
    async with db.write(Scope.nowhere()) as session:
        made, fresh = await self_reports.report_by_phone(session, draft, proof, reference, vault, utc_now())
    return _receipt(made, fresh)


@router.post(
    "/self-reports/status",
    summary="What became of one's requests · 申报进度查询",
    response_model=SelfReportList,
    dependencies=[_STATUS],
    max_body_size=MAX_BODY,
)
async def read_status(body: StatusRequest, db: Db, vault: Seals, address: ClientAddress) -> Response:
    """The requests made with the phone. A code serves a request and questions after it until it expires or is tried out."""
    proof = await _proved(db, body.phone, body.code.get_secret_value(), address, vault)
    async with db.read(Scope.nowhere()) as session:
        rows = await queries.list_of_phone(session, proof.phone_key, MOST_SHOWN)
    items = [
        SelfReportStatus(
            receipt=report.id,
            received_at=report.reported_at,
            kind=report.risk_family,
            state="answered" if answered else "received",
        )
        for report, answered in rows
    ]
    return json_answer(SelfReportList(items=items), headers=_UNSTORED)


async def _on_behalf(
    draft: SelfReportDraft, who: Principal, request: Request, db: Database, vault: Vault, key: OptionalRequestKey
) -> Response:
    if draft.code is not None:
        raise InvalidInput([Fault("code", "field-unknown")])
    reference, now = await request.app.state.reference.get(), utc_now()
    self_reports.check_request(draft, who, reference, now)

    async def work(session: WriteSession) -> Response:
        return _receipt(*await self_reports.report_on_behalf(session, draft, who, reference, vault, now))

    return await once(db, who, key, work)


async def _proved(db: Database, phone: str, code: str, address: str, vault: Vault) -> Proof:
    """The phone, proved; the try is committed before it is refused. Every refusal is the same."""
    async with db.write(Scope.nowhere()) as session:
        proof = await phone_codes.try_code(session, phone, code, address, vault, utc_now())
    if proof is None:
        raise PhoneCodeInvalid(field="code")
    return proof


def _receipt(made: SelfReport, fresh: bool) -> Response:
    answer = Receipt(receipt=made.id, received_at=made.reported_at)
    return (
        created(answer, "/alerts/v1/self-reports/status", _UNSTORED) if fresh else json_answer(answer, 200, _UNSTORED)
    )
