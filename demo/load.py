"""Load the synthetic county through the public API, as an administrator would: `python -m demo.load`.

Every step may be repeated, so a load that was interrupted is finished by running it again. The demo file, written
last, holds what a script needs to tell the story: addresses, accounts, keys, and a few people.
"""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
import httpx

from demo import conditions, county
from demo.api import PATIENCE_SECONDS, Api, LoadFailed
from demo.cases import KIND, case_list
from demo.households import STORY_VILLAGE, households
from demo.income import LINE, income_file
from demo.labour import CONTENT, load_labour
from demo.places import COUNTY
from services.screen import Screen
from shared.clock import local_date, utc_now
from shared.private_files import write_private

T = TypeVar("T")
Progress = Callable[[str, int, int], None]
"""Told (message code, done, total)."""

SEED = 20260323
HOUSEHOLDS_A_REQUEST = 1000
ACCOUNTS_A_REQUEST = 200
KEY_YEARS = 1
INCOME_HOUSEHOLDS = 500
"""How many households have lines of income."""
PEOPLE_HOUSEHOLDS = 12
"""From how many households the demo file names people: they are left to the stories that scripts tell."""
LEDGER_HOUSEHOLDS = 2000
"""How many households' people stand in the labour ledger."""
EXPORT = "human-resources.xlsx"
"""Beside the demo file: whom human resources has at work, to be compared with the ledger."""


async def load_county(
    client: httpx.AsyncClient, *, admin_file: Path, households: int, file: Path, base_url: str, progress: Progress
) -> None:
    """Load areas, organisations, accounts, keys and `households` households; write `file` when all is there."""
    file.parent.mkdir(mode=0o711, parents=True, exist_ok=True)  # now, and not after minutes
    api, today = Api(client), local_date(utc_now())
    admin = json.loads(admin_file.read_text(encoding="utf-8"))
    await api.sign_in(admin["username"], admin["password"])
    await _load_places(api, progress)
    accounts = await _load_accounts(api, progress)
    keys = await _load_keys(api, today)
    await _publish_income_line(api, today)
    await _publish_targets(api, today)
    await _publish(api, "labour-distances", CONTENT["distances"], today)
    first, people = await _load_households(api, households, today, progress)
    export = await _load_labour(client, accounts, first[PEOPLE_HOUSEHOLDS:], today, progress)
    write_private(file.with_name(EXPORT), export)
    write_private(
        file,
        {
            "base_url": base_url,
            "loaded_on": today.isoformat(),
            "households": households,
            "accounts": [{"role": "admin", **admin, "area_code": "*"}, *accounts],
            "api_keys": keys,
            "people": people,
        },
    )


def move_to(file: Path, base_url: str) -> None:
    """Where the system of this demo file answers from now on."""
    demo = json.loads(file.read_text(encoding="utf-8"))
    if demo["base_url"] != base_url:
        write_private(file, demo | {"base_url": base_url})


async def _load_places(api: Api, progress: Progress) -> None:
    rows = "".join(f"{area.code},{area.name}\n" for area in county.areas())
    organisations = list(county.organisations())
    await api.post(
        "/directory/v1/areas/imports",
        content=f"code,name\n{rows}".encode(),
        headers={"Content-Type": "text/csv; charset=utf-8"},
    )
    for done, one in enumerate(organisations, 1):
        body = {"code": one.code, "name": one.name, "kind": one.kind, "area_code": one.area_code, "feeds": one.feeds}
        await api.post("/directory/v1/organisations", "organisation-code-taken", json=body)
        progress("demo-areas", done, len(organisations))


async def _load_accounts(api: Api, progress: Progress) -> list[dict[str, str]]:
    accounts = [account for account in county.accounts(SEED) if account.role != "admin"]
    loaded: list[dict[str, str]] = []
    for batch in _chunks(accounts, ACCOUNTS_A_REQUEST):
        drafts = [
            {
                "username": one.username,
                "password": api.password_of(one.username),
                "display_name": one.name,
                "role": one.role,
                "organisation": one.organisation,
                "areas": [one.area_code],
                "feeds": one.feeds,
            }
            for one in batch
        ]
        await api.post("/directory/v1/accounts/batch", "username-taken", json=drafts)
        loaded += [
            {
                "role": one.role,
                "username": one.username,
                "password": api.password_of(one.username),
                "area_code": one.area_code,
            }
            for one in batch
        ]
        progress("demo-accounts-load", len(loaded), len(accounts))
    return loaded


async def _load_keys(api: Api, today: date) -> dict[str, str]:
    """One key for each bureau that reports, under each of its feeds."""
    keys = {}
    for one in county.organisations():
        if one.reports:
            draft = {
                "organisation": one.code,
                "label": "demo",
                "feeds": one.reports,
                "areas": [one.area_code],
                "expires_on": (today + timedelta(days=365 * KEY_YEARS)).isoformat(),
            }
            made = await api.post("/directory/v1/api-keys", json=draft)
            keys.update(dict.fromkeys(one.reports, made["secret"]))
    return keys


async def _load_labour(
    client: httpx.AsyncClient,
    accounts: list[dict[str, str]],
    households: list[county.Household],
    today: date,
    progress: Progress,
) -> bytes:
    """What the county's labour centre would enter, by the county's own account; the export of human resources."""
    account, api = next(one for one in accounts if one["role"] == "county"), Api(client)
    await api.sign_in(account["username"], account["password"])
    export = await load_labour(api, households, today)
    progress("demo-labour", len(households), len(households))
    return export


