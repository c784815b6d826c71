"""The sample file of every shipped feed, sent as its bureau would: what is meant to trigger does, and no row is refused."""

from collections.abc import Iterable, Iterator
from datetime import date

import pytest

from demo.county import areas
from demo.feeds import shipped_feeds
from demo.samples import Sample, samples
from shared.clock import local_date, utc_now
from shared.contracts.directory import AreaRecord, AreasChanged
from shared.contracts.households import MemberRecord, MembersChanged
from shared.idnumber import IdNumber
from shared.ids import new_id
from tests.alerts.conftest import Service, key_changed
from tests.alerts.files_service import counts, finished, send

ROWS = 100
HOUSEHOLDS = 300
BUREAU = {"X-API-Key": "all-bureaus-secret"}
CODES = sorted(shipped_feeds())


pytestmark = pytest.mark.usefixtures("originals")


async def test_a_sample_of_every_feed_becomes_the_alerts_it_means(service: Service) -> None:
    today = local_date(utc_now())
    made = list(samples(count=ROWS, household_count=HOUSEHOLDS, today=today))
    county = [AreaRecord(code=area.code, name=area.name, active=True) for area in areas()]
    await service.tell(AreasChanged(areas=county), key_changed("all-bureaus-secret", CODES, "all"))
    await service.tell(*registered(service, made))

    became = {}
    for sample in made:
        feed = sample.name.rsplit(".", 1)[0]
        form = {"feed": feed, "period": period(shipped_feeds()[feed]["cadence"], today)}
        answer = await send(service, sample.content, sample.name, form=form, headers=BUREAU)
        view = await finished(service, answer, BUREAU)
        became[feed] = counts(view, "rows_read", "triggered", "rejected", "unmatched")
    meant = {s.name.rsplit(".", 1)[0]: (ROWS, sum(row.alarming for row in s.rows), 0, 0) for s in made}
    assert became == meant


def registered(service: Service, made: Iterable[Sample]) -> Iterator[MembersChanged]:
    """What the register tells of the people in the files, each in a household of one."""
    for sample in made:
        people = {row.values["person.id_number"]: row for row in sample.rows if row.values.get("person.id_number")}
        members = [
            MemberRecord(
                person_key=service.vault.person_key(IdNumber(str(number))),
                household_id=new_id(),
                household_key=None,
                area_code=row.area_code,
                household_class=row.household_class,
                active=True,
                changed_at=utc_now(),
            )
            for number, row in people.items()
            if row.household_class is not None
        ]
        if members:
            yield MembersChanged(members=members)


def period(cadence: str, day: date) -> str:
    """Some period of that cadence in the year of `day`."""
    names = {
        "daily": day.isoformat(),
        "ten_days": f"{day:%Y-%m}-T1",
        "quarterly": f"{day:%Y}-Q1",
        "term": f"{day:%Y}-S1",
    }
    return names.get(cadence, f"{day:%Y-%m}")
