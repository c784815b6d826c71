"""Visits, photos and findings of pretence → answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.households.api.reader import Reader
from services.households.models import PretenceFinding, Visit, VisitPhoto
from services.households.schemas.pretence import PretenceView
from services.households.schemas.visits import FieldFound, PhotoView, VisitView
from services.households.usecases.pretence import ANSWER, ORIGIN
from services.households.usecases.visits import VISIT
from shared.masking import mask_phone


def visit_view(visit: Visit, photos: Sequence[VisitPhoto], reader: Reader) -> VisitView:
    """One visit; its texts and fields only for those who work with the household."""
    told = (reader.record(visit.sealed, VISIT) or {}) if reader.sees_people else {}
    return VisitView(
        id=visit.id,
        kind=visit.kind,
        task_id=visit.task_id,
        household_id=visit.household_id,
        visited_at=visit.visited_at,
        visited_by=visit.visited_by,
        latitude=visit.latitude,
        longitude=visit.longitude,
        accuracy_m=visit.accuracy_m,
        place=told.get("place"),
        with_whom=told.get("with_whom"),
        met=told.get("met") or [],
        findings=told.get("findings"),
        fields=[_field_found(one) for one in told.get("fields") or []],
        photos=[photo_view(photo, reader) for photo in photos],
        second_needed=visit.second_needed,
        second_by=visit.second_by,
        second_at=visit.second_at,
        recorded_at=visit.recorded_at,
    )


def photo_view(photo: VisitPhoto, reader: Reader) -> PhotoView:
    """One photo, without the picture."""
    shown = photo.origin_sealed is not None and reader.sees_people
    origin = (reader.record(photo.origin_sealed, ORIGIN) or {}) if shown and photo.origin_sealed else {}
    taken_at = origin.get("taken_at")
    return PhotoView(
        id=photo.id,
        visit_id=photo.visit_id,
        width=photo.width,
        height=photo.height,
        size=photo.size,
        sha256=photo.digest.hex(),
        taken_at=datetime.fromisoformat(taken_at) if taken_at else None,
        uploaded_by=photo.uploaded_by,
        uploaded_at=photo.uploaded_at,
        deleted_at=photo.deleted_at,
    )


def pretence_view(finding: PretenceFinding, names: dict[str, str], reader: Reader) -> PretenceView:
    """One finding with its reason in words."""
    values, limits = finding.detail["values"], finding.detail["limits"]
    return PretenceView(
        id=finding.id,
        kind=finding.kind,
        kind_text=reader.code("pretence", finding.kind),
        reason=_reason(finding.kind, values, limits, reader),
        area=reader.area(finding.area_code, names),
        household_id=finding.household_id,
        visit_id=finding.visit_id,
        case_id=finding.case_id,
        values=values,
        limits=limits,
        policy_id=finding.policy_id,
        found_at=finding.found_at,
        answer=finding.answer,
        answer_code_text=reader.code("pretence_answer", finding.answer) if finding.answer else None,
        answer_text=reader.text(finding.answer_sealed, ANSWER),
        answered_by=finding.answered_by,
        answered_at=finding.answered_at,
    )


def _reason(kind: str, values: Mapping[str, Any], limits: Mapping[str, Any], reader: Reader) -> str:
    words: dict[str, Any] = {**{f"limit_{name}": value for name, value in limits.items()}, **values}
    if "verdict" in values:
        words["verdict"] = reader.code("verdict", values["verdict"])
    for name in ("share", "similarity"):
        if name in values:
            words[name] = f"{values[name]:.0%}"
    if kind == "photo-origin":
        parts = [reader.say(f"pretence-photo-{name}", **words) for name in ("hours", "kilometres") if name in values]
        return reader.say("pretence-join").join(parts)
    if kind == "same-photo":
        return reader.say("pretence-same-photo" if values["exact"] else "pretence-like-photo", **words)
    if kind == "reopened" and "verdict" not in values:
        return reader.say("pretence-back-again", **words)
    if kind == "place":
        return reader.say(f"pretence-place-{values['basis']}", **words)
    return reader.say(f"pretence-{kind}", **words)


def _field_found(record: Mapping[str, Any]) -> FieldFound:
    shown = dict(record)
    if shown["field"] == "phone":
        shown |= {name: mask_phone(shown[name]) for name in ("value", "registered") if shown[name]}
    return FieldFound(**shown)
