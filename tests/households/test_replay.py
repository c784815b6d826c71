"""What became of alerts, told once more: the same events under new ids."""

from datetime import timedelta

import pytest

from services.households.usecases import replay
from shared.clock import local_date, utc_now
from shared.contracts.households import EvidenceAdded, TaskOpened, VerdictGiven
from shared.postgres import Cluster
from shared.security.vault import VaultSettings
from tests.commands import command
from tests.households.conftest import PINE, Households, household
from tests.households.test_tasks import VERDICT, visit

TOLD = (TaskOpened, EvidenceAdded, VerdictGiven)


async def test_the_same_is_told_again(
    service: Households,
    cluster: Cluster,
    database_name: str,
    vault_settings: VaultSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replay, "PAGE", 2)
    await service.register(household(1, PINE))
    await service.deliver(service.alert(1), service.alert(1), service.alert(77))
    [task] = (await service.get("/tasks?mine=true", "village", PINE))["items"]
    assert (await service.post(f"/tasks/{task['id']}/visits", visit(), "village", PINE)).status_code == 201
    assert (await service.post(f"/tasks/{task['id']}/verdict", VERDICT, "village", PINE)).status_code == 201
    first = [await service.told(kind) for kind in TOLD]
    assert [len(events) for events in first] == [2, 1, 1]
    ids = await service.sql("DELETE FROM outbox RETURNING event_id")

    today = local_date(utc_now())
    done = await command(
        cluster, database_name, vault_settings, "replay", "households", "--since", (today + timedelta(1)).isoformat()
    )
    assert done.output == "households: 0 measures told once more\nhouseholds: 0 told once more\n"
    done = await command(cluster, database_name, vault_settings, "replay", "households", "--since", today.isoformat())

    assert done.output == "households: 0 measures told once more\nhouseholds: 4 told once more\n"
    assert [await service.told(kind) for kind in TOLD] == first
    assert not set(ids) & set(await service.sql("SELECT event_id FROM outbox"))
    pages = await service.sql("SELECT detail->>'steps' FROM audit_entry WHERE action = 'check:replay' ORDER BY id")
    assert pages == [("2",), ("2",)]
