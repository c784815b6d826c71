"""The variables of the README's story: those of the demo file, and today's day."""

from pathlib import Path
from typing import Any

from demo.load import EXPORT
from demo.story import variables
from shared.clock import local_date, utc_now

VILLAGE = "539921100200"


def account(role: str, username: str, area_code: str = VILLAGE) -> dict[str, str]:
    return {"role": role, "username": username, "password": f"of {username}", "area_code": area_code}


def person(name: str, *, pupil: bool) -> dict[str, Any]:
    return {"id_number": f"number of {name}", "name": name, "area_code": VILLAGE, "pupil": pupil}


def test_the_story_takes_place_today_wherever_the_demo_is_now(tmp_path: Path) -> None:
    demo = {
        "base_url": "http://127.0.0.1:8123",
        "loaded_on": "2026-01-31",
        "accounts": [
            account("county", "county", "539921000000"),
            account("bureau", "human-resources", "539921000000"),
            account("township", "township", "539921100000"),
            account("village", "cadre"),
            account("village", "second"),
        ],
        "api_keys": {"education.absence": "a", "medical.cost": "b"},
        "people": [person("pupil", pupil=True), person("adult", pupil=False)],
    }
    found = dict(variables(demo, tmp_path))
    assert found["TODAY"] == local_date(utc_now()).isoformat()
    assert found["URL"] == "http://127.0.0.1:8123"
    assert (found["CADRE_USER"], found["SECOND_USER"], found["PUPIL_NAME"]) == ("cadre", "second", "pupil")
    assert found["EXPORT"] == str((tmp_path / EXPORT).resolve())
