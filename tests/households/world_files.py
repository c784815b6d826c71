"""What files and lists can tell of that village."""

from collections.abc import Mapping
from typing import Any

from tests.households import lists
from tests.households.conftest import BAMBOO, PINE
from tests.households.conftest import NAMES as PLACES
from tests.households.gate_model import Home
from tests.households.world import NAMES, World, number_of

VILLAGES = {area: PLACES[area] for area in (PINE, BAMBOO)}
ORDINARY = {"户类型": "一般农户"}
CALLED_GONE = {
    "监测对象类型": "边缘易致贫户",
    "致贫（返贫）风险": "因病",
    "识别时间": "2025-01-05",
    "风险是否消除": "是",
    "风险消除时间": "2025-12-05",
}


class FileWorld(World):
    """Likewise with its model."""

    async def send_file(self, home: Home, fields: Mapping[str, Any], of_head: Mapping[str, Any]) -> None:
        """A file tells of a household with its people: other facts of it, and of the first of them."""
        if home.code is None or not (living := self.model.living(home.id)):
            return
        members = [
            {**self.told(one.number, one.relation), **(of_head if not n else {})} for n, one in enumerate(living)
        ]
        body = [{"national_code": home.code, "area_code": home.area, "class": "ordinary", **fields, "members": members}]
        answer, self.waits = await self.call("POST", "/households/imports", body), True
        if answer is not None and not answer.json()["failed"]:
            self._home_is(home, fields)
            self._person_is(living[0], of_head)

    async def send_list(self, home: Home, water: bool, skill: str, removal: str | None) -> None:
        """A list of the national system tells of a household; who is in the villages, and not in it, may leave."""
        living = self.model.living(home.id)
        if home.code is None or not living:
            return
        said = {"饮水是否安全": "是" if water else "否", **ORDINARY, "行政村（社区）": VILLAGES[home.area]}
        rows = [
            lists.person(home.code, one.number, one.name, "其他", **said, 证件号码=str(number_of(one.number)))
            for one in living
        ]
        rows[0]["劳动技能"] = {"ordinary": "普通劳动力", "none": "无劳动力"}[skill]
        if not await self._listed(rows, **({"remove_vanished": removal} if removal else {})):
            return
        self._home_is(home, {"safe_water": water})
        self._person_is(living[0], {"labour_skill": skill})
        for one in self.model.people if removal else ():
            other = self.model.homes[one.home]
            if one.left_on is None and other.code is not None and other.area == home.area and other is not home:
                one.left_on, one.left_at = self.today, self.clock.now
                other.goers.append((self.today, one))
                other.gone = True

    async def enter_by_file(self, number: int) -> None:
        """Who was struck off comes as a household of their own."""
        code, told = f"{PINE}8{number:03}", self.told(number, "02")
        body = [{"national_code": code, "area_code": PINE, "class": "ordinary", "members": [told]}]
        answer, self.waits = await self.call("POST", "/households/imports", body), True
        if answer is not None and answer.json()["households"]["added"]:
            await self._know(code, told)

    async def enter_by_file_into(self, home: Home, number: int) -> None:
        """Likewise, with those who live there."""
        if home.code is None or not (living := self.model.living(home.id)):
            return
        members = [*(self.told(one.number, one.relation) for one in living), told := self.told(number)]
        body = [{"national_code": home.code, "area_code": home.area, "class": "ordinary", "members": members}]
        answer, self.waits = await self.call("POST", "/households/imports", body), True
        if answer is not None and answer.json()["members"]["added"]:
            key = self.service.vault.person_key(told["id_number"])
            query = "SELECT id::text FROM member WHERE person_key = :key AND left_on IS NULL"
            [(id_,)] = await self.service.sql(query, key=key)
            self._lives(id_, told, home, self.today)

    async def enter_by_list(self, number: int) -> None:
        """Likewise, and the list says that their risk is gone."""
        code = f"{PINE}7{number:03}"
        row = lists.person(code, number, NAMES[number], **ORDINARY, **CALLED_GONE, 证件号码=str(number_of(number)))
        if (done := await self._listed([row])) and done["households"]["added"]:
            await self._know(code, {"name": NAMES[number], "id_number": number_of(number), "relation": "02"})

    async def _know(self, code: str, told: Mapping[str, Any]) -> None:
        [(home_id, member_id)] = await self.service.sql(
            "SELECT h.id::text, m.id::text FROM household h JOIN member m ON m.household_id = h.id"
            " WHERE national_code = :code",
            code=code,
        )
        home = self.model.homes[home_id] = Home(home_id, PINE, code)
        self._lives(member_id, told, home, None)

    async def _listed(self, rows: list[lists.Row], **more: Any) -> dict[str, Any] | None:
        """A list is compared and written; None where it is not, or not in whole."""
        self.clock.advance(hours=1 / 60)
        self.waits = True
        view = await lists.checked(self.service, lists.workbook(rows))
        done = await lists.applied(self.service, view, **more)
        self.trail.append(f"{self.today} list of {rows} {more} -> {done}")
        return done if done["state"] == "applied" and not done["households"]["conflicting"] else None
