"""Model → contract: what others hear of placements, training and findings, and no more."""

import base64
from datetime import date, datetime
from typing import Literal
from uuid import UUID, uuid5

from services.jobs.models import Course, Enrolment, Person, Placement, WorkNeed
from shared.clock import age_on
from shared.contracts import jobs as contract

_MINORS = UUID("6f0c2f4e-7f4b-5c53-9d6c-0b6c6f3a1d29")


def placement_started(
    placement: Placement, person: Person, need: WorkNeed | None, now: datetime
) -> contract.PlacementStarted:
    """Somebody arrived. `need`: the one that was met by it; one of a case before others."""
    assert placement.arrived_on is not None
    return contract.PlacementStarted(
        placement_id=placement.id,
        person_key=person.person_key,
        area_code=placement.area_code,
        need_source=need.source if need else None,
        need_ref=need.source_ref if need is not None and need.source == "case" else None,
        work_area=placement.work_area,
        trade=placement.trade,
        wage=placement.wage,
        started_on=placement.arrived_on,
        told_at=now,
    )


def placement_ended(placement: Placement, person: Person, now: datetime) -> contract.PlacementEnded:
    """Somebody left the post, or never came."""
    assert placement.ended_on is not None
    assert placement.ended_reason is not None
    return contract.PlacementEnded(
        placement_id=placement.id,
        person_key=person.person_key,
        area_code=placement.area_code,
        ended_on=placement.ended_on,
        reason=placement.ended_reason,
        told_at=now,
    )


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
    person: Person, seen_on: date, now: datetime, *, found_in: Literal["ledger", "placement"]
) -> contract.MinorWorking:
    """Somebody under 16 works: one finding for a person and year, however often and wherever it is noticed."""
    return contract.MinorWorking(
        finding_id=uuid5(_MINORS, f"{person.id}:{seen_on.year}"),
        person_key=person.person_key,
        area_code=person.area_code,
        name_sealed=_text(person.name_sealed),
        id_number_sealed=_text(person.id_number_sealed),
        found_in=found_in,
        age=age_on(person.birth_on, seen_on),
        seen_on=seen_on,
        noticed_at=now,
    )


def training_completed(
    enrolment: Enrolment, course: Course, person: Person, now: datetime, *, need_ref: str | None, certificate: bool
) -> contract.TrainingCompleted:
    """Somebody finished a course. `need_ref`: what the case that asked for it calls the need."""
    return contract.TrainingCompleted(
        enrolment_id=enrolment.id,
        person_key=person.person_key,
        area_code=person.area_code,
        need_ref=need_ref,
        trade=course.trade,
        certificate=certificate,
        completed_on=course.ends_on,
        told_at=now,
    )


def _text(sealed: bytes) -> str:
    return base64.b64encode(sealed).decode()
