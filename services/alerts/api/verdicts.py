"""Verdicts one after the other, for a bureau's system that cannot be called."""

from uuid import UUID

from fastapi import APIRouter

from services.alerts.api.permits import ReadAlerts, reads_texts
from services.alerts.queries.verdicts import Told, list_verdicts
from services.alerts.rules.alerts import sight
from services.alerts.schemas.fields import FeedCode
from services.alerts.schemas.verdicts import VerdictNoticeView, VerdictPage
from shared.http.context import Db, Seals
from shared.http.pages import After, CursorInvalid, Limit, cut, decode_cursor, encode_cursor
from shared.security.principals import Principal
from shared.security.vault import Vault

router = APIRouter(prefix="/v1/verdicts", tags=["Verdicts · 核查结论"])

_MAX_XID = 2**63 - 1


@router.get("", summary="Read verdicts in order · 按序读取核查结论")
async def read_verdicts(
    who: ReadAlerts, db: Db, vault: Seals, feed: FeedCode | None = None, after: After = None, limit: Limit = 50
) -> VerdictPage:
    """Those since `after`, oldest first, and which reports ended without one: `expired`, `dropped`. Keep `next`: asking
    with it misses none, whenever it is asked.
    """
    last_read = _cursor(after)
    async with db.read(who.scope) as session:
        rows = await list_verdicts(session, sight(who), feed, last_read, limit + 1)
    page, _ = cut(rows, limit)
    last = page[-1].notice if page else None
    return VerdictPage(
        items=[_view(told, who, vault) for told in page],
        next=encode_cursor(last.xid, last.id) if last else after,
        more=len(rows) > limit,
    )


def _view(told: Told, who: Principal, vault: Vault) -> VerdictNoticeView:
    basis = told.basis if told.notice.verdict else None
    view = VerdictNoticeView.model_validate({**_columns(told), "basis": basis, "reason": None})
    if told.notice.verdict is None or told.reason_sealed is None or not reads_texts(who):
        return view
    return view.model_copy(update={"reason": vault.open(told.reason_sealed, "verdict-reason").decode()})


def _columns(told: Told) -> dict[str, object]:
    own = VerdictNoticeView.model_fields.keys() - {"basis", "reason"}
    return {name: getattr(told.notice, name) for name in own}


def _cursor(after: str | None) -> UUID | None:
    """The notice that was read last. Where it stood then may not be where it stands now."""
    match decode_cursor(after, 2):
        case None:
            return None
        case [xid, str(text)] if type(xid) is int and 0 <= xid <= _MAX_XID:
            try:
                return UUID(text)
            except ValueError:
                pass
    raise CursorInvalid(field="after")
