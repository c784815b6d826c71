"""`make run`: the first start, the next one, the end, and two at a time."""

import asyncio
import itertools
import json
import shlex
import signal
import socket
import stat
import time
from pathlib import Path

import httpx
import psutil

from demo.feeds import shipped_feeds
from demo.load import EXPORT
from tests.e2e import story
from tests.e2e.embedded import Embedded
from tests.e2e.programs import NotReady
from tests.e2e.story import eventually, report, task_of
from tests.processes import still_running

STRANGERS = itertools.count(40)
"""Numbers of people whom no register knows and no other test tells stories of."""


async def test_the_next_start_goes_on_with_all_data_at_another_address_too(embedded: Embedded) -> None:
    area = embedded.story_family().area_code
    township = await embedded.sign_in("township", area[:9] + "000")
    alert = await report(embedded.bureau(story.ABSENCE), story.absence(story.stranger(area, next(STRANGERS))))
    task = await eventually(lambda: task_of(township, alert))
    before = embedded.demo

    assert await ends(embedded) == 0
    moved = Embedded(data_dir=embedded.data_dir)
    try:
        await moved.open()
        assert moved.base_url != before["base_url"]
        assert moved.demo == before | {"base_url": moved.base_url}, "the demo is loaded once"
        township = await moved.sign_in("township", area[:9] + "000")
        assert await task_of(township, alert) == task
        another = await report(moved.bureau(story.BILL), story.bill(story.stranger(area, next(STRANGERS))))
        await eventually(lambda: task_of(township, another))
    finally:
        await moved.stop()
        await embedded.open()
    assert embedded.demo == before


async def test_where_the_port_is_taken_nothing_is_begun(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = str(holder.getsockname()[1])
        system = Embedded(data_dir=tmp_path / "data", PORT=port)
        began = time.monotonic()
        system.program.launch()
        try:
            while system.program.exit_code is None and time.monotonic() < began + 60:
                await asyncio.sleep(0.05)
            assert system.program.exit_code == 1
            [line] = system.program.log().splitlines()
        finally:
            await system.stop()
    assert port in line
    assert "端口" in line
    assert list((tmp_path / "data").iterdir()) == [], "the data folder is as it was"


async def test_demo_json_tells_a_script_what_it_needs(embedded: Embedded) -> None:
    file = embedded.data_dir / "demo.json"
    for one in (file, embedded.data_dir / EXPORT):
        assert stat.S_IMODE(one.stat().st_mode) == 0o600
    demo = json.loads(file.read_text(encoding="utf-8"))
    assert demo["base_url"] == embedded.base_url
    assert {account["role"] for account in demo["accounts"]} == {
        "bureau",
        "village",
        "township",
        "county",
        "supervisor",
        "admin",
    }
    assert all(account.keys() == {"role", "username", "password", "area_code"} for account in demo["accounts"])
    assert demo["api_keys"].keys() == shipped_feeds().keys()
    assert demo["api_keys"][story.ABSENCE] != demo["api_keys"][story.BILL], "a key for each bureau"
    people = demo["people"]
    assert all(person.keys() == {"id_number", "name", "household_id", "area_code", "pupil"} for person in people)
    cadres = {account["area_code"] for account in demo["accounts"] if account["role"] == "village"}
    of_one_village = {(person["area_code"], person["pupil"]) for person in people}
    assert any({(area, True), (area, False)} <= of_one_village for area in cadres), (
        "a pupil and an adult of one village"
    )
    for role in ("bureau", "village", "township", "county", "supervisor", "admin"):
        await embedded.sign_in(role)


async def test_the_example_on_the_screen_works(embedded: Embedded) -> None:
    """The curl that the start prints, sent as it stands."""
    shown = embedded.program.screen()
    assert embedded.base_url in shown
    _, _, url, *options = shlex.split(shown[shown.index("curl -i") :].split("\n\n")[0].replace("\\\n", " "))[:9]
    headers = dict(value.split(": ", 1) for flag, value in itertools.pairwise(options) if flag == "-H")
    body = options[options.index("-d") + 1]
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(url, headers=headers, content=body)
    assert answer.status_code in (200, 201), answer.text  # 200: a test before reported of this household
    assert answer.json()["outcome"] in ("new", "merged")
    place = f"/alerts/v1/alerts/{answer.json()['id']}/withdrawal"  # a story of this pupil begins with no alert
    assert (await embedded.bureau(story.ABSENCE).post(place, json={"reason": "tried"})).status_code == 200


async def test_an_empty_start_in_a_folder_that_does_not_exist_yet() -> None:
    """As on a fresh machine: nobody else may look into it, though the database's account may pass through."""
    system = Embedded(DEMO="0")
    system.data_dir.rmdir()
    try:
        await system.open()
        assert stat.S_IMODE(system.data_dir.stat().st_mode) & 0o066 == 0
        admin_file = system.data_dir / "admin.json"
        for secret in (admin_file, system.data_dir / "keys.json"):
            assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert not (system.data_dir / "demo.json").exists()

        system.demo = {"accounts": [{"role": "admin", "area_code": "*"} | json.loads(admin_file.read_text())]}
        admin = await system.sign_in("admin")
        assert (await admin.get("/directory/v1/areas")).json()["items"] == []
        found = await admin.get("/directory/v1/policies/task-deadline", params={"area": "539921000000"})
        assert found.status_code == 200, "the default policies are there"
        assert await ends(system) == 0
    finally:
        await system.stop()


async def test_a_second_process_on_the_same_data_harms_nothing(embedded: Embedded) -> None:
    """It attaches to the first one's database, or refuses; either way the first goes on and no task is doubled."""
    second = Embedded(data_dir=embedded.data_dir)
    second.demo = embedded.demo
    second.program.launch()
    try:
        try:
            await second.program.ready()
        except NotReady:
            assert second.program.exit_code not in (None, 0), "it refuses, and says so"
        running = [system for system in (embedded, second) if system.program.exit_code is None]
        area = embedded.story_family().area_code
        person = story.stranger(area, next(STRANGERS))
        township = await embedded.sign_in("township", area[:9] + "000")
        bureaus = [system.bureau(story.ABSENCE) for system in running]
        alerts = [await report(bureau, story.absence(person), expect=None) for bureau in bureaus * 5]
        assert len({alert["id"] for alert in alerts}) == 1
        seen = [await eventually(lambda alert=alert: task_of(township, alert)) for alert in alerts]  # type: ignore[misc]
        assert len({task["id"] for task in seen}) == 1
        if second in running:
            assert await second.program.stop(signal.SIGINT) == 0
        assert (await township.get("/households/v1/tasks")).status_code == 200, "the first one still works"
    finally:
        await second.stop()


async def ends(system: Embedded) -> int:
    """Press Ctrl-C; the exit code, when no process of it is left."""
    children = psutil.Process(system.program.pid).children(recursive=True)
    assert any("postgres" in child.name() for child in children), "the database is its child"
    code = await system.program.stop(signal.SIGINT)
    assert await asyncio.to_thread(still_running, children, seconds=5) == []
    return code
