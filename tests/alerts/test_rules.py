"""What is taken and what is refused, without a database."""

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema_rs import Draft202012Validator

from services.alerts import rules
from services.alerts.rules.alerts import (
    AlertAlreadyAnswered,
    AlertAlreadyWithdrawn,
    Severity,
    Sight,
    require_withdrawable,
    sight,
)
from services.alerts.rules.screening import Feed, Screened, evidence_faults, holds_id_number, screen
from shared.areas import Scope
from shared.errors import Fault
from shared.idnumber import complete
from shared.security.principals import Principal, Role

TODAY = date(2026, 3, 10)
ID_NUMBER = str(complete("53992120120304001"))
FEEDS = Path(rules.__file__).parents[1] / "feeds"


def feed(code: str) -> Feed:
    """A feed as it is shipped."""
    row = json.loads((FEEDS / f"{code}.json").read_text())
    validator = Draft202012Validator(json.dumps(row["evidence_schema"]), validate_formats=True)
    return Feed(code, row["risk_family"], row["default_severity"], validator)


@dataclass(frozen=True)
class Draft:
    """A report of nothing wrong."""

    source_ref: str | None = "JY-1"
    occurred_on: date = TODAY
    area_code: str = "539921100001"
    severity: Severity | None = None
    evidence: Any = field(default_factory=lambda: {"days_absent": 3, "last_seen_on": "2026-03-06", "school": "某校"})
    id_number: str | None = ID_NUMBER
    subjects: int = 1
    about_areas: bool = False


def screened(draft: Draft, code: str | None = "education.absence", *, area_known: bool = True) -> Any:
    """`screen` on the shipped feed."""
    return screen(draft, feed(code) if code else None, area_known=area_known, today=TODAY)


def codes(draft: Draft, **how: Any) -> dict[str, str]:
    """Its faults by field."""
    return {fault.field: fault.code for fault in screened(draft, **how)}


def test_of_a_sound_report_the_person_and_the_evidence_are_left() -> None:
    evidence = b'{"days_absent":3,"last_seen_on":"2026-03-06","school":"\xe6\x9f\x90\xe6\xa0\xa1"}'
    assert screened(Draft()) == Screened(ID_NUMBER, evidence)
    assert screened(Draft(id_number=None)) == Screened(None, evidence)


def test_the_same_evidence_is_the_same_bytes() -> None:
    turned = Draft(evidence=dict(reversed(Draft().evidence.items())))
    assert screened(turned).evidence == screened(Draft()).evidence


@pytest.mark.parametrize("subjects", [0, 2])
def test_a_report_is_about_one_thing(subjects: int) -> None:
    assert codes(Draft(subjects=subjects)) == {"": "person-or-household"}


def test_an_id_number_is_normalised() -> None:
    typed = complete("53992120120304010").replace("X", "x").translate({ord("5"): "５"})
    assert screened(Draft(id_number=f" {typed} ")).id_number == complete("53992120120304010")


def test_all_faults_are_told_at_once() -> None:
    draft = Draft(
        occurred_on=date(2026, 3, 11), id_number=ID_NUMBER[:-1] + "A", evidence={"days_absent": 0, "school": 7}
    )
    assert codes(draft, area_known=False) == {
        "area_code": "area-unknown",
        "occurred_on": "date-in-future",
        "person.id_number": "id-number-characters",
        "evidence.days_absent": "number-out-of-range",
        "evidence.school": "evidence-invalid",
    }


def test_an_unknown_feed_is_a_fault() -> None:
    assert codes(Draft(), code=None) == {"feed": "feed-unknown"}


@pytest.mark.parametrize(
    ("evidence", "fault"),
    [
        ({"self_pay": -1}, Fault("evidence.self_pay", "number-out-of-range")),
        ({"self_pay": "5000"}, Fault("evidence.self_pay", "evidence-invalid")),
        ({"self_pay": 5000, "period": "2026年2月"}, Fault("evidence.period", "evidence-invalid")),
        ({"self_pay": 5000, "hospital": ""}, Fault("evidence.hospital", "text-too-short", {"min_length": 1})),
        ({"self_pay": 5000, "hospital": "x" * 101}, Fault("evidence.hospital", "text-too-long", {"max_length": 100})),
        ({"self_pay": 5000, "张小明": 1}, Fault("evidence", "field-unknown")),
        ({"self_pay": 10**30}, Fault("evidence", "evidence-invalid")),
        ({"self_pay": float("nan")}, Fault("evidence", "evidence-invalid")),
        ({"self_pay": 5000, "hospital": [{"beds": float("inf")}]}, Fault("evidence", "evidence-invalid")),
        ({"self_pay": 5000, "hospital": "\ud800"}, Fault("evidence", "evidence-invalid")),
        ({}, Fault("evidence.self_pay", "field-missing")),
    ],
)
def test_evidence_is_held_against_the_feeds_schema(evidence: Any, fault: Fault) -> None:
    assert screened(Draft(evidence=evidence), "medical.cost") == [fault]


@pytest.mark.parametrize(
    ("evidence", "code"),
    [({"last_seen_on": "2026-02-30"}, "evidence-invalid"), ({"days_absent": 2.5}, "evidence-invalid")],
)
def test_formats_and_types_count(evidence: Any, code: str) -> None:
    (found,) = evidence_faults(feed("education.absence").evidence, {**Draft().evidence, **evidence})
    assert (found.field, found.code) == (f"evidence.{next(iter(evidence))}", code)


@pytest.mark.parametrize("feed_file", sorted(FEEDS.glob("*.json")), ids=lambda path: path.stem)
def test_shipped_feeds_are_sound(feed_file: Path) -> None:
    row = json.loads(feed_file.read_text())
    assert row["code"] == feed_file.stem
    assert row["evidence_schema"]["additionalProperties"] is False, "an unknown field would be kept unread"
    assert row["default_severity"] in ("low", "medium", "high")


def test_an_id_number_in_a_source_ref_is_found() -> None:
    assert holds_id_number(f"JY-{ID_NUMBER}", TODAY)
    assert codes(Draft(source_ref=f"JY-{ID_NUMBER}")) == {"source_ref": "source-ref-personal"}
    assert not holds_id_number("JY-202603100000000001", TODAY)
    assert not holds_id_number(f"9{ID_NUMBER}", TODAY), "a longer number is no ID number"


def test_only_what_is_open_can_be_withdrawn() -> None:
    require_withdrawable("reported")
    require_withdrawable("checking")
    with pytest.raises(AlertAlreadyAnswered):
        require_withdrawable("answered")
    with pytest.raises(AlertAlreadyWithdrawn):
        require_withdrawable("withdrawn")


def who(role: Role, *feeds: str) -> Principal:
    """Somebody everywhere."""
    return Principal(UUID(int=1), "account", role, Scope.everywhere(), frozenset(feeds))


def test_a_bureau_sees_its_feeds_and_the_county_all() -> None:
    everywhere = Scope.everywhere()
    assert sight(who(Role.BUREAU, "a", "b")) == Sight(frozenset({"a", "b"}), everywhere)
    assert sight(who(Role.BUREAU)) == Sight(frozenset(), everywhere), "no feed: nothing"
    assert sight(who(Role.BUREAU, "*")) == Sight(None, everywhere)
    for role in (Role.COUNTY, Role.SUPERVISOR, Role.ADMIN):
        assert sight(who(role)) == Sight(None, everywhere)
