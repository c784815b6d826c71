"""What others hear of the ledger: wages by person and month, and people too young for the work they do."""

from datetime import date, datetime

from services.jobs import events
from services.jobs.models import Person
from services.jobs.queries.ledger import Row
from services.jobs.rules.ledger import PUBLIC_POST, Entry, first_day_of_work
from services.jobs.rules.months import month_text
from shared.contracts.jobs import MinorWorking, WageReported


def wage_reported(
    person: Person, row: Row, now: datetime, *, revision: int | None = None, withdrawn: bool = False
) -> WageReported:
    """What the row says is earned. One report for a person and month; the row's version is its revision."""
    month = month_text(row["month"])
    return WageReported(
        report_id=f"{person.id}.{month}",
        revision=revision or row["version"],
        person_key=person.person_key,
        month=month,
        wage=row["wage"],
        kind="public_post" if row["channel"] == PUBLIC_POST else "work",
        employer_area=row["work_area"],
        withdrawn=withdrawn,
        reported_at=now,
    )


def minor_working(person: Person, entry: Entry, month: date, now: datetime) -> MinorWorking:
    """Somebody below 16 whom an entry has at work."""
    return events.minor_working(person, first_day_of_work(entry, month), now, found_in="ledger")
