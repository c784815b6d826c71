"""What others hear of the ledger: wages by person and month, who lost their work, and who is too young for it."""

from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from services.jobs import events
from services.jobs.models import Person
from services.jobs.queries.ledger import Row
from services.jobs.rules.ledger import PUBLIC_POST, Entry, first_day_of_work
from services.jobs.rules.months import month_text
from shared.clock import local_date
from shared.contracts.jobs import JoblessAgain, MinorWorking, WageReported

_JOBLESS = UUID("0d1b7a52-9b0e-5a64-8a3f-5f2f7c1e6b90")


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


def jobless_again(person: Person, row: Row, now: datetime) -> JoblessAgain:
    """Somebody came home without work, by a row that says so: one finding for a person and month, however often said.

    Without a last day of work it is the day on which it was said.
    """
    today = local_date(now)
    since = min(row["ended_on"] + timedelta(days=1), today) if row["ended_on"] else today
    finding = uuid5(_JOBLESS, f"{person.id}:{month_text(row['month'])}")
    return events.jobless_again(person, finding, since, now, found_in="ledger")