async def _load_households(
    api: Api, count: int, today: date, progress: Progress
) -> tuple[list[county.Household], list[dict[str, Any]]]:
    """The first of them, and the people the demo file names."""
    first: list[county.Household] = []
    people: list[dict[str, Any]] = []
    done = 0
    for batch in _chunks(households(count, SEED, today), HOUSEHOLDS_A_REQUEST):
        await _import(api, [draft(one) for one in batch])
        if (cases := case_list(batch, today)) is not None:
            await _load_cases(api, cases)
        if done < INCOME_HOUSEHOLDS:
            await _load_income(api, batch[: INCOME_HOUSEHOLDS - done], today)
        if not people:
            people = [person for one in batch[:PEOPLE_HOUSEHOLDS] for person in _people(one)]
        first += batch[: LEDGER_HOUSEHOLDS - len(first)]
        done += len(batch)
        progress("demo-households", done, count)
    return first, await _with_ids(api, people)


async def _publish_income_line(api: Api, today: date) -> None:
    await _publish(api, "income-line", {"per_head": LINE}, today)


async def _publish_targets(api: Api, today: date) -> None:
    months = {"first": f"{today.year}-01", "last": f"{today.year}-12"}
    await _publish(api, "labour-targets", {"targets": [{**one, **months} for one in CONTENT["target"]]}, today)


async def _publish(api: Api, kind: str, body: dict[str, Any], today: date) -> None:
    """The county's own policy; once, for a second version of the same would count as news."""
    path = "/directory/v1/policies"
    known = await api.get(path, params={"kind": kind, "area": COUNTY})
    if not any(one["area_prefix"] for one in known["items"]):
        policy = {"kind": kind, "area": COUNTY[:6], "valid_from": f"{today.year}-01-01"}
        await api.post(path, json={**policy, "body": body, "note": "demo"})


async def _load_income(api: Api, batch: list[county.Household], today: date) -> None:
    """What they earn and spend, as a file; the same again changes nothing."""
    headers = {"Content-Type": "text/csv; charset=utf-8"}
    report = await api.post(
        "/households/v1/income/imports",
        content=income_file(batch, SEED, today),
        params={"origin": "finance"},
        headers=headers,
    )
    if report["errors"]:
        raise LoadFailed(f"income: {sorted({error['code'] for error in report['errors']})}")


async def _load_cases(api: Api, file: bytes) -> None:
    """National cases, taken over from a list as any county's would be; sent again it adds nothing."""
    path = "/households/v1/register-imports"
    sent = await api.post(path, data={"kind": KIND}, files=[("file", ("monitored.csv", file, "text/csv"))])
    place = f"{path}/{sent['id']}"
    checked = await api.until(place, "checked")
    if not checked["households"]["changed"]:
        return
    await api.post(f"{place}/application", json={"digest": checked["digest"]})
    await api.until(place, "applied")


async def _import(api: Api, drafts: list[dict[str, Any]]) -> None:
    """The areas reach the households service a moment after the directory has them, so a first try may be early."""
    for _ in range(2 * PATIENCE_SECONDS):
        answer = await api.post("/households/v1/households/imports", json=drafts)
        codes = {error["code"] for error in answer["errors"]}
        if not codes:
            return
        if codes != {"area-unknown"}:
            break
        await asyncio.sleep(0.5)
    raise LoadFailed(f"the import refused {len(answer['errors'])} rows: {sorted(codes)}")


def draft(one: county.Household) -> dict[str, Any]:
    """The household as the import of the register takes it."""
    return {
        "national_code": one.national_code,
        "area_code": one.area_code,
        "natural_village": one.natural_village,
        "class": one.household_class,
        **conditions.of_household(one),
        "members": [
            {
                **conditions.of_member(member),
                "name": member.name,
                "id_number": member.id_number,
                "relation": member.relation,
                "phone": member.phone,
                "pupil": member.is_pupil,
                "school_stage": member.school_stage,
                "labour_skill": member.labour_skill,
                "health": list(member.health),
                "ethnic_group": member.ethnic_group,
            }
            for member in one.members
        ],
    }


def _people(one: county.Household) -> Iterator[dict[str, Any]]:
    for member in one.members:
        yield {
            "id_number": member.id_number,
            "name": member.name,
            "national_code": one.national_code,
            "area_code": one.area_code,
            "pupil": member.is_pupil,
        }


async def _with_ids(api: Api, people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the system's household ids in the place of the national codes."""
    found: dict[str, str] = {}
    for person in people:
        code = person.pop("national_code")
        if code not in found:
            page = await api.post("/households/v1/households/search", json={"national_code": code})
            found[code] = page["items"][0]["id"]
        person["household_id"] = found[code]
    return sorted(people, key=lambda person: person["area_code"] != STORY_VILLAGE)


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    while chunk := list(itertools.islice(source, size)):
        yield chunk


@click.command()
@click.option("--url", envvar="BASE_URL", default="http://127.0.0.1:8000", show_default=True)
@click.option(
    "--admin-file", type=click.Path(exists=True, path_type=Path), default=Path(".data/admin.json"), show_default=True
)
@click.option("--file", "file", type=click.Path(path_type=Path), default=Path(".data/demo.json"), show_default=True)
@click.option("--households", "count", envvar="DEMO_HOUSEHOLDS", default=2000, show_default=True)
def main(url: str, admin_file: Path, file: Path, count: int) -> None:
    """Load the demo county into a running system."""
    show = Screen().progress

    async def load() -> None:
        async with httpx.AsyncClient(base_url=url, timeout=300) as client:
            await load_county(client, admin_file=admin_file, households=count, file=file, base_url=url, progress=show)

    try:
        asyncio.run(load())
    except (LoadFailed, httpx.TransportError) as error:
        raise click.ClickException(f"{url}: {error or type(error).__name__}") from None
    click.echo(str(file))


if __name__ == "__main__":
    main()
