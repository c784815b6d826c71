"""Alerts told once more: the receivers that know them change nothing, the one that lost them is healed."""

from datetime import timedelta

import pytest

from services.alerts.background import expire_alerts
from services.alerts.usecases import replay
from services.households.consumers import HANDLERS
from shared.areas import Scope
from shared.bus.port import Message
from shared.clock import utc_now
from shared.contracts.alerts import AlertExpired, AlertRaised, AlertWithdrawn, AlertWorsened, EvidenceWithdrawn
from shared.db.engine import Database, DatabaseSettings
from shared.inbox import Inbox
from shared.postgres import Cluster
from shared.security.vault import VaultSettings
from tests.alerts.conftest import ALERTS, EDUCATION, MEDICAL, Service, absences, cost, days_ago, today
from tests.alerts.merging import about, bill, withdraw
from tests.commands import command
from tests.conftest import migrated
from tests.households.conftest import directory_events, message

pytestmark = pytest.mark.usefixtures("every_bill_triggers")

SINCE_TODAY = ("--since", today().isoformat())


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """A database with the schema of the receiver as well."""
    return migrated(cluster, "alerts", "households")


async def report(service: Service) -> None:
    """Three absences, the last one withdrawn, and a bill."""
    for draft in absences(3):
        answer = await service.post(ALERTS, draft)
        assert answer.status_code == 201, answer.text
    withdrawal = await service.post(
        f"{answer.headers['location']}/withdrawal", {"reason": "数据有误"}, headers=EDUCATION
    )
    assert withdrawal.status_code == 200, withdrawal.text
    assert (await service.post(ALERTS, cost(), headers=MEDICAL)).status_code == 201
    await service.heard.hear(AlertRaised, 4)
    await service.heard.hear(AlertWithdrawn, 1)


def forget(service: Service) -> list[Message]:
    """What was heard so far, and is not any more."""
    heard = list(service.heard.messages)
    service.heard.messages.clear()
    service.heard.events.clear()
    return heard


async def test_everything_since_a_day_is_told_again(
    service: Service,
    cluster: Cluster,
    database_name: str,
    vault_settings: VaultSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replay, "PAGE", 2)
    await report(service)
    first = forget(service)

    done = await command(cluster, database_name, vault_settings, "replay", "alerts", *SINCE_TODAY)

    assert (done.exit_code, done.output) == (0, "alerts: 4 told once more\n")
    assert len(await service.heard.hear(AlertRaised, 4)) == 4
    await service.heard.hear(AlertWithdrawn, 1)
    again = forget(service)
    assert sorted(m.value for m in again) == sorted(m.value for m in first)
    assert not {m.id for m in again} & {m.id for m in first}
    pages = await service.sql("SELECT detail->>'alerts' FROM audit_entry WHERE action = 'alert:replay' ORDER BY id")
    assert [row[0] for row in pages] == ["2", "2"]


async def test_of_one_feed_or_a_later_day(
    service: Service, cluster: Cluster, database_name: str, vault_settings: VaultSettings
) -> None:
    await report(service)
    forget(service)
    for words, told in (
        (("--since", (today() + timedelta(days=1)).isoformat()), 0),
        ((*SINCE_TODAY, "--feed", "medical.cost"), 1),
    ):
        done = await command(cluster, database_name, vault_settings, "replay", "alerts", *words)
        assert done.output == f"alerts: {told} told once more\n"
    [event] = await service.heard.hear(AlertRaised)
    assert event.feed == "medical.cost"


async def test_a_withdrawal_since_then_brings_its_older_alert(
    service: Service, cluster: Cluster, database_name: str, vault_settings: VaultSettings
) -> None:
    await report(service)
    await service.sql("UPDATE alert SET reported_at = reported_at - interval '9 days'")
    forget(service)

    await command(cluster, database_name, vault_settings, "replay", "alerts", *SINCE_TODAY)

    [withdrawn] = await service.heard.hear(AlertWithdrawn)
    assert [type(event) for event in service.heard.events] == [AlertRaised, AlertWithdrawn]
    assert service.heard.of(AlertRaised)[0].alert_id == withdrawn.alert_id


async def test_households_takes_what_it_lost_and_passes_over_what_it_has(
    service: Service, cluster: Cluster, database_name: str, vault_settings: VaultSettings
) -> None:
    await report(service)
    first = forget(service)
    url = DatabaseSettings(url=cluster.dsn("households", database_name), pool_size=4)
    households = Database(url, "households", row_security=True)
    inbox = Inbox(households, HANDLERS, attempts=2, pause=0.01)

    async def counts() -> list[int]:
        async with households.read(Scope.everywhere()) as session:
            connection = await session.connection()
            tables = ("risk_case", "task", "task_event", "evidence", "outbox", "dead_letter")
            found = [await connection.exec_driver_sql(f"SELECT count(*) FROM {table}") for table in tables]
            return [result.scalar_one() for result in found]

    await inbox.deliver([message(event) for event in directory_events()])
    await inbox.deliver(first[:1])
    await command(cluster, database_name, vault_settings, "replay", "alerts", *SINCE_TODAY)
    await service.heard.hear(AlertRaised, 4)
    await service.heard.hear(AlertWithdrawn, 1)

    await inbox.deliver(forget(service))
    healed = await counts()
    assert healed == [4, 4, 5, 4, 5, 0]  # a case, task and line each; one was withdrawn, which is a line more

    await command(cluster, database_name, vault_settings, "replay", "alerts", *SINCE_TODAY)
    await service.heard.hear(AlertRaised, 4)
    await service.heard.hear(AlertWithdrawn, 1)
    await inbox.deliver(forget(service))
    assert await counts() == healed
    await households.stop()


async def test_all_that_was_told_of_an_alert_is_told_again(
    service: Service, cluster: Cluster, database_name: str, vault_settings: VaultSettings
) -> None:
    """What made it worse, what was taken back of it, and its end; as it was told first, in the same order."""
    first = await bill(service, "1", status=201)
    for ref, self_pay in (("2", 8100), ("3", 20_000), ("4", 60_000)):
        await bill(service, ref, self_pay, severity="high" if ref == "4" else "medium")
    await withdraw(service, first, source_ref="1")
    await withdraw(service, first, source_ref="3")
    over = await bill(service, "5", status=201, occurred_on=days_ago(40), **about(1))
    await service.sql("UPDATE feed SET expires_days = 30")
    await expire_alerts(service.database, utc_now())
    await service.heard.hear(AlertExpired, 1)
    told = sorted(message.value for message in forget(service))
    assert len(told) == 7

    await command(cluster, database_name, vault_settings, "replay", "alerts", *SINCE_TODAY)
    await service.heard.hear(AlertExpired, 1)
    again = forget(service)
    assert sorted(message.value for message in again) == told
    kinds = [message.type for message in again if first["id"].encode() in message.value]
    assert kinds == [AlertRaised.type, *[AlertWorsened.type] * 2, *[EvidenceWithdrawn.type] * 2]
    assert [message.type for message in again if over["id"].encode() in message.value] == [
        AlertRaised.type,
        AlertExpired.type,
    ]
