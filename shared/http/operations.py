"""Routes every service has for its operators: dead letters (死信) and the audit trail (审计日志)."""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from sqlalchemy import text

from shared.clock import utc_now
from shared.db.engine import Database
from shared.errors import Conflict, DomainError
from shared.http.context import Db
from shared.http.pages import After, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.inbox import Inbox, dead_letters
from shared.security import audit
from shared.security.permits import Permit
from shared.security.principals import Principal, Role

router = APIRouter(prefix="/v1", tags=["Operations · 运维"])

ReadDeadLetters = Annotated[Principal, Depends(Permit("dead-letter:read", Role.ADMIN, Role.COUNTY))]
ResolveDeadLetters = Annotated[Principal, Depends(Permit("dead-letter:resolve", Role.ADMIN))]
ReadAudit = Annotated[Principal, Depends(Permit("audit:read", Role.ADMIN, Role.SUPERVISOR))]


class DeadLetter(BaseModel):
    """An event that could not be handled. Its body is not shown: it may hold sealed data of people."""

    id: UUID
    topic: str
    type: str
    occurred_at: str
    error: str
    attempts: int
    failed_at: datetime
    resolution: str | None
    resolved_at: datetime | None
    resolved_by: str | None


class AuditEntry(BaseModel):
    """Who did what to what."""

    id: UUID
    at: datetime
    principal: UUID
    role: str
    action: str
    subject: str
    area_code: str | None
    detail: dict[str, Any] | None
    trace_id: str | None


class ReplayFailed(Conflict):
    """The event failed again; the letter stays."""

    code: ClassVar[str] = "dead-letter-failed-again"


@router.get("/dead-letters", summary="Dead letters · 死信列表")
async def list_dead_letters(
    who: ReadDeadLetters, db: Db, resolved: bool = False, after: After = None, limit: Limit = 50
) -> Page[DeadLetter]:
    """Events that could not be handled, oldest first; `resolved=true` shows those dealt with as well."""
    start = decode_id_cursor(after)
    async with db.read(who.scope) as session:
        rows = await dead_letters.list_page(session, resolved=resolved, after=start, limit=limit + 1)
    page, last = cut([DeadLetter.model_validate(dict(row)) for row in rows], limit)
    return Page(items=list(page), next=encode_cursor(last.id) if last else None)


@router.post("/dead-letters/{letter_id}/replay", status_code=204, summary="Handle it again · 重放死信")
async def replay_dead_letter(letter_id: UUID, who: ResolveDeadLetters, db: Db, request: Request) -> None:
    """Handle the event now, in one transaction; 409 when it fails again."""
    inbox: Inbox | None = request.app.state.inbox
    if inbox is None:
        raise dead_letters.DeadLetterNotFound
    try:
        await _replay(db, inbox, letter_id, who)
    except (dead_letters.DeadLetterNotFound, dead_letters.DeadLetterResolved):
        raise
    except Exception as error:
        code = error.code if isinstance(error, DomainError) else type(error).__name__
        raise ReplayFailed(error=code) from error


async def _replay(db: Database, inbox: Inbox, letter_id: UUID, who: Principal) -> None:
    async with db.write(who.scope) as session:
        await dead_letters.replay(session, inbox.handle, letter_id, str(who.id), utc_now())
        await audit.record(session, who, "dead-letter:resolve", letter_id, how="replayed")


@router.post("/dead-letters/{letter_id}/discard", status_code=204, summary="Never handle it · 丢弃死信")
async def discard_dead_letter(letter_id: UUID, who: ResolveDeadLetters, db: Db) -> None:
    """Take the letter off the list; it stays on record with who decided so."""
    async with db.write(who.scope) as session:
        await dead_letters.discard(session, letter_id, str(who.id), utc_now())
        await audit.record(session, who, "dead-letter:resolve", letter_id, how="discarded")


_AUDIT = text("""
SELECT id, at, principal, role, action, subject, area_code, detail, trace_id FROM audit_entry
WHERE (CAST(:subject AS text) IS NULL OR subject = :subject)
  AND (CAST(:principal AS uuid) IS NULL OR principal = :principal)
  AND (CAST(:before AS uuid) IS NULL OR id < :before)
  AND (area_code IS NULL OR area_code LIKE ANY (:areas))
ORDER BY id DESC LIMIT :limit
""")


@router.get("/audit", summary="Audit trail · 审计日志")
async def list_audit(
    who: ReadAudit,
    db: Db,
    subject: str | None = None,
    principal: UUID | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[AuditEntry]:
    """Who did what, newest first, for one subject or one principal if given: in one's areas, or in none."""
    wanted = {
        "subject": subject,
        "principal": principal,
        "before": decode_id_cursor(after),
        "areas": who.scope.like_patterns(),
    }
    async with db.read(who.scope) as session:
        rows = (await session.execute(_AUDIT, {**wanted, "limit": limit + 1})).mappings().all()
    page, last = cut([AuditEntry.model_validate(dict(row)) for row in rows], limit)
    return Page(items=list(page), next=encode_cursor(last.id) if last else None)
