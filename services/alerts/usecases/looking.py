"""Looking at one alert, as far as it is the asker's to see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.alerts.models import Alert, AlertEvidence, AreaCheck
from services.alerts.queries import alerts as find
from services.alerts.queries.area_checks import list_checks
from services.alerts.rules.alerts import sight
from services.alerts.usecases.merging import snooze_end
from shared.clock import local_date
from shared.contracts.households import Verdict
from shared.db.engine import ReadSession
from shared.security.principals import Principal


@dataclass(frozen=True, slots=True)
class Seen:
    """An alert as somebody sees it."""

    alert: Alert
    own: AlertEvidence | None  # the asker's first evidence, where the alert itself is another bureau's
    evidences: int  # further ones in sight
    snoozed_until: datetime | None
    said: Verdict | None = None  # by the areas that `own` and further evidence in sight name
    checks: Sequence[AreaCheck] = ()  # of the areas that reports in sight name


async def look_at_alert(session: ReadSession, who: Principal, alert_id: UUID, now: datetime) -> Seen:
    """One alert in sight; raises `AlertNotFound`."""
    alert = await find.get_alert(session, sight(who), alert_id)
    own = await find.find_own(session, sight(who), [alert])
    said = await find.find_said(session, sight(who), own.values())
    count = await find.count_evidence(session, sight(who), alert_id)
    until = await snooze_end(session, alert, local_date(now))
    named = await find.list_named(session, sight(who), alert)
    checks = await list_checks(session, who.scope, alert_id, named) if named else ()
    return Seen(alert, own.get(alert_id), count, until, said.get(alert_id), checks)
