"""Model → contract: what others hear of placements, training and findings, and no more."""

import base64
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.jobs.models import Person
from services.jobs.rules.ages import age_on
from shared.contracts import jobs as contract


def jobless_again(
    person: Person,
    finding_id: UUID,
    since_on: date,
    now: datetime,
    *,
    found_in: Literal["ledger", "placement"],
    reason: str | None = None,
) -> contract.JoblessAgain:
    """Somebody lost their work. `finding_id`: of the placement that ended, or of a row of the ledger."""
    return contract.JoblessAgain(
        finding_id=finding_id,
        person_key=person.person_key,
        area_code=person.area_code,
        name_sealed=_text(person.name_sealed),
        id_number_sealed=_text(person.id_number_sealed),
        found_in=found_in,
        since_on=since_on,
        reason=reason,
        noticed_at=now,
    )


def minor_working(
    person: Person, finding_id: UUID, seen_on: date, now: datetime, *, found_in: Literal["ledger", "placement"]
) -> contract.MinorWorking:
    """Somebody under 16 works."""
    return contract.MinorWorking(
        finding_id=finding_id,
        person_key=person.person_key,
        area_code=person.area_code,
        name_sealed=_text(person.name_sealed),
        id_number_sealed=_text(person.id_number_sealed),
        found_in=found_in,
        age=age_on(person.birth_on, seen_on),
        seen_on=seen_on,
        noticed_at=now,
    )


def _text(sealed: bytes) -> str:
    return base64.b64encode(sealed).decode()
