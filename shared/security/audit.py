"""The audit trail (审计日志): who did what to what, written in the transaction of the deed.

The service's database role may insert and read these rows, not change or delete them (see the migrations).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from opentelemetry import trace
from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from shared.clock import utc_now
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.security.principals import Principal


class AuditEntryMixin:
    """One deed. `detail` holds codes and field names, never a name, phone or ID number."""

    __tablename__ = "audit_entry"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    principal: Mapped[UUID] = mapped_column(index=True)
    role: Mapped[str]
    action: Mapped[str]  # the permit, e.g. "member:reveal"
    subject: Mapped[str] = mapped_column(index=True)  # id of what it was done to
    area_code: Mapped[str | None]
    detail: Mapped[dict[str, Any] | None]
    trace_id: Mapped[str | None]


_INSERT = text("""
INSERT INTO audit_entry (id, at, principal, role, action, subject, area_code, detail, trace_id)
VALUES (:id, :at, :principal, :role, :action, :subject, :area_code, CAST(:detail AS jsonb), :trace_id)
""")


async def record(
    session: WriteSession,
    who: Principal,
    action: str,
    subject: UUID | str,
    *,
    area_code: str | None = None,
    **detail: Any,
) -> None:
    """Write one entry in the session's transaction."""
    context = trace.get_current_span().get_span_context()
    await session.execute(
        _INSERT,
        {
            "id": new_id(),
            "at": utc_now(),
            "principal": who.id,
            "role": who.role.value if who.kind != "api_key" else "api_key",
            "action": action,
            "subject": str(subject),
            "area_code": area_code,
            "detail": orjson.dumps(detail, default=str).decode() if detail else None,
            "trace_id": trace.format_trace_id(context.trace_id) if context.is_valid else None,
        },
    )
